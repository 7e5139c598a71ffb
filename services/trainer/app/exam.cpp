#include "trainer/app/exam.h"

#include <atomic>
#include <cmath>
#include <utility>
#include <vector>

#include "models/evaluation.h"
#include "trainer/app/split.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {
namespace {

using models::RatingMatrix;
using Metrics = std::map<std::string, double>;
using Report = std::function<bool(double)>;

// Users to rank for.
class RankingExam final : public Exam {
 public:
  RankingExam(models::UserSplit split, int threads) : split_(std::move(split)), threads_(threads) {}

  static Result<std::unique_ptr<Exam>> Make(const RatingMatrix& ratings, std::uint64_t seed,
                                            int threads) {
    auto split = HoldOutUsers(ratings, seed);
    if (split.held_out.empty() || split.train.nonzeros() == 0)
      return Error::FailedPrecondition(kNotEnoughRatings,
                                       "Nobody has rated two movies: no user can be held out.");
    return std::unique_ptr<Exam>(std::make_unique<RankingExam>(std::move(split), threads));
  }

  const RatingMatrix& train() const override { return split_.train; }
  std::pair<std::string, double> size() const override {
    return {"held_out_users", static_cast<double>(split_.held_out.size())};
  }
  Metrics Judge(std::shared_ptr<const models::Ranker> ranker, const Report& report) const override {
    std::atomic<std::size_t> done = 0;
    const auto users = static_cast<double>(split_.held_out.size());
    const auto rank = models::RankBy(std::move(ranker), split_.train);
    const auto metrics = models::EvaluateRanking(
        split_.held_out, split_.train.items(),
        [&](std::span<const models::RatedItem> given, int n) {
          if (!report(static_cast<double>(done.fetch_add(1)) / users))
            return std::vector<models::ScoredItem>{};
          return rank(given, n);
        },
        threads_);
    Metrics named{{"coverage", metrics.coverage}};
    for (const auto& metric : models::UserMetrics())
      named[std::string(metric.name)] = metrics.*metric.value;
    return named;
  }

 private:
  models::UserSplit split_;
  int threads_;
};

// Ratings to predict, from what is left of their users'.
class RatingExam final : public Exam {
 public:
  explicit RatingExam(models::RatingSplit split) : split_(std::move(split)) {}

  static Result<std::unique_ptr<Exam>> Make(const RatingMatrix& ratings, std::uint64_t seed, int) {
    auto split = HoldOutRatings(ratings, seed);
    if (split.held_out.empty() || split.train.nonzeros() == 0)
      return Error::FailedPrecondition(kNotEnoughRatings, "No rating could be held out.");
    return std::unique_ptr<Exam>(std::make_unique<RatingExam>(std::move(split)));
  }

  const RatingMatrix& train() const override { return split_.train; }
  std::pair<std::string, double> size() const override {
    return {"held_out_ratings", static_cast<double>(split_.held_out.size())};
  }
  Metrics Judge(std::shared_ptr<const models::Ranker> ranker, const Report& report) const override {
    std::size_t done = 0;
    bool go_on = true;
    const auto predict = models::PredictBy(std::move(ranker), split_.train);
    const auto metrics =
        models::EvaluateRatings(split_.held_out, [&](std::int32_t user, std::int32_t item) {
          // Asking costs a lock: not for each of millions.
          if (done++ % 1024 == 0)
            go_on = report(static_cast<double>(done) / static_cast<double>(split_.held_out.size()));
          return go_on ? predict(user, item) : models::PredictedRating{};
        });
    Metrics named{{"rmse", metrics.rmse}, {"mae", metrics.mae}};
    if (!metrics.predictive) return named;
    named["log_loss"] = metrics.predictive->log_loss;
    for (std::size_t i = 0; i < models::kIntervals.size(); ++i) {
      const auto share = std::lround(100 * models::kIntervals[i].share);
      named["coverage_" + std::to_string(share)] = metrics.predictive->coverage[i];
    }
    return named;
  }

 private:
  models::RatingSplit split_;
};

constexpr std::pair<std::string_view, decltype(&RankingExam::Make)> kExams[] = {
    {models::kRanking, RankingExam::Make}, {models::kRating, RatingExam::Make}};

}  // namespace

Result<std::unique_ptr<Exam>> HoldOut(const models::Task& task, const RatingMatrix& ratings,
                                      std::uint64_t seed, int threads) {
  for (const auto& [name, make] : kExams) {
    if (name == task.name) return make(ratings, seed, threads);
  }
  return Error::Internal("Nothing judges models for " + std::string(task.name) + ".");
}

}  // namespace marquee::trainer
