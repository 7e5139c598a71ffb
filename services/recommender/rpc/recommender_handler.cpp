#include "recommender/rpc/recommender_handler.h"

namespace marquee::recommender {
namespace {

template <typename Request>
MovieFilter FilterOf(const Request& request) {
  return {.genre = request.genre(),
          .year_min = request.year_min(),
          .year_max = request.year_max(),
          .min_rating_count = request.min_rating_count()};
}

template <typename Wire>
void FillMovie(const Catalogue& catalogue, std::int32_t row, Wire& wire) {
  wire.set_movie_id(catalogue.Id(row));
  wire.set_title(std::string(catalogue.Title(row)));
  wire.set_year(catalogue.Year(row));
  for (auto& genre : catalogue.Genres(row)) wire.add_genres(std::move(genre));
}

void FillContribution(const Catalogue& catalogue, const Contribution& part,
                      v1::Contribution& wire) {
  wire.set_movie_id(part.movie_id);
  // What was rated may have left the catalogue since.
  if (const auto row = catalogue.RowOf(part.movie_id)) {
    wire.set_title(std::string(catalogue.Title(*row)));
  }
  wire.set_rating(part.rating);
  wire.set_contribution(part.contribution);
  wire.set_disliked(part.disliked);
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
Response ToWire(const RecommendationList& list) {
  const Catalogue& catalogue = *list.serving->catalogue();
  Response response;
  for (const auto& movie : list.movies) {
    auto& wire = *response.add_recommendations();
    FillMovie(catalogue, movie.row, wire);
    wire.set_score(movie.score);
    if (movie.predicted_rating) wire.set_predicted_rating(*movie.predicted_rating);
    for (const auto& part : movie.because) FillContribution(catalogue, part, *wire.add_because());
    for (const auto& part : movie.despite) FillContribution(catalogue, part, *wire.add_despite());
  }
  response.set_model_version(list.model_version);
  response.set_recommendation_id(list.id);
  response.set_history_size(list.history_size);
  response.set_degraded(list.degraded);
  return response;
}

}  // namespace

RecommenderHandler::RecommenderHandler(Recommender& recommender) : recommender_(recommender) {
  Register(this, &RecommenderHandler::ListRecommendations);
  Register(this, &RecommenderHandler::RecommendForRatings);
  Register(this, &RecommenderHandler::ListSimilarMovies);
  Register(this, &RecommenderHandler::PredictRating);
  Register(this, &RecommenderHandler::ExplainRecommendation);
}

Result<v1::ListRecommendationsResponse> RecommenderHandler::ListRecommendations(
    const rpc::Call& call, const v1::ListRecommendationsRequest& request) {
  RETURN_IF_ERROR(call.User());
  ASSIGN_OR_RETURN(const auto list,
                   recommender_.ForPerson(call.context(), FilterOf(request), request.count()));
  return ToWire<v1::ListRecommendationsResponse>(list);
}

Result<v1::RecommendForRatingsResponse> RecommenderHandler::RecommendForRatings(
    const rpc::Call&, const v1::RecommendForRatingsRequest& request) {
  std::vector<Rated> ratings;
  for (const auto& given : request.ratings()) ratings.push_back({given.movie_id(), given.value()});
  ASSIGN_OR_RETURN(const auto list,
                   recommender_.ForRatings(ratings, FilterOf(request), request.count()));
  return ToWire<v1::RecommendForRatingsResponse>(list);
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
  response.set_title(std::string(catalogue.Title(explanation.row)));
  response.set_score(explanation.score);
  for (const auto& part : explanation.contributions) {
    FillContribution(catalogue, part, *response.add_contributions());
  }
  response.set_model_version(explanation.model_version);
  return response;
}

}  // namespace marquee::recommender
