#include "recommender/app/recommender.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/uuid.h"
#include "logging/log.h"
#include "recommender/app/known_ratings.h"
#include "recommender/domain/diversity.h"

namespace marquee::recommender {
namespace {

constexpr char kDegraded[] = "marquee_recommender_degraded_total";
constexpr char kDegradedHelp[] = "Lists for which the popular one stood in, by why.";

// A person's ratings as reasons: what the model says of each, worked out once for a whole list.
class Reasons {
 public:
  Reasons(const models::Ranker& ranker, const models::Profile& profile, const KnownRatings& known,
          std::span<const Rated> ratings)
      : known_(known), ratings_(ratings) {
    for (std::size_t at = 0; at < known.from.size(); ++at)
      disliked_.push_back(ranker.Dislikes(profile, known.items, at));
  }

  // All of them, in the ratings' order.
  std::vector<Contribution> All(std::span<const float> contributions) const {
    std::vector<Contribution> all;
    all.reserve(contributions.size());
    for (std::size_t at = 0; at < contributions.size(); ++at)
      all.push_back(One(at, contributions[at]));
    return all;
  }
  // What speaks most for the movie; what speaks against it is no reason, nor is what was disliked.
  std::vector<Contribution> Because(std::span<const float> contributions) const {
    return Most(contributions, 1, false);
  }
  std::vector<Contribution> Despite(std::span<const float> contributions) const {
    return Most(contributions, -1, true);
  }

 private:
  static constexpr std::size_t kMost = 3;

  Contribution One(std::size_t at, float contribution) const {
    const Rated& rated = ratings_[known_.from[at]];
    return {rated.movie_id, rated.value, contribution, disliked_[at]};
  }
  // The few whose contribution has that sign, the largest first.
  std::vector<Contribution> Most(std::span<const float> contributions, float sign,
                                 bool disliked) const {
    std::array<std::size_t, kMost> most{};
    std::size_t size = 0;
    for (std::size_t at = 0; at < contributions.size(); ++at) {
      const float value = sign * contributions[at];
      if (!(value > 0) || disliked_[at] != disliked) continue;
      std::size_t place = size;
      while (place > 0 && sign * contributions[most[place - 1]] < value) --place;
      if (place == kMost) continue;
      size = std::min(size + 1, kMost);
      std::copy_backward(most.begin() + static_cast<std::ptrdiff_t>(place),
                         most.begin() + static_cast<std::ptrdiff_t>(size - 1),
                         most.begin() + static_cast<std::ptrdiff_t>(size));
      most[place] = at;
    }
    std::vector<Contribution> found;
    found.reserve(size);
    for (const std::size_t at : std::span(most).first(size))
      found.push_back(One(at, contributions[at]));
    return found;
  }

  const KnownRatings& known_;
  std::span<const Rated> ratings_;
  std::vector<bool> disliked_;
};

bool More(const Contribution& a, const Contribution& b) { return a.contribution > b.contribution; }

// The best that may be shown, best first: as many as the list is chosen from.
std::vector<models::ScoredItem> Best(const Serving& serving, const models::Profile& profile,
                                     const KnownRatings& known, const ListRequest& request) {
  const models::Ranker& ranker = *serving.ranking()->ranker;
  auto allowed = serving.Allowed(serving.catalogue()->Resolve(request.filter));
  const auto count = static_cast<int>(CandidatesFor(Count(request), request.diversity));
  if (request.rewatch == Rewatch::kExclude) {
    return ranker.Recommend(profile, known.items, count,
                            {.allowed = allowed, .excluded = known.without_value});
  }
  if (request.rewatch == Rewatch::kOnly) {
    models::ItemSet rated(ranker.items());
    for (const auto& one : known.items) rated.Add(one.item);
    for (const auto item : known.without_value) rated.Add(item);
    for (std::size_t word = 0; word < allowed.size(); ++word) allowed[word] &= rated.words()[word];
  }
  return ranker.Best(profile, count, {.allowed = allowed, .excluded = {}});
}

std::vector<models::ScoredItem> Shown(const Serving& serving,
                                      std::vector<models::ScoredItem> candidates,
                                      const ListRequest& request) {
  if (request.diversity <= 0) return candidates;
  std::vector<std::int32_t> rows;
  std::vector<double> scores;
  for (const auto& one : candidates) {
    rows.push_back(serving.RowOfItem(one.item));
    scores.push_back(one.score);
  }
  std::vector<models::ScoredItem> shown;
  for (const auto at :
       Diversify(*serving.catalogue(), rows, scores, request.diversity, Count(request)))
    shown.push_back(candidates[at]);
  return shown;
}

double Stars(double rating) {
  return std::clamp<double>(rating, models::kLowestRating, models::kHighestRating);
}

}  // namespace

Recommender::Recommender(const ServingHolder& serving, Histories& histories, const Clock& clock,
                         metrics::Metrics& metrics)
    : serving_(serving),
      histories_(histories),
      clock_(clock),
      degraded_no_model_(metrics.AddCounter(kDegraded, kDegradedHelp, {{"why", "no_model"}})),
      degraded_no_history_(metrics.AddCounter(kDegraded, kDegradedHelp, {{"why", "no_history"}})),
      degraded_history_unavailable_(
          metrics.AddCounter(kDegraded, kDegradedHelp, {{"why", "history_unavailable"}})),
      fold_in_seconds_(metrics.AddHistogram(
          "marquee_recommender_fold_in_seconds",
          "From a history to a list: fold-in, scores of all movies, the best, why, and their "
          "stars.",
          {}, {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1})),
      history_size_(metrics.AddHistogram("marquee_recommender_history_size_ratings",
                                         "Ratings that personal lists were made from.", {},
                                         {1, 5, 20, 50, 100, 250, 500, 1000, 2500})),
      predicted_rating_(metrics.AddHistogram("marquee_recommender_predicted_rating_stars",
                                             "Ratings that the rating model predicted.", {},
                                             {0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5})) {}

Result<RecommendationList> Recommender::ForPerson(const CallContext& call,
                                                  const ListRequest& request) {
  RETURN_IF_ERROR(CheckFilter(request.filter));
  auto history = histories_.Of(call);
  auto serving = serving_.Get();
  if (serving->catalogue() == nullptr) return CatalogueMissing();
  if (serving->lost(models::kRanking)) return ModelUnavailable();
  if (!history.ok()) {
    if (history.error().code == Code::kInvalidArgument) return history.error();  // their own fault
    logging::Warning("a history can't be read: the popular list stands in",
                     {{"error", history.error().ToString()}});
    return Popular(std::move(serving), {}, request, degraded_history_unavailable_);
  }
  return Personal(std::move(serving), *history, request);
}

Result<RecommendationList> Recommender::ForRatings(std::span<const Rated> ratings,
                                                   const ListRequest& request) {
  RETURN_IF_ERROR(CheckFilter(request.filter));
  RETURN_IF_ERROR(CheckRatings(ratings, "ratings"));
  auto serving = serving_.Get();
  if (serving->catalogue() == nullptr) return CatalogueMissing();
  return Personal(std::move(serving), ratings, request);
}

Result<RecommendationList> Recommender::Personal(std::shared_ptr<const Serving> serving,
                                                 std::span<const Rated> ratings,
                                                 const ListRequest& request) {
  if (serving->lost(models::kRanking)) return ModelUnavailable();
  const auto* ranking = serving->ranking();
  if (ranking == nullptr) {
    return Popular(std::move(serving), ratings, request, degraded_no_model_);
  }
  const auto& ranker = *ranking->ranker;
  const KnownRatings known = KnownTo(ranker, ratings);
  if (known.items.empty()) {
    return Popular(std::move(serving), ratings, request, degraded_no_history_);
  }

  const auto begin = std::chrono::steady_clock::now();
  RecommendationList list;
  const auto profile = ranker.Read(known.items);
  const auto best = Shown(*serving, Best(*serving, *profile, known, request), request);
  std::vector<std::int32_t> items;
  items.reserve(best.size());
  for (const auto& scored : best) items.push_back(scored.item);
  const auto explanations = ranker.Explain(*profile, known.items, items);
  const Reasons reasons(ranker, *profile, known, ratings);
  list.movies.reserve(best.size());
  for (std::size_t at = 0; at < best.size(); ++at) {
    const auto& contributions = explanations[at].contributions;
    list.movies.push_back({.row = serving->RowOfItem(best[at].item),
                           .score = best[at].score,
                           .because = reasons.Because(contributions),
                           .despite = reasons.Despite(contributions)});
  }
  if (const auto* rating = serving->rating(); rating != nullptr)
    PredictRatings(*rating, ratings, *serving->catalogue(), list.movies);
  fold_in_seconds_.Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  history_size_.Observe(static_cast<double>(known.items.size()));
  list.model_version = ranking->version;
  list.id = Uuid::V7(clock_.Now()).ToString();
  list.history_size = static_cast<std::int32_t>(known.items.size());
  list.serving = std::move(serving);
  return list;
}

RecommendationList Recommender::Popular(std::shared_ptr<const Serving> serving,
                                        std::span<const Rated> ratings, const ListRequest& request,
                                        metrics::Counter& why) {
  why.Increment();
  RecommendationList list;
  std::vector<std::int64_t> rated;
  for (const auto& one : ratings) rated.push_back(one.movie_id);
  std::sort(rated.begin(), rated.end());
  const Catalogue& catalogue = *serving->catalogue();
  const auto query = catalogue.Resolve(request.filter);
  const auto wanted = static_cast<int>(CandidatesFor(Count(request), request.diversity));
  std::vector<std::int32_t> rows;
  switch (request.rewatch) {
    case Rewatch::kExclude: rows = catalogue.Popular(query, wanted, rated); break;
    case Rewatch::kInclude: rows = catalogue.Popular(query, wanted, {}); break;
    case Rewatch::kOnly: rows = catalogue.PopularOf(query, wanted, rated); break;
  }
  std::vector<double> scores;
  for (const auto row : rows) scores.push_back(static_cast<double>(catalogue.RatingCount(row)));
  for (const auto at : Diversify(catalogue, rows, scores, request.diversity, Count(request))) {
    list.movies.push_back({.row = rows[at], .score = scores[at], .because = {}});
  }
  list.id = Uuid::V7(clock_.Now()).ToString();
  list.degraded = true;
  list.serving = std::move(serving);
  return list;
}

Result<OnboardingList> Recommender::Onboarding(const CallContext& call, OnboardingRequest request) {
  // The rpc is public: whom a person lets call for them may still not see their ratings.
  if (call.caller.user_id != 0 && call.caller.IsWithin({"read"})) {
    const auto ratings = histories_.Of(call);
    // Who is no more, or signed out, asks like anybody.
    if (!ratings.ok() && ratings.error().code != Code::kUnauthenticated) return ratings.error();
    if (ratings.ok())
      for (const auto& rated : *ratings) request.rated.push_back(rated.movie_id);
  }
  auto serving = serving_.Get();
  if (serving->catalogue() == nullptr) return CatalogueMissing();
  if (serving->lost(models::kRanking)) return ModelUnavailable();
  return Onboard(std::move(serving), request);
}

Result<SimilarList> Recommender::Similar(std::int64_t movie_id, int count) const {
  SimilarList list{.serving = serving_.Get(), .movies = {}, .model_version = 0};
  const auto* catalogue = list.serving->catalogue();
  if (catalogue == nullptr) return CatalogueMissing();
  if (!catalogue->RowOf(movie_id)) return NoSuchMovie(movie_id);
  if (list.serving->lost(models::kRanking)) return ModelUnavailable();
  const auto* ranking = list.serving->ranking();
  if (ranking == nullptr) return list;
  list.model_version = ranking->version;
  const auto item = ranking->ranker->IndexOf(movie_id);
  if (!item) return list;
  const auto allowed = list.serving->Allowed({});
  for (const auto& scored : ranking->ranker->Similar(*item, Count({.count = count}),
                                                     {.allowed = allowed, .excluded = {}})) {
    list.movies.push_back({list.serving->RowOfItem(scored.item), scored.score});
  }
  return list;
}

Result<Prediction> Recommender::Predict(const CallContext& call, std::int64_t movie_id) {
  if (const auto serving = serving_.Get(); serving->catalogue() == nullptr) {
    return CatalogueMissing();
  } else if (!serving->catalogue()->RowOf(movie_id)) {
    return NoSuchMovie(movie_id);
  }
  ASSIGN_OR_RETURN(const auto ratings, histories_.Of(call));
  const auto serving = serving_.Get();
  const Catalogue& catalogue = *serving->catalogue();
  const auto row = catalogue.RowOf(movie_id);
  if (!row) return NoSuchMovie(movie_id);
  if (serving->lost(models::kRating)) return ModelUnavailable();
  const bool rated = catalogue.RatingCount(*row) > 0;
  const double mean = rated ? catalogue.RatingBayesianMean(*row) : catalogue.global_mean();

  const auto* model = serving->rating();
  if (model == nullptr) {
    if (mean <= 0) {
      return Error::FailedPrecondition("nothing_rated",
                                       "Nothing has been rated yet: there is nothing to go by.");
    }
    return Prediction{.rating = Stars(mean)};
  }
  const models::Ranker& ranker = *model->ranker;
  const KnownRatings known = KnownTo(ranker, ratings);
  const auto profile = ranker.Read(known.items);
  Prediction prediction{.rating = 0,
                        .model_version = model->version,
                        .history_size = static_cast<std::int32_t>(known.items.size())};
  const auto item = ranker.IndexOf(movie_id);
  const double alone = profile->Score(-1);  // for a movie of which nothing is known
  // How the person rates, beside everyone: what is known of the movie is its mean.
  prediction.rating = item    ? profile->Score(*item)
                      : rated ? Stars(mean + alone - ranker.Score({}, -1))
                              : alone;
  if (item) prediction.predictive = profile->Predict(*item);
  predicted_rating_.Observe(prediction.rating);
  return prediction;
}

Result<Explanation> Recommender::Explain(const CallContext& call, std::int64_t movie_id) {
  if (const auto serving = serving_.Get(); serving->catalogue() == nullptr) {
    return CatalogueMissing();
  } else if (!serving->catalogue()->RowOf(movie_id)) {
    return NoSuchMovie(movie_id);
  }
  ASSIGN_OR_RETURN(const auto ratings, histories_.Of(call));
  Explanation explanation;
  explanation.serving = serving_.Get();
  const auto row = explanation.serving->catalogue()->RowOf(movie_id);
  if (!row) return NoSuchMovie(movie_id);
  explanation.row = *row;
  if (explanation.serving->lost(models::kRanking)) return ModelUnavailable();
  const auto* ranking = explanation.serving->ranking();
  if (ranking == nullptr) {
    return Error::FailedPrecondition("model_missing", "No model has been trained yet.");
  }
  const KnownRatings known = KnownTo(*ranking->ranker, ratings);
  if (known.items.empty()) {
    return Error::FailedPrecondition(
        "history_empty", "You have rated nothing that the model knows: rate some movies first.");
  }
  const auto item = ranking->ranker->IndexOf(movie_id);
  if (!item) {
    return Error::FailedPrecondition(
        "movie_not_in_model",
        "The model doesn't know this movie: it is newer, or nobody rated it.");
  }
  explanation.model_version = ranking->version;
  const std::int32_t one = *item;
  const auto& ranker = *ranking->ranker;
  const auto profile = ranker.Read(known.items);
  explanation.contributions =
      Reasons(ranker, *profile, known, ratings)
          .All(ranker.Explain(*profile, known.items, {&one, 1}).front().contributions);
  std::stable_sort(explanation.contributions.begin(), explanation.contributions.end(), More);
  for (const auto& part : explanation.contributions) explanation.score += part.contribution;
  return explanation;
}

Result<WhatIfList> Recommender::WhatIf(const CallContext& call, std::span<const RatingEdit> edits,
                                       const ListRequest& request) {
  RETURN_IF_ERROR(CheckFilter(request.filter));
  ASSIGN_OR_RETURN(const auto then, histories_.Of(call));
  const auto serving = serving_.Get();
  if (serving->catalogue() == nullptr) return CatalogueMissing();
  ASSIGN_OR_RETURN(const auto now, Edited(then, edits, *serving->catalogue()));
  ASSIGN_OR_RETURN(auto before, Personal(serving, then, request));
  ASSIGN_OR_RETURN(auto after, Personal(serving, now, request));
  return Compare(std::move(before), then, std::move(after), now);
}

Result<GroupList> Recommender::ForGroup(std::span<const std::vector<Rated>> members,
                                        GroupStrategy strategy, const ListRequest& request) {
  RETURN_IF_ERROR(CheckFilter(request.filter));
  for (std::size_t at = 0; at < members.size(); ++at) {
    RETURN_IF_ERROR(CheckRatings(members[at], "members[" + std::to_string(at) + "].ratings"));
  }
  auto serving = serving_.Get();
  if (serving->catalogue() == nullptr) return CatalogueMissing();
  if (serving->lost(models::kRanking)) return ModelUnavailable();
  if (serving->ranking() != nullptr) {
    if (auto list = GroupListOf(serving, members, strategy, request)) {
      list->list.id = Uuid::V7(clock_.Now()).ToString();
      return std::move(*list);
    }
  }
  std::vector<Rated> rated;
  for (const auto& member : members) rated.insert(rated.end(), member.begin(), member.end());
  auto& why = serving->ranking() == nullptr ? degraded_no_model_ : degraded_no_history_;
  return GroupList{.list = Popular(std::move(serving), rated, request, why),
                   .opinions = {},
                   .history_sizes = std::vector<std::int32_t>(members.size(), 0)};
}

}  // namespace marquee::recommender
