#include "models/search.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "models/evaluation.h"
#include "models/parallel.h"
#include "models/random.h"
#include "models/top_n.h"

namespace marquee::models {
namespace {

constexpr int kRanked = 100;
constexpr int64_t kMostScores = 30'000'000;  // of one part, all held-out users
// What one fit may take: a dense items × items matrix, and its copy.
constexpr int64_t kFitBytes = 3LL << 30;
constexpr double kGain = 1e-4;  // in the objective; less is noise
constexpr int kMostSteps = 6;   // in one direction

// `users` of the matrix at random, in their order, with all items.
RatingMatrix Sample(const RatingMatrix& ratings, int32_t users, uint64_t seed) {
  if (ratings.users() <= users) return ratings;
  std::vector<int32_t> order(static_cast<size_t>(ratings.users()));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed);
  Shuffle(order, random);
  order.resize(static_cast<size_t>(users));
  std::sort(order.begin(), order.end());
  std::vector<int64_t> ids;
  SparseRows rows;
  for (const int32_t user : order) {
    const auto columns = ratings.by_user().RowColumns(user);
    const auto values = ratings.by_user().RowValues(user);
    ids.push_back(ratings.user_ids()[static_cast<size_t>(user)]);
    rows.columns.insert(rows.columns.end(), columns.begin(), columns.end());
    rows.values.insert(rows.values.end(), values.begin(), values.end());
    rows.offsets.push_back(rows.nonzeros());
  }
  return RatingMatrix::FromRows(std::move(ids), ratings.item_ids(), std::move(rows));
}

struct HeldOut {
  std::vector<int32_t> given;     // items
  std::vector<int32_t> relevant;  // ascending
  std::vector<int32_t> liked;     // ascending
};

struct Fold {
  RatingMatrix train;
  std::vector<HeldOut> users;
  std::vector<std::vector<RatedItem>> histories;  // of the users
};

std::vector<Fold> Folds(const RatingMatrix& ratings, int folds, uint64_t seed) {
  const auto most =
      static_cast<size_t>(std::max<int64_t>(kMostScores / std::max(ratings.items(), 1) / folds, 1));
  std::vector<Fold> result;
  for (int fold = 0; fold < folds; ++fold) {
    UserSplit split = SplitUsers(ratings, folds, fold, seed);
    // The users' order is their ids': which of them come first says nothing about chance.
    Random random(Mix(seed, static_cast<uint64_t>(fold)));
    Shuffle(split.held_out, random);
    split.held_out.resize(std::min(split.held_out.size(), most));
    if (split.held_out.empty() || split.train.nonzeros() == 0) continue;
    Fold one{std::move(split.train), {}, {}};
    for (HeldOutUser& held : split.held_out) {
      HeldOut user{{}, held.relevant, Liked(held)};
      for (const RatedItem& rated : held.given) user.given.push_back(rated.item);
      one.users.push_back(std::move(user));
      one.histories.push_back(std::move(held.given));
    }
    result.push_back(std::move(one));
  }
  return result;
}

using Scores = std::shared_ptr<const std::vector<float>>;  // [users, items], of one fold and part

struct Sums {
  double ndcg = 0;
  double liked = 0;
  int64_t liked_users = 0;
};

// What a set of values comes to: the scores of each fold's parts, and how they rank.
struct Candidate {
  Trial trial;
  OptionValues values;
  std::vector<std::vector<Scores>> scores;  // [folds][parts]
};

class Searcher {
 public:
  Searcher(std::string_view algorithm, std::vector<Option> options, OptionValues fixed,
           std::vector<Fold> folds, const Fitting& fitting, const SearchOptions& search)
      : parts_(Parts(algorithm)),
        options_(std::move(options)),
        fixed_(std::move(fixed)),
        folds_(std::move(folds)),
        fitting_(fitting),
        search_(search) {
    for (const Fold& fold : folds_) users_ += static_cast<int32_t>(fold.users.size());
    const int64_t items = folds_.front().train.items();
    const auto fits = std::max<int64_t>(kFitBytes / std::max<int64_t>(8 * items * items, 1), 1);
    threads_ = static_cast<int>(std::min<int64_t>(ThreadCount(fitting.threads), fits));
  }

  Result<Found> Run(OptionValues start) {
    std::vector<Candidate> first(1);
    first.front().values = std::move(start);
    first.front().scores.assign(folds_.size(), std::vector<Scores>(parts_.size()));
    RETURN_IF_ERROR(Judge(first, Everything()));
    Take(first.front());
    // What costs only a ranking before and after what costs fits.
    for (const bool fine : {false, true}) {
      for (const bool fits : {false, true}) {
        // The last part of a blend is its strongest (models/registry.h).
        for (size_t p = parts_.size() + 1; p-- > 0;) {
          for (const Option& option : options_) {
            if (PartOf(option) != p || (FittedBy(option) < parts_.size()) != fits) continue;
            RETURN_IF_ERROR(Improve(option, fine));
          }
        }
      }
      for (const Option& option : options_) {
        if (FittedBy(option) == parts_.size()) RETURN_IF_ERROR(Improve(option, true));
      }
    }
    return Found{best_.values, std::move(trials_), users_, complete_};
  }

 private:
  // The part whose option it is; parts_.size(): the whole model's.
  size_t PartOf(const Option& option) const {
    const std::string_view prefix = std::string_view(option.name).substr(0, option.name.find('.'));
    return static_cast<size_t>(std::find(parts_.begin(), parts_.end(), prefix) - parts_.begin());
  }
  // The part that has to be fitted again when it changes; parts_.size(): none.
  size_t FittedBy(const Option& option) const {
    return option.name.ends_with(".weight") ? parts_.size() : PartOf(option);
  }
  std::vector<size_t> Everything() const {
    std::vector<size_t> all(parts_.size());
    std::iota(all.begin(), all.end(), size_t{0});
    return all;
  }

  // Tries values of one option, and takes what helps.
  Status Improve(const Option& option, bool fine) {
    if (fixed_.contains(option.name)) return {};
    const auto value = [&] { return best_.values.at(option.name); };
    if (!fine && !option.search.empty()) RETURN_IF_ERROR(Try(option, option.search));
    if (option.factor > 1) {
      const double factor = fine ? std::sqrt(option.factor) : option.factor;
      RETURN_IF_ERROR(Climb(
          option, [&](double from) { return from * factor; },
          [&](double from) { return from / factor; }));
    }
    if (option.step > 0) {
      const double step = fine ? option.step / 2 : option.step;
      RETURN_IF_ERROR(Climb(
          option, [&](double from) { return from + step; },
          [&](double from) { return from - step; }));
    }
    if (fine && option.name.ends_with(".weight") && !option.search.empty() && value() > 0)
      RETURN_IF_ERROR(Try(option, {value() * 0.7, value() * 1.4}));
    return {};
  }

  using Move = std::function<double(double)>;
  Status Climb(const Option& option, const Move& up, const Move& down) {
    const double from = best_.values.at(option.name);
    RETURN_IF_ERROR(Try(option, {up(from), down(from)}));
    const double to = best_.values.at(option.name);
    if (to == from) return {};
    const Move& on = to > from ? up : down;
    for (int step = 1; step < kMostSteps; ++step) {
      const double before = best_.values.at(option.name);
      RETURN_IF_ERROR(Try(option, {on(before)}));
      if (best_.values.at(option.name) == before) break;
    }
    return {};
  }

  Status Try(const Option& option, const std::vector<double>& values) {
    std::vector<Candidate> candidates;
    for (const double value : values) {
      if (value < option.lowest || value > option.highest) continue;
      OptionValues changed = best_.values;
      changed[option.name] = value;
      if (!tried_.insert(changed).second) continue;
      if (trials_.size() + candidates.size() >= static_cast<size_t>(search_.trials) || Late()) {
        complete_ = false;
        break;
      }
      Candidate& candidate = candidates.emplace_back();
      candidate.trial.option = option.name;
      candidate.trial.value = value;
      candidate.values = std::move(changed);
      candidate.scores = best_.scores;
    }
    std::vector<size_t> changed;
    if (const size_t part = FittedBy(option); part < parts_.size()) changed.push_back(part);
    RETURN_IF_ERROR(Judge(candidates, changed));
    for (Candidate& candidate : candidates) Take(candidate);
    return {};
  }

  void Take(Candidate& candidate) {
    candidate.trial.taken =
        trials_.empty() || candidate.trial.objective > best_.trial.objective + kGain;
    trials_.push_back(candidate.trial);
    if (candidate.trial.taken) best_ = std::move(candidate);
  }

  bool Late() const {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began_;
    return search_.seconds > 0 && passed.count() > search_.seconds;
  }

  // Fits what is changed, and ranks: a piece of work for each candidate and fold, each on one
  // thread, so that no sum depends on how many there are.
  Status Judge(std::vector<Candidate>& candidates, const std::vector<size_t>& changed) {
    const size_t pieces = candidates.size() * folds_.size();
    std::vector<Sums> sums(pieces);
    std::vector<Status> done(pieces);
    ParallelFor(threads_, static_cast<int64_t>(pieces), [&](int64_t piece, int) {
      const auto at = static_cast<size_t>(piece);
      Candidate& candidate = candidates[at / folds_.size()];
      const size_t fold = at % folds_.size();
      for (const size_t part : changed) {
        if (!done[at].ok()) return;
        done[at] = FitPart(candidate, fold, part);
      }
      if (done[at].ok()) sums[at] = Rank(candidate, fold);
    });
    for (const Status& status : done) RETURN_IF_ERROR(status);
    for (size_t c = 0; c < candidates.size(); ++c) {
      Sums all;
      for (size_t fold = 0; fold < folds_.size(); ++fold) {
        const Sums& one = sums[c * folds_.size() + fold];
        all.ndcg += one.ndcg;
        all.liked += one.liked;
        all.liked_users += one.liked_users;
      }
      Trial& trial = candidates[c].trial;
      trial.ndcg_at_100 = all.ndcg / users_;
      trial.liked_ndcg_at_100 = all.liked_users > 0
                                    ? all.liked / static_cast<double>(all.liked_users)
                                    : trial.ndcg_at_100;
      trial.objective = (1 - search_.liked_share) * trial.ndcg_at_100 +
                        search_.liked_share * trial.liked_ndcg_at_100;
    }
    return Report() ? Status() : Cancelled();
  }

  Status FitPart(Candidate& candidate, size_t fold, size_t part) const {
    Fitting own = fitting_;
    own.threads = 1;
    own.measured = nullptr;
    own.progress = [this](double) { return Report(); };
    const Fold& data = folds_[fold];
    auto scores =
        models::FitScores(parts_[part], data.train, candidate.values, own, data.histories);
    // Values that can't be fitted are values that aren't taken.
    if (!scores.ok() && scores.error().code == Code::kCancelled) return scores.error();
    candidate.scores[fold][part] =
        scores.ok() ? std::make_shared<const std::vector<float>>(*std::move(scores)) : nullptr;
    return {};
  }

  Sums Rank(const Candidate& candidate, size_t fold) const {
    const Fold& data = folds_[fold];
    const auto items = static_cast<size_t>(data.train.items());
    const ItemScale scale = ScaleOf(data.train, ItemScaleOf(candidate.values));
    std::vector<float> total(items);
    Sums sums;
    for (const Scores& scores : candidate.scores[fold]) {
      if (scores == nullptr) return sums;
    }
    for (size_t u = 0; u < data.users.size(); ++u) {
      std::fill(total.begin(), total.end(), 0.0F);
      for (size_t part = 0; part < parts_.size(); ++part) {
        const float weight = WeightOf(candidate.values, part);
        const float* scores = candidate.scores[fold][part]->data() + u * items;
        for (size_t item = 0; item < items; ++item) total[item] += weight * scores[item];
      }
      for (size_t item = 0; item < items; ++item)
        total[item] = scale.scale[item] * total[item] + scale.prior[item];
      const HeldOut& user = data.users[u];
      std::vector<int32_t> ranked;
      for (const ScoredItem& scored :
           TopNOf(total, kRanked, {.allowed = {}, .excluded = user.given}))
        ranked.push_back(scored.item);
      sums.ndcg += NdcgAt(ranked, user.relevant, kRanked);
      if (user.liked.empty()) continue;
      sums.liked += NdcgAt(ranked, user.liked, kRanked);
      ++sums.liked_users;
    }
    return sums;
  }

  float WeightOf(const OptionValues& values, size_t part) const {
    if (parts_.size() == 1) return 1;
    return static_cast<float>(values.at(std::string(parts_[part]) + ".weight"));
  }

  bool Report() const {
    return fitting_.Report(std::min(1.0, static_cast<double>(trials_.size()) / search_.trials));
  }
  static Error Cancelled() {
    return Error::Cancelled("training_cancelled", "The training was cancelled.");
  }

  std::vector<std::string_view> parts_;
  std::vector<Option> options_;
  OptionValues fixed_;  // what the caller asked for
  std::vector<Fold> folds_;
  const Fitting& fitting_;
  SearchOptions search_;
  int threads_ = 1;
  int32_t users_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  Candidate best_;
  std::vector<Trial> trials_;
  std::set<OptionValues> tried_;
  bool complete_ = true;
};

}  // namespace

Result<Found> Search(std::string_view algorithm, const RatingMatrix& ratings,
                     const OptionValues& asked, const Fitting& fitting,
                     const SearchOptions& options) {
  ASSIGN_OR_RETURN(const auto whole, OptionsOf(algorithm, ratings));
  ASSIGN_OR_RETURN(OptionValues values, Values(whole, asked));
  const auto task = TaskOf(algorithm);
  if (!task.ok()) return task.error();
  const Found nothing{std::move(values), {}, 0, true};
  if (*task != kRanking || options.trials < 2 || options.folds < 2) return nothing;
  const RatingMatrix sample = Sample(ratings, options.most_users, fitting.seed);
  std::vector<Fold> folds = Folds(sample, options.folds, fitting.seed);
  if (folds.empty()) return nothing;
  ASSIGN_OR_RETURN(const auto own, OptionsOf(algorithm, sample));
  ASSIGN_OR_RETURN(OptionValues start, Values(own, asked));
  Searcher searcher(algorithm, own, asked, std::move(folds), fitting, options);
  ASSIGN_OR_RETURN(Found found, searcher.Run(start));
  for (const Option& option : whole) {
    double& value = found.values.at(option.name);
    const double began = start.at(option.name);
    if (asked.contains(option.name) || began == 0 || began == option.value) continue;
    value = std::clamp(value / began * option.value, option.lowest, option.highest);
  }
  return found;
}

}  // namespace marquee::models
