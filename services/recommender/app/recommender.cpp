#include "recommender/app/recommender.h"

#include <algorithm>
#include <chrono>

#include "base/uuid.h"
#include "logging/log.h"
#include "models/rating_matrix.h"
#include "rules/rating.h"

namespace marquee::recommender {
namespace {

constexpr int kDefaultCount = 20;
constexpr int kMaxCount = 100;
constexpr std::size_t kBecause = 3;
constexpr char kDegraded[] = "marquee_recommender_degraded_total";
constexpr char kDegradedHelp[] = "Lists for which the popular one stood in, by why.";

int Count(int asked) { return asked <= 0 ? kDefaultCount : std::min(asked, kMaxCount); }

// The ratings of the movies that a model knows, by its item index, and which of `ratings` they are.
struct Known {
  std::vector<models::RatedItem> items;
  std::vector<std::size_t> from;
  std::vector<std::int32_t> without_value;  // rated too long ago to be among them
};

Known KnownTo(std::span<const std::int64_t> item_ids, std::span<const Rated> ratings) {
  Known known;
  known.items.reserve(ratings.size());
  known.from.reserve(ratings.size());
  for (std::size_t at = 0; at < ratings.size(); ++at) {
    const auto item = models::IndexOf(item_ids, ratings[at].movie_id);
    if (!item) continue;
    if (!(ratings[at].value > 0)) {
      known.without_value.push_back(*item);
      continue;
    }
    known.items.push_back({*item, ratings[at].value});
    known.from.push_back(at);
  }
  return known;
}

// What the known ratings say of one movie, in their order.
std::vector<Contribution> Contributions(const models::Ranker& ranker,
                                        const models::Profile& profile,
                                        const models::Ranker::Explanation& explanation,
                                        const Known& known, std::span<const Rated> ratings) {
  std::vector<Contribution> contributions;
  contributions.reserve(known.from.size());
  for (std::size_t at = 0; at < known.from.size(); ++at) {
    const Rated& rated = ratings[known.from[at]];
    contributions.push_back({rated.movie_id, rated.value, explanation.contributions[at],
                             ranker.Dislikes(profile, known.items, at)});
  }
  return contributions;
}

// The few that `counts`, by `before`.
template <typename Counts, typename Before>
std::vector<Contribution> Most(std::span<const Contribution> all, const Counts& counts,
                               const Before& before) {
  std::vector<Contribution> most;
  std::copy_if(all.begin(), all.end(), std::back_inserter(most), counts);
  const auto end = most.begin() + static_cast<std::ptrdiff_t>(std::min(most.size(), kBecause));
  std::partial_sort(most.begin(), end, most.end(), before);
  most.erase(end, most.end());
  return most;
}

bool More(const Contribution& a, const Contribution& b) { return a.contribution > b.contribution; }

// What speaks most for the movie; what speaks against it is no reason, nor is what was disliked.
std::vector<Contribution> Because(std::span<const Contribution> all) {
  return Most(
      all, [](const Contribution& one) { return one.contribution > 0 && !one.disliked; }, More);
}

std::vector<Contribution> Despite(std::span<const Contribution> all) {
  return Most(
      all, [](const Contribution& one) { return one.contribution < 0 && one.disliked; },
      [](const Contribution& a, const Contribution& b) { return More(b, a); });
}

Error CatalogueMissing() {
  return Error::Unavailable("catalogue_unavailable",
                            "The catalogue is not loaded yet. Try again in a moment.");
}

Error ModelUnavailable() {
  return Error::Unavailable("model_unavailable",
                            "The model can't be had at the moment. Try again shortly.");
}

Error NoSuchMovie(std::int64_t movie_id) {
  return Error::NotFound("movie_unknown",
                         "There is no movie " + std::to_string(movie_id) + " in the catalogue.");
}

Status Check(std::span<const Rated> ratings, const MovieFilter& filter) {
  if (filter.year_min > 0 && filter.year_max > 0 && filter.year_min > filter.year_max) {
    return Error::InvalidArgument("year_range_invalid", "year_min is after year_max.", "year_min");
  }
  std::vector<std::size_t> order(ratings.size());
  for (std::size_t at = 0; at < ratings.size(); ++at) order[at] = at;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return ratings[a].movie_id < ratings[b].movie_id;
  });
  for (std::size_t at = 0; at < ratings.size(); ++at) {
    const auto path = "ratings[" + std::to_string(at) + "].";
    if (!rules::IsRatingValue(ratings[at].value)) {
      return Error::InvalidArgument("rating_out_of_range",
                                    "A rating is 0.5 to 5.0 in steps of 0.5.", path + "value");
    }
  }
  for (std::size_t at = 1; at < order.size(); ++at) {
    if (ratings[order[at]].movie_id == ratings[order[at - 1]].movie_id) {
      return Error::InvalidArgument("rating_repeated",
                                    "A movie can be rated only once in a request.",
                                    "ratings[" + std::to_string(order[at]) + "].movie_id");
    }
  }
  return {};
}

// What the person would give each movie of their list.
void PredictRatings(const ModelInUse& rating, std::span<const Rated> ratings,
                    const Catalogue& catalogue, std::vector<RecommendedMovie>& movies) {
  const models::Ranker& ranker = *rating.ranker;
  const Known known = KnownTo(ranker.model().item_ids, ratings);
  const auto profile = ranker.Read(known.items);
  for (auto& movie : movies) {
    if (const auto item = ranker.IndexOf(catalogue.Id(movie.row)))
      movie.predicted_rating = profile->Score(*item);
  }
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
                                                  const MovieFilter& filter, int count) {
  RETURN_IF_ERROR(Check({}, filter));
  auto history = histories_.Of(call);
  auto serving = serving_.Get();
  if (serving->catalogue() == nullptr) return CatalogueMissing();
  if (serving->lost(models::kRanking)) return ModelUnavailable();
  if (!history.ok()) {
    if (history.error().code == Code::kInvalidArgument) return history.error();  // their own fault
    logging::Warning("a history can't be read: the popular list stands in",
                     {{"error", history.error().ToString()}});
    return Popular(std::move(serving), {}, filter, count, degraded_history_unavailable_);
  }
  return Personal(std::move(serving), *history, filter, count);
}

Result<RecommendationList> Recommender::ForRatings(std::span<const Rated> ratings,
                                                   const MovieFilter& filter, int count) {
  RETURN_IF_ERROR(Check(ratings, filter));
  auto serving = serving_.Get();
  if (serving->catalogue() == nullptr) return CatalogueMissing();
  return Personal(std::move(serving), ratings, filter, count);
}

Result<RecommendationList> Recommender::Personal(std::shared_ptr<const Serving> serving,
                                                 std::span<const Rated> ratings,
                                                 const MovieFilter& filter, int count) {
  if (serving->lost(models::kRanking)) return ModelUnavailable();
  const auto* ranking = serving->ranking();
  if (ranking == nullptr) {
    return Popular(std::move(serving), ratings, filter, count, degraded_no_model_);
  }
  const auto& ranker = *ranking->ranker;
  const Known known = KnownTo(ranker.model().item_ids, ratings);
  if (known.items.empty()) {
    return Popular(std::move(serving), ratings, filter, count, degraded_no_history_);
  }

  const auto begin = std::chrono::steady_clock::now();
  RecommendationList list;
  const auto allowed = serving->Allowed(serving->catalogue()->Resolve(filter));
  const auto profile = ranker.Read(known.items);
  const auto best = ranker.Recommend(*profile, known.items, Count(count),
                                     {.allowed = allowed, .excluded = known.without_value});
  std::vector<std::int32_t> items;
  for (const auto& scored : best) items.push_back(scored.item);
  const auto explanations = ranker.Explain(*profile, known.items, items);
  for (std::size_t at = 0; at < best.size(); ++at) {
    const auto contributions = Contributions(ranker, *profile, explanations[at], known, ratings);
    list.movies.push_back({.row = serving->RowOfItem(best[at].item),
                           .score = best[at].score,
                           .because = Because(contributions),
                           .despite = Despite(contributions)});
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
                                        std::span<const Rated> ratings, const MovieFilter& filter,
                                        int count, metrics::Counter& why) {
  why.Increment();
  RecommendationList list;
  std::vector<std::int64_t> rated;
  for (const auto& one : ratings) rated.push_back(one.movie_id);
  std::sort(rated.begin(), rated.end());
  const Catalogue& catalogue = *serving->catalogue();
  for (const auto row : catalogue.Popular(catalogue.Resolve(filter), Count(count), rated)) {
    list.movies.push_back(
        {.row = row, .score = static_cast<double>(catalogue.RatingCount(row)), .because = {}});
  }
  list.id = Uuid::V7(clock_.Now()).ToString();
  list.degraded = true;
  list.serving = std::move(serving);
  return list;
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
  for (const auto& scored :
       ranking->ranker->Similar(*item, Count(count), {.allowed = allowed, .excluded = {}})) {
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
  const Known known = KnownTo(ranker.model().item_ids, ratings);
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
  const Known known = KnownTo(ranking->ranker->model().item_ids, ratings);
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
  explanation.contributions = Contributions(
      ranker, *profile, ranker.Explain(*profile, known.items, {&one, 1}).front(), known, ratings);
  std::stable_sort(explanation.contributions.begin(), explanation.contributions.end(), More);
  for (const auto& part : explanation.contributions) explanation.score += part.contribution;
  return explanation;
}

}  // namespace marquee::recommender
