#include "recommender/rpc/recommender_handler.h"

namespace marquee::recommender {
namespace {

Rewatch FromWire(v1::Rewatch rewatch) {
  switch (rewatch) {
    case v1::REWATCH_INCLUDE: return Rewatch::kInclude;
    case v1::REWATCH_ONLY: return Rewatch::kOnly;
    default: return Rewatch::kExclude;
  }
}

template <typename Request>
ListRequest ListOf(const Request& request) {
  ListRequest list{.filter = {.genre = request.genre(),
                              .year_min = request.year_min(),
                              .year_max = request.year_max(),
                              .min_rating_count = request.min_rating_count()},
                   .count = request.count(),
                   .diversity = request.diversity()};
  if constexpr (requires { request.rewatch(); }) list.rewatch = FromWire(request.rewatch());
  return list;
}

template <typename Ratings>
std::vector<Rated> RatedOf(const Ratings& wire) {
  std::vector<Rated> ratings;
  for (const auto& given : wire) ratings.push_back({given.movie_id(), given.value()});
  return ratings;
}

// Straight into the message: a title is too long for a string that needs no memory.
template <typename Wire>
void SetTitle(const Catalogue& catalogue, std::int32_t row, Wire& wire) {
  const std::string_view title = catalogue.Title(row);
  wire.set_title(title.data(), title.size());
}

template <typename Wire>
void FillMovie(const Catalogue& catalogue, std::int32_t row, Wire& wire) {
  wire.set_movie_id(catalogue.Id(row));
  SetTitle(catalogue, row, wire);
  wire.set_year(catalogue.Year(row));
  for (const auto genre : catalogue.GenresOf(row)) wire.add_genres(catalogue.GenreName(genre));
}

void FillContribution(const Catalogue& catalogue, const Contribution& part,
                      v1::Contribution& wire) {
  wire.set_movie_id(part.movie_id);
  // What was rated may have left the catalogue since.
  if (const auto row = catalogue.RowOf(part.movie_id)) {
    SetTitle(catalogue, *row, wire);
  }
  wire.set_rating(part.rating);
  wire.set_contribution(part.contribution);
  wire.set_disliked(part.disliked);
}

template <typename Wire>
void FillRecommendation(const Catalogue& catalogue, const RecommendedMovie& movie, Wire& wire) {
  FillMovie(catalogue, movie.row, wire);
  wire.set_score(movie.score);
  if (movie.predicted_rating) wire.set_predicted_rating(*movie.predicted_rating);
  for (const auto& part : movie.because) FillContribution(catalogue, part, *wire.add_because());
  for (const auto& part : movie.despite) FillContribution(catalogue, part, *wire.add_despite());
}

void FillMoved(const Catalogue& catalogue, const MovedMovie& moved, v1::MovedRecommendation& wire) {
  FillRecommendation(catalogue, moved.movie, wire);
  if (moved.place_before) wire.set_place_before(*moved.place_before);
  if (moved.score_before) wire.set_score_before(*moved.score_before);
  if (moved.score_after) wire.set_score_after(*moved.score_after);
  for (const Move& move : moved.moved_by) {
    auto& change = *wire.add_moved_by();
    change.set_movie_id(move.movie_id);
    if (const auto row = catalogue.RowOf(move.movie_id)) SetTitle(catalogue, *row, change);
    if (move.rating_before) change.set_rating_before(*move.rating_before);
    if (move.rating_after) change.set_rating_after(*move.rating_after);
    change.set_change(move.change);
  }
  wire.set_moved_by_others(moved.moved_by_others);
}

void FillPredictive(const models::Predictive& predictive, v1::PredictRatingResponse& wire) {
  wire.mutable_interval_80()->set_lower(predictive.Lower(models::kEighty));
  wire.mutable_interval_80()->set_upper(predictive.Upper(models::kEighty));
  wire.set_standard_deviation(predictive.standard_deviation);
  for (std::size_t value = 0; value < models::kStarValues; ++value) {
    auto& one = *wire.add_distribution();
    one.set_rating(static_cast<double>(models::StarsOf(value)));
    one.set_probability(predictive.distribution[value]);
  }
}

template <typename Response>
void Fill(const RecommendationList& list, Response& response) {
  const Catalogue& catalogue = *list.serving->catalogue();
  for (const auto& movie : list.movies)
    FillRecommendation(catalogue, movie, *response.add_recommendations());
  response.set_model_version(list.model_version);
  response.set_recommendation_id(list.id);
  response.set_history_size(list.history_size);
  response.set_degraded(list.degraded);
}

}  // namespace

RecommenderHandler::RecommenderHandler(Recommender& recommender) : recommender_(recommender) {
  Register(this, &RecommenderHandler::ListRecommendations);
  Register(this, &RecommenderHandler::RecommendForRatings);
  Register(this, &RecommenderHandler::RecommendForGroup);
  Register(this, &RecommenderHandler::WhatIf);
  Register(this, &RecommenderHandler::ListOnboardingQuestions);
  Register(this, &RecommenderHandler::ListSimilarMovies);
  Register(this, &RecommenderHandler::PredictRating);
  Register(this, &RecommenderHandler::ExplainRecommendation);
}

Status RecommenderHandler::ListRecommendations(const rpc::Call& call,
                                               const v1::ListRecommendationsRequest& request,
                                               v1::ListRecommendationsResponse& response) {
  RETURN_IF_ERROR(call.User());
  ASSIGN_OR_RETURN(const auto list, recommender_.ForPerson(call.context(), ListOf(request)));
  Fill(list, response);
  return {};
}

Status RecommenderHandler::RecommendForRatings(const rpc::Call&,
                                               const v1::RecommendForRatingsRequest& request,
                                               v1::RecommendForRatingsResponse& response) {
  ASSIGN_OR_RETURN(const auto list,
                   recommender_.ForRatings(RatedOf(request.ratings()), ListOf(request)));
  Fill(list, response);
  return {};
}

Result<v1::RecommendForGroupResponse> RecommenderHandler::RecommendForGroup(
    const rpc::Call&, const v1::RecommendForGroupRequest& request) {
  std::vector<std::vector<Rated>> members;
  for (const auto& member : request.members()) members.push_back(RatedOf(member.ratings()));
  const auto strategy = request.strategy() == v1::GROUP_STRATEGY_LEAST_MISERY
                            ? GroupStrategy::kLeastMisery
                            : GroupStrategy::kAverage;
  ASSIGN_OR_RETURN(const auto group, recommender_.ForGroup(members, strategy, ListOf(request)));
  const RecommendationList& list = group.list;
  v1::RecommendForGroupResponse response;
  for (std::size_t at = 0; at < list.movies.size(); ++at) {
    auto& wire = *response.add_recommendations();
    FillMovie(*list.serving->catalogue(), list.movies[at].row, wire);
    wire.set_score(list.movies[at].score);
    if (list.degraded) continue;
    for (const auto& opinion : group.opinions[at]) {
      auto& member = *wire.add_members();
      if (!opinion) continue;
      member.set_score(opinion->score);
      if (opinion->predicted_rating) member.set_predicted_rating(*opinion->predicted_rating);
    }
  }
  response.set_model_version(list.model_version);
  response.set_recommendation_id(list.id);
  response.mutable_history_sizes()->Assign(group.history_sizes.begin(), group.history_sizes.end());
  response.set_degraded(list.degraded);
  return response;
}

Result<v1::WhatIfResponse> RecommenderHandler::WhatIf(const rpc::Call& call,
                                                      const v1::WhatIfRequest& request) {
  RETURN_IF_ERROR(call.User());
  std::vector<RatingEdit> edits;
  for (const auto& change : request.changes()) {
    edits.push_back(
        {change.movie_id(), change.has_value() ? std::optional(change.value()) : std::nullopt});
  }
  ASSIGN_OR_RETURN(const auto result, recommender_.WhatIf(call.context(), edits, ListOf(request)));
  const Catalogue& catalogue = *result.list.serving->catalogue();
  v1::WhatIfResponse response;
  for (const auto& moved : result.moved)
    FillMoved(catalogue, moved, *response.add_recommendations());
  for (const auto& moved : result.dropped) FillMoved(catalogue, moved, *response.add_dropped());
  response.set_model_version(result.list.model_version);
  response.set_history_size(result.list.history_size);
  response.set_degraded(result.list.degraded);
  return response;
}

Result<v1::ListOnboardingQuestionsResponse> RecommenderHandler::ListOnboardingQuestions(
    const rpc::Call& call, const v1::ListOnboardingQuestionsRequest& request) {
  OnboardingRequest asked{.rated = {request.rated().begin(), request.rated().end()},
                          .unknown = {request.unknown().begin(), request.unknown().end()},
                          .count = request.count()};
  ASSIGN_OR_RETURN(const auto list, recommender_.Onboarding(call.context(), std::move(asked)));
  v1::ListOnboardingQuestionsResponse response;
  for (const auto& question : list.questions) {
    auto& wire = *response.add_questions();
    FillMovie(*list.serving->catalogue(), question.row, wire);
    if (question.chance_known) wire.set_chance_known(*question.chance_known);
    if (question.information) wire.set_information(*question.information);
  }
  response.set_model_version(list.model_version);
  response.set_degraded(list.degraded);
  return response;
}

Result<v1::ListSimilarMoviesResponse> RecommenderHandler::ListSimilarMovies(
    const rpc::Call&, const v1::ListSimilarMoviesRequest& request) {
  ASSIGN_OR_RETURN(const auto list, recommender_.Similar(request.movie_id(), request.count()));
  v1::ListSimilarMoviesResponse response;
  for (const auto& movie : list.movies) {
    auto& wire = *response.add_movies();
    FillMovie(*list.serving->catalogue(), movie.row, wire);
    wire.set_similarity(movie.similarity);
  }
  response.set_model_version(list.model_version);
  return response;
}

Result<v1::PredictRatingResponse> RecommenderHandler::PredictRating(
    const rpc::Call& call, const v1::PredictRatingRequest& request) {
  RETURN_IF_ERROR(call.User());
  ASSIGN_OR_RETURN(const auto prediction, recommender_.Predict(call.context(), request.movie_id()));
  v1::PredictRatingResponse response;
  response.set_movie_id(request.movie_id());
  response.set_predicted_rating(prediction.rating);
  response.set_model_version(prediction.model_version);
  response.set_history_size(prediction.history_size);
  if (prediction.predictive) FillPredictive(*prediction.predictive, response);
  return response;
}

Result<v1::ExplainRecommendationResponse> RecommenderHandler::ExplainRecommendation(
    const rpc::Call& call, const v1::ExplainRecommendationRequest& request) {
  RETURN_IF_ERROR(call.User());
  ASSIGN_OR_RETURN(const auto explanation,
                   recommender_.Explain(call.context(), request.movie_id()));
  const Catalogue& catalogue = *explanation.serving->catalogue();
  v1::ExplainRecommendationResponse response;
  response.set_movie_id(request.movie_id());
  SetTitle(catalogue, explanation.row, response);
  response.set_score(explanation.score);
  for (const auto& part : explanation.contributions) {
    FillContribution(catalogue, part, *response.add_contributions());
  }
  response.set_model_version(explanation.model_version);
  return response;
}

}  // namespace marquee::recommender
