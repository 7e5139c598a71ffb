// Fits and judges methods, and brings what every task measures into one form.
#include <algorithm>
#include <iterator>

#include "ctl/app/evaluate.h"

namespace marquee::ctl {
namespace {

using models::Figure;
using models::Scale;

const std::vector<Measure>& RankingMeasures() {
  static const std::vector<Measure> measures = {
      {.key = "ndcg_at_100", .label = "NDCG@100"},
      {.key = "recall_at_20", .label = "Recall@20"},
      {.key = "recall_at_50", .label = "Recall@50", .headline = false},
      {.key = "precision_at_10", .label = "Precision@10", .headline = false},
      {.key = "map_at_10", .label = "MAP@10", .headline = false},
      {.key = "coverage", .label = "coverage", .headline = false},
      {.key = "liked_ndcg_at_100", .label = "liked NDCG@100"},
      {.key = "liked_recall_at_20", .label = "liked Recall@20", .headline = false},
      {.key = "disliked_at_20", .label = "disliked@20", .higher_is_better = false, .percent = true},
  };
  return measures;
}

std::vector<Measure> RatingMeasures(bool intervals) {
  std::vector<Measure> errors = {
      {.key = "rmse", .label = "RMSE", .scale = Scale::kRootMean, .higher_is_better = false},
      {.key = "mae", .label = "MAE", .higher_is_better = false}};
  std::vector<Measure> beliefs = {
      {.key = "log_loss", .label = "log-loss", .higher_is_better = false}};
  for (const auto* share : {"50", "80", "90"}) {
    beliefs.push_back({.key = std::string("coverage_") + share,
                       .label = std::string(share) + " % covers",
                       .percent = true,
                       .headline = intervals});
    beliefs.push_back({.key = std::string("width_") + share,
                       .label = std::string(share) + " % is wide",
                       .higher_is_better = false,
                       .headline = intervals});
  }
  if (intervals) {
    for (Measure& error : errors) error.headline = false;
    std::swap(errors, beliefs);
  }
  errors.insert(errors.end(), beliefs.begin(), beliefs.end());
  return errors;
}

std::vector<Measure> ColdMeasures() {
  return {{.key = "ndcg_at_100", .label = "NDCG@100"},
          {.key = "recall_at_20", .label = "Recall@20"},
          {.key = "rmse", .label = "RMSE", .scale = Scale::kRootMean, .higher_is_better = false},
          {.key = "mae", .label = "MAE", .higher_is_better = false}};
}

std::vector<Measure> MeasuresOf(const std::string& task) {
  if (task == models::kRanking) return RankingMeasures();
  if (task == kColdItemsTask) return ColdMeasures();
  return RatingMeasures(task == kIntervalsTask);
}

std::optional<double> ValueOf(const models::RankingMetrics& metrics, const std::string& key) {
  if (key == "coverage") return metrics.coverage;
  for (const auto& metric : models::UserMetrics()) {
    if (metric.name == key) return metrics.*metric.value;
  }
  return std::nullopt;
}

std::optional<double> ValueOf(const models::RatingMetrics& metrics, const std::string& key) {
  if (key == "rmse") return metrics.rmse;
  for (const auto& metric : models::RaterMetrics()) {
    if (metric.name == key) return metric.value(metrics);
  }
  return std::nullopt;
}

std::vector<Figure> FiguresOf(const models::RankingReport& report, const std::string& key,
                              std::int32_t users) {
  for (const auto& metric : models::UserMetrics()) {
    if (metric.name == key) return models::FiguresOf(report.people, metric, users);
  }
  return {};
}

std::vector<Figure> FiguresOf(const models::RatingReport& report, const std::string& key,
                              std::int32_t users) {
  for (const auto& metric : models::RaterMetrics()) {
    if (metric.name == key) return models::FiguresOf(report.people, metric, users);
  }
  return {};
}

template <typename Report>
MethodResult ResultOf(const PlannedMethod& method, const Report& report, bool says,
                      const std::vector<Measure>& measures, std::int32_t users) {
  MethodResult result{
      .name = method.name, .algorithm = method.algorithm, .options = method.options};
  result.curves = *method.curves;
  result.searches = *method.searches;
  result.folds.resize(report.folds.size());
  for (const Measure& measure : measures) {
    const auto value = [&](const auto& metrics) {
      return says ? ValueOf(metrics, measure.key) : std::nullopt;
    };
    result.means.push_back(value(report.mean));
    for (std::size_t fold = 0; fold < report.folds.size(); ++fold)
      result.folds[fold].push_back(value(report.folds[fold]));
    result.figures.push_back(result.means.back() ? FiguresOf(report, measure.key, users)
                                                 : std::vector<Figure>{});
  }
  return result;
}

// Of a folder, with or without a slash at its end.
std::string NameOf(const std::filesystem::path& data) {
  return data.has_filename() ? data.filename().string() : data.parent_path().filename().string();
}

std::vector<models::Method> Fits(const std::vector<PlannedMethod>& methods) {
  std::vector<models::Method> fits;
  for (const PlannedMethod& method : methods) fits.push_back({method.name, method.fit});
  return fits;
}

std::vector<PlannedMethod> Of(std::string_view task, const std::vector<PlannedMethod>& methods) {
  std::vector<PlannedMethod> own;
  std::copy_if(methods.begin(), methods.end(), std::back_inserter(own),
               [&](const PlannedMethod& method) { return method.task->name == task; });
  return own;
}

// As many folds as there is something to deal.
Status CheckFolds(const EvaluateFlags& flags, const std::string& split,
                  const models::RatingMatrix& matrix) {
  const bool ratings = split == kRandomRatings;
  const bool movies = split == kRandomItems;
  const std::int64_t most = ratings ? matrix.nonzeros() : movies ? matrix.items() : matrix.users();
  if (flags.folds <= most) return {};
  return Error::InvalidArgument("folds_out_of_range",
                                "--folds " + std::to_string(flags.folds) + " is more than the " +
                                    std::to_string(most) +
                                    (ratings  ? " ratings"
                                     : movies ? " movies"
                                              : " people") +
                                    " that are dealt into them.",
                                "--folds");
}

}  // namespace

Result<Comparison> Compare(const EvaluateFlags& flags, const std::string& split,
                           const EvaluationData& data, const std::vector<PlannedMethod>& methods,
                           const std::function<void(int done, int all)>& progress) {
  RETURN_IF_ERROR(CheckFolds(flags, split, data.matrix));
  Comparison comparison{.data = NameOf(flags.data),
                        .task = flags.task,
                        .split = split,
                        .folds = flags.folds,
                        .seed = flags.seed,
                        .ratings = data.matrix.nonzeros(),
                        .movies = data.matrix.items()};
  comparison.measures = MeasuresOf(flags.task);
  const std::int32_t users = data.matrix.users();
  for (std::int32_t user = 0; user < users; ++user)
    comparison.ratings_of_user.push_back(data.matrix.by_user().RowSize(user));

  const bool cold = flags.task == kColdItemsTask;
  int before = 0;
  const models::FoldOptions options{.folds = flags.folds, .progress = [&](int done, int) {
                                      progress(before + done,
                                               flags.folds * static_cast<int>(methods.size()));
                                      return true;
                                    }};
  if (const auto ranking = Of(models::kRanking, methods); !ranking.empty()) {
    ASSIGN_OR_RETURN(
        const auto reports,
        models::CrossValidateRanking(UserSplits(flags, split, data), Fits(ranking), options));
    for (std::size_t m = 0; m < ranking.size(); ++m) {
      const bool says = !cold || reports[m].distinguishes;
      comparison.methods.push_back(
          ResultOf(ranking[m], reports[m], says, comparison.measures, users));
    }
    before = flags.folds * static_cast<int>(ranking.size());
  }
  if (const auto rating = Of(models::kRating, methods); !rating.empty()) {
    ASSIGN_OR_RETURN(
        const auto reports,
        models::CrossValidateRatings(RatingSplits(flags, split, data), Fits(rating), options));
    for (std::size_t m = 0; m < rating.size(); ++m) {
      // The baseline says what the person alone tells, which is what others have to beat.
      const bool says = !cold || reports[m].distinguishes || rating[m].baseline;
      comparison.methods.push_back(
          ResultOf(rating[m], reports[m], says, comparison.measures, users));
    }
  }
  return comparison;
}

Status SetReference(const std::string& against, Comparison& comparison) {
  const auto& methods = comparison.methods;
  if (against == "best") {
    comparison.reference = BestMethod(comparison);
    return {};
  }
  if (against == "first") {
    // That says anything at all.
    while (comparison.reference + 1 < methods.size() &&
           !MainMeasure(comparison, comparison.reference))
      ++comparison.reference;
    return {};
  }
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const MethodResult& one) { return one.name == against; });
  if (found != methods.end()) {
    comparison.reference = static_cast<std::size_t>(found - methods.begin());
    return {};
  }
  std::string names = "first, best";
  for (const MethodResult& method : methods) names += ", " + method.name;
  return Error::InvalidArgument(
      "method_unknown",
      "--against: no method here is called " + against + "; it must be one of " + names + ".",
      "--against");
}

}  // namespace marquee::ctl
