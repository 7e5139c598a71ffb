#include "models/cross_validation.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace marquee::models {
namespace {

Status Check(std::span<const Method> methods, const FoldOptions& options) {
  if (options.folds >= 2 && !methods.empty()) return {};
  return Error::InvalidArgument("folds_out_of_range",
                                "There must be two folds at least, and a method.", "folds");
}

Error NobodyToJudge() {
  return Error::FailedPrecondition("nobody_to_judge",
                                   "Nobody could be held out: that takes users with at least two "
                                   "ratings of different movies.");
}

// Counts the fits.
class Steps {
 public:
  Steps(const FoldOptions& options, size_t methods)
      : options_(options), all_(options.folds * static_cast<int>(methods)) {}
  Status Next() {
    if (!options_.progress || options_.progress(++done_, all_)) return {};
    return Error::Cancelled("evaluation_cancelled", "The evaluation was cancelled.");
  }

 private:
  const FoldOptions& options_;
  int done_ = 0;
  int all_;
};

// Asks a few people, since a method that knows nothing of the movies says the same of all to all.
bool TellsApart(const Ranker& ranker, const UserSplit& split) {
  constexpr size_t kAsked = 20;
  for (size_t i = 0; i < std::min(kAsked, split.held_out.size()); ++i) {
    const std::vector<float> scores = ranker.ScoreAll(split.held_out[i].given);
    const auto score = [&](size_t at) {
      return scores[split.among.empty() ? at : static_cast<size_t>(split.among[at])];
    };
    const size_t ranked = split.among.empty() ? scores.size() : split.among.size();
    for (size_t at = 1; at < ranked; ++at) {
      if (score(at) != score(0)) return true;
    }
  }
  return false;
}

// Notes whether predictions for one person differ.
PredictFunction Watched(PredictFunction predict, RatingReport& report) {
  return [predict = std::move(predict), &report, last = PredictedRating{}, of = int32_t{-1}](
             int32_t user, int32_t item) mutable {
    PredictedRating predicted = predict(user, item);
    report.distinguishes = report.distinguishes || (user == of && predicted.stars != last.stars);
    of = user;
    last.stars = predicted.stars;
    return predicted;
  };
}

template <typename Judged, typename Value>
std::vector<Figure> Collect(std::span<const Judged> people, int32_t users, const Value& value) {
  std::vector<Figure> figures(static_cast<size_t>(users));
  for (const Judged& one : people) {
    const Figure figure = value(one.metrics);
    Figure& all = figures[static_cast<size_t>(one.user)];
    all.sum += figure.sum;
    all.weight += figure.weight;
  }
  return figures;
}

}  // namespace

Result<std::vector<RankingReport>> CrossValidateRanking(const SplitOfUsers& split,
                                                        std::span<const Method> methods,
                                                        const FoldOptions& options) {
  RETURN_IF_ERROR(Check(methods, options));
  std::vector<RankingReport> reports(methods.size());
  Steps steps(options, methods.size());
  for (int fold = 0; fold < options.folds; ++fold) {
    const UserSplit held = split(fold);
    for (size_t m = 0; m < methods.size(); ++m) {
      ASSIGN_OR_RETURN(const auto ranker, methods[m].fit(held.train));
      auto judged =
          JudgeLists(held.held_out, RankBy(ranker, held.train, held.among), options.threads);
      RankingReport& report = reports[m];
      report.folds.push_back(Mean(judged, held.among.empty()
                                              ? held.train.items()
                                              : static_cast<int32_t>(held.among.size())));
      report.distinguishes = report.distinguishes || TellsApart(*ranker, held);
      std::move(judged.begin(), judged.end(), std::back_inserter(report.people));
      RETURN_IF_ERROR(steps.Next());
    }
  }
  for (RankingReport& report : reports) {
    report.mean = Mean(report.folds);
    if (report.mean.users == 0) return NobodyToJudge();
  }
  return reports;
}

Result<std::vector<RatingReport>> CrossValidateRatings(const SplitOfRatings& split,
                                                       std::span<const Method> methods,
                                                       const FoldOptions& options) {
  RETURN_IF_ERROR(Check(methods, options));
  std::vector<RatingReport> reports(methods.size());
  Steps steps(options, methods.size());
  for (int fold = 0; fold < options.folds; ++fold) {
    const RatingSplit held = split(fold);
    for (size_t m = 0; m < methods.size(); ++m) {
      ASSIGN_OR_RETURN(auto ranker, methods[m].fit(held.train));
      RatingReport& report = reports[m];
      auto judged =
          JudgeRatings(held.held_out, Watched(PredictBy(std::move(ranker), held.known()), report));
      std::vector<RatingMetrics> metrics;
      metrics.reserve(judged.size());
      for (const JudgedRater& one : judged) metrics.push_back(one.metrics);
      report.folds.push_back(Mean(metrics));
      std::move(judged.begin(), judged.end(), std::back_inserter(report.people));
      RETURN_IF_ERROR(steps.Next());
    }
  }
  for (RatingReport& report : reports) {
    // A fold in which nobody could be held out says nothing, and so not that nothing is said.
    std::vector<RatingMetrics> judged;
    std::copy_if(report.folds.begin(), report.folds.end(), std::back_inserter(judged),
                 [](const RatingMetrics& fold) { return fold.ratings > 0; });
    report.mean = Mean(judged);
    if (report.mean.ratings == 0) return NobodyToJudge();
  }
  return reports;
}

std::vector<Figure> FiguresOf(std::span<const JudgedUser> people, const RankingMetric& metric,
                              int32_t users) {
  return Collect(people, users, [&](const RankingMetrics& metrics) {
    const auto weight = static_cast<double>(metrics.*metric.users);
    return Figure{weight * (metrics.*metric.value), weight};
  });
}

std::vector<Figure> FiguresOf(std::span<const JudgedRater> people, const RatingMetric& metric,
                              int32_t users) {
  return Collect(people, users, [&](const RatingMetrics& metrics) {
    const std::optional<double> value = metric.value(metrics);
    const auto weight = static_cast<double>(metrics.ratings);
    return value ? Figure{weight * *value, weight} : Figure{};
  });
}

}  // namespace marquee::models
