#include "trainer/app/exam.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "models/cross_validation.h"
#include "models/evaluation.h"
#include "trainer/app/split.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {
namespace {

using models::RatingMatrix;
using Report = std::function<bool(double)>;

// The figures of the task's own metric.
template <typename Metric, typename People>
std::vector<models::Figure> FiguresOf(std::string_view task, std::span<const Metric> metrics,
                                      const People& people, std::int32_t users) {
  const auto name = models::FindTask(task)->metric;
  const auto metric = std::find_if(metrics.begin(), metrics.end(),
                                   [&](const Metric& one) { return one.name == name; });
  return models::FiguresOf(people, *metric, users);
}

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
    std::set<std::int32_t> users;  // each may be judged on several parts of their films
    for (const auto& held : split_.held_out) users.insert(held.user);
    return {"held_out_users", static_cast<double>(users.size())};
  }
  models::Scale scale() const override { return models::Scale::kMean; }
  Judged Judge(std::shared_ptr<const models::Ranker> ranker, const Report& report) const override {
    std::atomic<std::size_t> done = 0;
    const auto users = static_cast<double>(split_.held_out.size());
    const auto rank = models::RankBy(std::move(ranker), split_.train);
    const auto people = models::JudgeLists(
        split_.held_out,
        [&](std::span<const models::RatedItem> given, int n) {
          if (!report(static_cast<double>(done.fetch_add(1)) / users))
            return std::vector<models::ScoredItem>{};
          return rank(given, n);
        },
        threads_);
    const auto metrics = models::Mean(people, split_.train.items());
    Judged judged{{{"coverage", metrics.coverage}},
                  FiguresOf(models::kRanking, models::UserMetrics(), people, split_.train.users())};
    for (const auto& metric : models::UserMetrics())
      judged.metrics[std::string(metric.name)] = metrics.*metric.value;
    return judged;
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
  models::Scale scale() const override { return models::Scale::kRootMean; }
  Judged Judge(std::shared_ptr<const models::Ranker> ranker, const Report& report) const override {
    std::size_t done = 0;
    bool go_on = true;
    const auto predict = models::PredictBy(std::move(ranker), split_.train);
    const auto people =
        models::JudgeRatings(split_.held_out, [&](std::int32_t user, std::int32_t item) {
          // Asking costs a lock: not for each of millions.
          if (done++ % 1024 == 0)
            go_on = report(static_cast<double>(done) / static_cast<double>(split_.held_out.size()));
          return go_on ? predict(user, item) : models::PredictedRating{};
        });
    std::vector<models::RatingMetrics> each;
    for (const auto& one : people) each.push_back(one.metrics);
    const auto metrics = models::Mean(each);
    Judged judged{{{"rmse", metrics.rmse}, {"mae", metrics.mae}},
                  FiguresOf(models::kRating, models::RaterMetrics(), people, split_.train.users())};
    if (!metrics.predictive) return judged;
    judged.metrics["log_loss"] = metrics.predictive->log_loss;
    for (std::size_t i = 0; i < models::kIntervals.size(); ++i) {
      const auto share = std::lround(100 * models::kIntervals[i].share);
      judged.metrics["coverage_" + std::to_string(share)] = metrics.predictive->coverage[i];
    }
    return judged;
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

std::map<std::string, double> GainOver(const Judged& champion, const Judged& candidate,
                                       const models::Task& task, const Exam& exam,
                                       std::uint64_t seed) {
  const auto& better = task.higher_is_better ? candidate : champion;
  const auto& worse = task.higher_is_better ? champion : candidate;
  const auto gain = models::Bootstrap(better.people, worse.people, exam.scale(), {.seed = seed});
  return {{"champion.gain", gain.difference},
          {"champion.gain_lower", gain.lower},
          {"champion.gain_upper", gain.upper},
          {"champion.gain_people", static_cast<double>(gain.people)}};
}

}  // namespace marquee::trainer
