// What evaluate judges on, and how it is split.
#include <algorithm>
#include <utility>

#include "ctl/app/evaluate.h"
#include "ctl/app/import_summary.h"
#include "ctl/files/read_dataset.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

bool GoesByTime(std::string_view split) { return split == kTemporal || split == kLeaveLast; }

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

std::vector<std::int64_t> TimesOf(const Dataset& dataset, const models::RatingMatrix& matrix) {
  const auto& rows = matrix.by_user();
  std::vector<std::int64_t> times(static_cast<std::size_t>(rows.nonzeros()), 0);
  for (const auto& rating : dataset.ratings) {
    const auto user = *matrix.UserIndex(rating.user_id);
    const auto columns = rows.RowColumns(user);
    const auto at =
        std::lower_bound(columns.begin(), columns.end(), *matrix.ItemIndex(rating.movie_id));
    times[static_cast<std::size_t>(rows.offsets[static_cast<std::size_t>(user)] +
                                   (at - columns.begin()))] = rating.timestamp;
  }
  return times;
}

// The reader's advice is for an import.
Error WithoutTimes(const Error& error, const std::string& split) {
  if (error.reason != "no_times") return error;
  return Error::InvalidArgument("no_times",
                                "--split " + split + " goes by when ratings were given, but " +
                                    error.message.substr(0, error.message.find(". Say ")) +
                                    ". Name the column timestamp (or --ratings-columns, of a file "
                                    "without a header), or take --split random-users.",
                                "--split");
}

}  // namespace

Result<EvaluationData> ReadEvaluationData(const Context& context, const EvaluateFlags& flags) {
  ASSIGN_OR_RETURN(const std::string split, SplitOf(flags));
  ReadOptions options;
  RETURN_IF_ERROR(ToOptions(flags.reading, options));
  const bool timed = GoesByTime(split);
  if (!timed) options.rated_at = 0;  // nobody asks when
  ProgressBar reading("Reading", 100, context.quiet);
  const auto dataset = ReadDataset(
      flags.data, {}, [&](double share) { reading.Set(static_cast<std::int64_t>(share * 100)); },
      options);
  reading.Finish();
  if (!dataset.ok()) return WithoutTimes(dataset.error(), split);
  const Report& report = dataset->report;
  if (const auto verdict = Judge(report, report.ratings, 0); !verdict.enough) {
    return Error::InvalidArgument("too_few_taken", "No rating could be taken. " + LeftOut(report) +
                                                       "Most likely: " + verdict.cause + ".");
  }
  if (timed && report.earliest == report.latest) {
    return Error::InvalidArgument("times_equal",
                                  "--split " + split +
                                      " goes by when ratings were given, but all "
                                      "of " +
                                      report.ratings.file +
                                      " have the same timestamp: take --split random-users.",
                                  "--split");
  }
  EvaluationData data;
  data.report = report;
  ASSIGN_OR_RETURN(data.matrix, MatrixOf(*dataset));
  if (timed) data.times = TimesOf(*dataset, data.matrix);
  models::Content content;
  for (const auto& movie : dataset->movies) content[movie.id] = {movie.genres, movie.year};
  data.content = std::make_shared<const models::Content>(std::move(content));
  return data;
}

Result<std::string> SplitOf(const EvaluateFlags& flags) {
  const bool cold = flags.task == kColdItemsTask;
  const bool ranking = flags.task == models::kRanking;
  if (flags.split.empty())
    return std::string(cold ? kRandomItems : ranking ? kRandomUsers : kRandomRatings);
  if (cold) {
    return Error::InvalidArgument(
        "split_unfit", "--task cold-items hides movies, not people: leave --split out.", "--split");
  }
  if (ranking && flags.split == kRandomRatings) {
    return Error::InvalidArgument("split_unfit",
                                  "--split random-ratings is for --task rating and intervals: "
                                  "rankings are judged on people (random-users, temporal, "
                                  "leave-last).",
                                  "--split");
  }
  return flags.split;
}

models::SplitOfUsers UserSplits(const EvaluateFlags& flags, const std::string& split,
                                const EvaluationData& data) {
  const int folds = flags.folds;
  const std::uint64_t seed = flags.seed;
  const auto& matrix = data.matrix;
  if (split == kRandomItems)
    return [=, &matrix](int fold) { return models::HideItems(matrix, folds, fold, seed); };
  if (GoesByTime(split)) {
    const double given = split == kLeaveLast ? 1 : 0.8;
    return [=, &data](int fold) {
      return models::SplitUsersByTime(data.matrix, data.times, folds, fold, seed, given);
    };
  }
  return [=, &matrix](int fold) { return models::SplitUsers(matrix, folds, fold, seed); };
}

models::SplitOfRatings RatingSplits(const EvaluateFlags& flags, const std::string& split,
                                    const EvaluationData& data) {
  const auto& matrix = data.matrix;
  if (split == kRandomRatings) {
    return [&matrix, folds = flags.folds, seed = flags.seed](int fold) {
      return models::SplitRatings(matrix, folds, fold, seed);
    };
  }
  return [users = UserSplits(flags, split, data), &matrix](int fold) {
    return models::AsRatings(users(fold), matrix);
  };
}

}  // namespace marquee::ctl
