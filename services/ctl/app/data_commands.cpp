// datagen and evaluate: what needs no server.
#include <fmt/format.h>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ctl/app/commands.h"
#include "ctl/app/import_summary.h"
#include "ctl/domain/datagen.h"
#include "ctl/domain/dataset.h"
#include "ctl/files/films.h"
#include "ctl/files/read_dataset.h"
#include "ctl/terminal/terminal.h"
#include "models/evaluation.h"
#include "models/fitting.h"
#include "models/rating_matrix.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

Result<models::RatingMatrix> MatrixOf(const Dataset& dataset) {
  std::vector<std::int64_t> users;
  std::vector<std::int64_t> movies;
  std::vector<float> values;
  users.reserve(dataset.ratings.size());
  movies.reserve(dataset.ratings.size());
  values.reserve(dataset.ratings.size());
  for (const auto& rating : dataset.ratings) {
    users.push_back(rating.user_id);
    movies.push_back(rating.movie_id);
    values.push_back(rating.value);
  }
  return models::RatingMatrix::Build(users, movies, values);
}

models::Content ContentOf(const Dataset& dataset) {
  models::Content content;
  for (const auto& movie : dataset.movies) content[movie.id] = {movie.genres, movie.year};
  return content;
}

json ToJson(const models::RankingMetrics& metrics) {
  json value{{"coverage", metrics.coverage},
             {"users", metrics.users},
             {"liked_users", metrics.liked_users}};
  for (const auto& metric : models::UserMetrics())
    value[std::string(metric.name)] = metrics.*metric.value;
  return value;
}

std::vector<std::string> Row(const std::string& name, const models::RankingMetrics& m) {
  return {name,
          Fixed(m.ndcg_at_100, 4),
          Fixed(m.recall_at_20, 4),
          Fixed(m.recall_at_50, 4),
          Fixed(m.precision_at_10, 4),
          Fixed(m.map_at_10, 4),
          Fixed(m.coverage, 4),
          Fixed(m.liked_ndcg_at_100, 4),
          Fixed(m.liked_recall_at_20, 4),
          Fixed(100 * m.disliked_at_20, 2) + " %"};
}

json ToJson(const models::RatingMetrics& metrics) {
  json value{{"rmse", metrics.rmse}, {"mae", metrics.mae}};
  if (!metrics.predictive) return value;
  json& intervals = value["intervals"] = json::array();
  for (std::size_t i = 0; i < models::kIntervals.size(); ++i) {
    intervals.push_back({{"share", models::kIntervals[i].share},
                         {"coverage", metrics.predictive->coverage[i]},
                         {"width", metrics.predictive->width[i]}});
  }
  value["log_loss"] = metrics.predictive->log_loss;
  return value;
}

std::vector<std::string> Row(const std::string& name, const models::RatingMetrics& m) {
  return {name, Fixed(m.rmse, 4), Fixed(m.mae, 4)};
}

std::string PredictiveTable(const models::PredictiveMetrics& metrics) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < models::kIntervals.size(); ++i) {
    rows.push_back({Fixed(100 * models::kIntervals[i].share, 0) + " %",
                    Fixed(100 * metrics.coverage[i], 1) + " %", Fixed(metrics.width[i], 2)});
  }
  return "\n" + Table({"intervals of", "cover", "stars wide"}, rows) +
         fmt::format("\nLog-loss over the ten values: {:.4f}.\n", metrics.log_loss);
}

// What a fit measured of itself, step by step: whether it has converged.
using Curve = std::vector<models::Measured>;

json ToJson(const Curve& curve) {
  json steps = json::array();
  for (const auto& one : curve)
    steps.push_back({{"name", one.name}, {"step", one.step}, {"value", one.value}});
  return steps;
}

// How the folds' models are fitted, and their baseline.
struct FoldFits {
  std::string algorithm;
  models::FitFunction model;
  models::FitFunction baseline;
  std::shared_ptr<std::vector<Curve>> curves;  // of each fold that was fitted
  std::shared_ptr<std::vector<models::Found>> searches;
};

Result<FoldFits> Fits(const EvaluateFlags& flags, const models::Task& task,
                      const models::RatingMatrix& matrix,
                      std::shared_ptr<const models::Content> content) {
  ASSIGN_OR_RETURN(const std::string algorithm, models::Resolve(task, flags.algorithm, matrix));
  // By the size of the whole, as they would be for all of it.
  ASSIGN_OR_RETURN(const auto options, models::OptionsOf(algorithm, matrix));
  models::OptionValues asked;
  for (const auto& option : options) {
    if (flags.factors > 0 && option.name.ends_with(".factors")) asked[option.name] = flags.factors;
  }
  for (const std::string& given : flags.options) {
    const std::size_t at = given.find('=');
    double value = 0;
    const char* end = given.data() + given.size();
    if (at == std::string::npos || std::from_chars(given.data() + at + 1, end, value).ptr != end) {
      return Error::InvalidArgument("option_malformed", given + " is not NAME=VALUE.", "--option");
    }
    asked[given.substr(0, at)] = value;
  }
  RETURN_IF_ERROR(models::Values(options, asked));
  const models::Fitting fitting{.seed = flags.seed, .content = std::move(content)};
  auto curves = std::make_shared<std::vector<Curve>>();
  auto searches = std::make_shared<std::vector<models::Found>>();
  const models::SearchOptions search = flags.search;
  return FoldFits{algorithm,
                  [=](const auto& train) -> Result<std::shared_ptr<const models::Ranker>> {
                    models::Fitting measured = fitting;
                    Curve& curve = curves->emplace_back();
                    measured.measured = [&](const models::Measured& one) { curve.push_back(one); };
                    ASSIGN_OR_RETURN(const auto found,
                                     models::Search(algorithm, train, asked, measured, search));
                    searches->push_back(found);
                    return models::FitRanker(algorithm, train, found.values, measured);
                  },
                  [&task, fitting](const auto& train) {
                    return models::FitRanker(task.baseline_algorithm, train, task.baseline_options,
                                             fitting);
                  },
                  curves, searches};
}

json ToJson(const models::Found& found) {
  json trials = json::array();
  for (const models::Trial& trial : found.trials) {
    trials.push_back({{"option", trial.option},
                      {"value", trial.value},
                      {"objective", trial.objective},
                      {"ndcg_at_100", trial.ndcg_at_100},
                      {"liked_ndcg_at_100", trial.liked_ndcg_at_100},
                      {"taken", trial.taken}});
  }
  return {{"options", found.values},
          {"trials", trials},
          {"users", found.users},
          {"complete", found.complete}};
}

// The last step of each fold.
std::string Convergence(const std::vector<Curve>& curves) {
  std::string text;
  for (std::size_t fold = 0; fold < curves.size(); ++fold) {
    if (curves[fold].empty()) continue;
    const auto& last = curves[fold].back();
    text += fmt::format("Fold {}: {} {:.4f} after {} steps.\n", fold + 1, last.name, last.value,
                        last.step);
  }
  return text.empty() ? text : "\n" + text;
}

// What every task's report begins with.
json Judged(std::string_view task, const EvaluateFlags& flags, const models::RatingMatrix& matrix,
            const Report& read) {
  return {{"task", task},
          {"folds", flags.folds},
          {"seed", flags.seed},
          {"ratings", matrix.nonzeros()},
          {"users", matrix.users()},
          {"movies", matrix.items()},
          {"rejected", read.rejected}};
}

int EvaluateRankingTask(const Context& context, const EvaluateFlags& flags,
                        const models::RatingMatrix& matrix,
                        std::shared_ptr<const models::Content> content, const Report& read) {
  const auto fit = Fits(flags, *models::FindTask(models::kRanking), matrix, std::move(content));
  if (!fit.ok()) return Fail(context, fit.error());
  ProgressBar bar("Folds", flags.folds, context.quiet);
  const auto report = models::CrossValidateRanking(matrix, flags.folds, flags.seed, fit->model,
                                                   fit->baseline, [&](int fold, int) {
                                                     bar.Set(fold);
                                                     return true;
                                                   });
  bar.Finish();
  if (!report.ok()) {
    const int status = Fail(context, report.error());
    return report.error().reason == "nobody_to_judge" ? 1 : status;  // as an import of nothing
  }
  json folds = json::array();
  for (std::size_t fold = 0; fold < report->folds.size(); ++fold) {
    folds.push_back(ToJson(report->folds[fold]));
    folds.back()["search"] = ToJson((*fit->searches)[fold]);
  }
  json value = Judged("ranking", flags, matrix, read);
  value["algorithm"] = flags.algorithm;
  value["model"] = ToJson(report->mean);
  value["popularity"] = ToJson(report->popularity);
  value["ndcg_ratio_to_popularity"] = report->ndcg_ratio;
  value["per_fold"] = folds;
  const std::vector<std::string> header{
      "",       "NDCG@100", "Recall@20",      "Recall@50",       "Precision@10",
      "MAP@10", "coverage", "liked NDCG@100", "liked Recall@20", "disliked@20"};
  const std::string text =
      Table(header, {Row("this model", report->mean), Row("popularity", report->popularity)}) +
      fmt::format(
          "\nNDCG@100 is {:.3f} times popularity's ({} folds of held-out users, seed {}).\n"
          "liked: only films rated {:.0f} or better, and at or above the person's own mean, count "
          "({} people have any).\ndisliked@20: share of the first 20 that was held out and rated "
          "{:.1f} or less.\n",
          report->ndcg_ratio, flags.folds, flags.seed, models::kLiked,
          Grouped(report->mean.liked_users), models::kDisliked);
  return Show(context, value, text);
}

int EvaluateRatingTask(const Context& context, const EvaluateFlags& flags,
                       const models::RatingMatrix& matrix,
                       std::shared_ptr<const models::Content> content, const Report& read) {
  const auto fit = Fits(flags, *models::FindTask(models::kRating), matrix, std::move(content));
  if (!fit.ok()) return Fail(context, fit.error());
  ProgressBar bar("Folds", flags.folds, context.quiet);
  const auto report = models::CrossValidateRatings(matrix, flags.folds, flags.seed, fit->model,
                                                   fit->baseline, [&](int fold, int) {
                                                     bar.Set(fold);
                                                     return true;
                                                   });
  bar.Finish();
  if (!report.ok()) return Fail(context, report.error());
  json folds = json::array();
  for (std::size_t fold = 0; fold < report->folds.size(); ++fold) {
    folds.push_back(ToJson(report->folds[fold]));
    if (!(*fit->curves)[fold].empty()) folds.back()["convergence"] = ToJson((*fit->curves)[fold]);
  }
  json value = Judged("rating", flags, matrix, read);
  value["algorithm"] = fit->algorithm;
  value["model"] = ToJson(report->mean);
  value["bias_baseline"] = ToJson(report->baseline);
  value["per_fold"] = folds;
  std::string text = Table({"", "RMSE", "MAE"}, {Row(fit->algorithm, report->mean),
                                                 Row("biases only", report->baseline)});
  if (report->mean.predictive) text += PredictiveTable(*report->mean.predictive);
  text += Convergence(*fit->curves) +
          fmt::format("\n{} folds of held-out ratings, seed {}.\n", flags.folds, flags.seed);
  return Show(context, value, text);
}

}  // namespace

std::vector<std::string> TaskNames() {
  std::vector<std::string> names;
  for (const models::Task& task : models::Tasks()) names.emplace_back(task.name);
  return names;
}

int Datagen(const Context& context, const DatagenFlags& flags) {
  const auto films = ReadVegaFilms(flags.films);
  if (!films.ok()) return Fail(context, films.error());
  const auto dataset = GenerateAudience(
      *films, {.users = flags.users, .ratings = flags.ratings, .seed = flags.seed});
  if (!dataset.ok()) return Fail(context, dataset.error());
  if (const auto status = WriteCsv(*dataset, flags.out); !status.ok())
    return Fail(context, status.error());
  const json value{{"folder", flags.out.string()},
                   {"movies", dataset->movies.size()},
                   {"users", flags.users},
                   {"ratings", dataset->ratings.size()},
                   {"seed", flags.seed}};
  return Show(context, value,
              fmt::format("Wrote {} movies and {} ratings of {} simulated users to {} (seed {}).\n",
                          Grouped(static_cast<std::int64_t>(dataset->movies.size())),
                          Grouped(static_cast<std::int64_t>(dataset->ratings.size())),
                          Grouped(flags.users), flags.out.string(), flags.seed));
}

int Evaluate(const Context& context, const EvaluateFlags& flags) {
  if (flags.folds < 2) {
    return Fail(context, Error::InvalidArgument("too_few_folds",
                                                "There must be at least two folds.", "--folds"));
  }
  ReadOptions options;
  if (const auto status = ToOptions(flags.reading, options); !status.ok())
    return Fail(context, status.error());
  if (!options.rated_at) options.rated_at = 0;  // no model asks when
  ProgressBar reading("Reading", 100, context.quiet);
  const auto dataset = ReadDataset(
      flags.data, {}, [&](double share) { reading.Set(static_cast<std::int64_t>(share * 100)); },
      options);
  reading.Finish();
  if (!dataset.ok()) return Fail(context, dataset.error());
  if (const auto verdict = Judge(dataset->report, dataset->report.ratings, 0); !verdict.enough) {
    return Fail(context,
                Error::InvalidArgument("too_few_taken", "No rating could be taken. " +
                                                            LeftOut(dataset->report) +
                                                            "Most likely: " + verdict.cause + "."));
  }
  if (!context.json) std::fputs(LeftOut(dataset->report).c_str(), stderr);
  const auto matrix = MatrixOf(*dataset);
  if (!matrix.ok()) return Fail(context, matrix.error());
  const auto evaluate = flags.task == models::kRating ? EvaluateRatingTask : EvaluateRankingTask;
  return evaluate(context, flags, *matrix,
                  std::make_shared<const models::Content>(ContentOf(*dataset)), dataset->report);
}

}  // namespace marquee::ctl
