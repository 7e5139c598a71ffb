#include "recommender/testing/fixtures.h"

#include <random>
#include <stdexcept>
#include <string>

#include "ratings/position_waits.h"

namespace marquee::recommender::testing_ {
namespace {

constexpr int kFactors = 4;

struct Tensors {
  std::vector<std::int64_t> ids;
  std::vector<float> factors;
  std::vector<float> gram = std::vector<float>(kFactors * kFactors, 0);
  std::vector<float> bias;
  std::vector<float> explicit_factors;
  float mean = 3.5F;
};

std::shared_ptr<const ModelInUse> InUse(std::int64_t version, models::Model model) {
  auto ranker = models::Ranker::Make(std::move(model));
  if (!ranker.ok()) throw std::runtime_error(ranker.error().ToString());
  return std::make_shared<const ModelInUse>(
      ModelInUse{.version = version, .created_at = {}, .ranker = *ranker});
}

}  // namespace

models::Model MakeModel(std::string_view task, const std::vector<std::int64_t>& movie_ids,
                        unsigned seed) {
  auto tensors = std::make_shared<Tensors>();
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.4F);
  tensors->ids = movie_ids;
  for (std::size_t item = 0; item < movie_ids.size(); ++item) {
    float row[kFactors];
    for (float& value : row) value = normal(random);
    row[0] += 0.5F;  // a common taste, so that scores are mostly positive
    for (int a = 0; a < kFactors; ++a) {
      for (int b = 0; b < kFactors; ++b) {
        tensors->gram[static_cast<std::size_t>(a * kFactors + b)] += row[a] * row[b];
      }
      tensors->factors.push_back(row[a]);
      tensors->explicit_factors.push_back(normal(random));
    }
    tensors->bias.push_back(normal(random));
  }
  const auto items = static_cast<std::int32_t>(movie_ids.size());
  models::Model model;
  model.item_ids = tensors->ids;
  auto& parameters = model.parameters;
  if (task == models::kRanking) {
    model.algorithm = "ials";
    parameters.Add("ials.item_factors",
                   models::MatrixView{tensors->factors.data(), items, kFactors});
    parameters.Add("ials.item_gram", models::MatrixView{tensors->gram.data(), kFactors, kFactors});
    parameters.numbers = {{"ials.alpha", 3},
                          {"ials.unobserved_weight", 1},
                          {"ials.regularization", 8},
                          {"ials.regularization_exponent", 1},
                          {"ials.confidence_slope", 0.2F},
                          {"ials.confidence_floor", 0.1F}};
  } else {
    model.algorithm = "biased_als";
    parameters.Add("biased_als.global_mean", std::span<const float>(&tensors->mean, 1));
    parameters.Add("biased_als.item_bias", std::span<const float>(tensors->bias));
    parameters.Add("biased_als.item_factors",
                   models::MatrixView{tensors->explicit_factors.data(), items, kFactors});
    parameters.numbers = {{"biased_als.regularization", 1.5F}, {"biased_als.user_damping", 5}};
  }
  parameters.storage.push_back(std::move(tensors));
  return model;
}

std::shared_ptr<const ModelInUse> MakeRanking(std::int64_t version,
                                              const std::vector<std::int64_t>& movie_ids,
                                              unsigned seed) {
  return InUse(version, MakeModel(models::kRanking, movie_ids, seed));
}

std::shared_ptr<const ModelInUse> MakeSureRating(std::int64_t version,
                                                 const std::vector<std::int64_t>& movie_ids,
                                                 unsigned seed) {
  models::Model model = MakeModel(models::kRating, movie_ids, seed);
  const auto& given = model.parameters;
  const auto items = static_cast<std::int32_t>(movie_ids.size());
  models::Parameters parameters;
  const auto keep = [&](std::vector<float> values) -> std::span<const float> {
    return parameters.Keep(std::move(values));
  };
  parameters.Add("bayesian_mf.item_bias", *given.Vector("biased_als.item_bias", movie_ids.size()));
  parameters.Add("bayesian_mf.item_factors", *given.Matrix("biased_als.item_factors", items));
  parameters.Add("bayesian_mf.item_bias_variance",
                 keep(std::vector<float>(movie_ids.size(), 0.05F)));
  const auto variances = keep(std::vector<float>(movie_ids.size() * kFactors, 0.1F));
  parameters.Add("bayesian_mf.item_factor_variances",
                 models::MatrixView{variances.data(), items, kFactors});
  parameters.Add("bayesian_mf.new_item_mean", keep(std::vector<float>(kFactors + 1, 0)));
  parameters.Add("bayesian_mf.new_item_variances", keep(std::vector<float>(kFactors + 1, 0.2F)));
  parameters.Add("bayesian_mf.user_mean", keep(std::vector<float>(kFactors + 1, 0)));
  std::vector<float> identity((kFactors + 1) * (kFactors + 1), 0);
  for (std::size_t at = 0; at < identity.size(); at += kFactors + 2) identity[at] = 4;
  const auto precision = keep(std::move(identity));
  parameters.Add("bayesian_mf.user_precision",
                 models::MatrixView{precision.data(), kFactors + 1, kFactors + 1});
  parameters.Add("bayesian_mf.star_habits", keep(std::vector<float>(models::kStarValues, 1)));
  parameters.numbers = {{"bayesian_mf.mean", 3.5F},
                        {"bayesian_mf.variance", 1},
                        {"bayesian_mf.noise_precision", 2},
                        {"bayesian_mf.noise_shape", 3}};
  parameters.storage.insert(parameters.storage.end(), given.storage.begin(), given.storage.end());
  model.algorithm = "bayesian_mf";
  model.parameters = std::move(parameters);
  return InUse(version, std::move(model));
}

std::shared_ptr<const ModelInUse> MakeRating(std::int64_t version,
                                             const std::vector<std::int64_t>& movie_ids,
                                             unsigned seed) {
  return InUse(version, MakeModel(models::kRating, movie_ids, seed));
}

std::vector<std::int64_t> Ids(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> ids;
  for (auto id = first; id <= last; ++id) ids.push_back(id);
  return ids;
}

Movie MakeMovie(std::int64_t movie_id) {
  return {.movie_id = movie_id,
          .title = "Movie " + std::to_string(movie_id),
          .year = static_cast<std::int32_t>(1980 + movie_id % 40),
          .genres = {movie_id % 2 == 0 ? "Even" : "Odd"},
          .rating_count = movie_id,
          .rating_mean = 3 + static_cast<double>(movie_id % 3) / 2,
          .rating_bayesian_mean = 3 + static_cast<double>(movie_id % 3) / 2};
}

std::vector<Movie> MakeMovies(const std::vector<std::int64_t>& movie_ids) {
  std::vector<Movie> movies;
  for (const auto id : movie_ids) movies.push_back(MakeMovie(id));
  return movies;
}

std::shared_ptr<const Catalogue> MakeCatalogue(const std::vector<std::int64_t>& movie_ids) {
  return Catalogue::Make(MakeMovies(movie_ids));
}

movies::MovieRecord MakeRecord(std::int64_t movie_id) {
  const Movie movie = MakeMovie(movie_id);
  return {.movie_id = movie_id,
          .title = movie.title,
          .year = movie.year,
          .genres = movie.genres,
          .rating_count = movie.rating_count,
          .half_stars = movie.rating_count * (6 + movie_id % 3)};
}

void Tell(movies::MovieSink& sink, const std::vector<std::int64_t>& movie_ids) {
  movies::Totals totals{.prior_ratings = 25};
  sink.Begin();
  for (const auto id : movie_ids) {
    const auto record = MakeRecord(id);
    sink.Put(record, movies::Encode(record));
    totals.rating_count += record.rating_count;
    totals.half_stars += record.half_stars;
  }
  sink.Complete(totals);
}

CallContext CallOf(std::int64_t user_id, std::span<const LogPosition> written,
                   std::chrono::milliseconds patience) {
  CallContext call(SystemClock().Now() + patience);
  call.caller.user_id = user_id;
  for (const auto& position : written)
    call.positions.push_back({std::string(ratings::kStream), position});
  return call;
}

Result<StoredHistory> FakeSource::Read(const CallContext& call) {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    ++reads_;
    last_positions_ = call.PositionsIn(ratings::kStream);
    answer = answer_;
  }
  return answer(call);
}

int FakeSource::reads() const {
  const std::lock_guard lock(mutex_);
  return reads_;
}

std::vector<LogPosition> FakeSource::last_positions() const {
  const std::lock_guard lock(mutex_);
  return last_positions_;
}

std::int64_t FakeLog::Next(std::int32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = next_.find(partition);
  return found == next_.end() ? -1 : found->second;
}

Reach FakeLog::WaitFor(const LogPosition& position, Time deadline) const {
  std::unique_lock lock(mutex_);
  const auto end = ends_.find(position.partition);
  if (position.partition >= partitions() ||
      (end != ends_.end() && end->second < position.next_offset)) {
    return position.fingerprint != 0 ? Reach::kElsewhere : Reach::kBeyond;
  }
  ++waiters_;
  moved_.notify_all();
  const bool reached = moved_.wait_until(lock, deadline, [&] {
    const auto found = next_.find(position.partition);
    return found != next_.end() && found->second >= position.next_offset;
  });
  return reached ? Reach::kReached : Reach::kLate;
}

void FakeLog::SetEnd(std::int32_t partition, std::int64_t end) {
  const std::lock_guard lock(mutex_);
  ends_[partition] = end;
}

void FakeLog::Set(std::int32_t partition, std::int64_t next) {
  const std::lock_guard lock(mutex_);
  next_[partition] = next;
  moved_.notify_all();
}

void FakeLog::AwaitWaiters(int count) const {
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [&] { return waiters_ >= count; });
}

}  // namespace marquee::recommender::testing_
