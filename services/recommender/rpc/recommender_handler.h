// RecommenderService over gRPC.
#pragma once

#include "marquee/recommender/v1/recommender.grpc.pb.h"
#include "recommender/app/recommender.h"
#include "rpc/service.h"

namespace marquee::recommender {

class RecommenderHandler final : public rpc::Service<v1::RecommenderService> {
 public:
  explicit RecommenderHandler(Recommender& recommender);

  Status ListRecommendations(const rpc::Call& call, const v1::ListRecommendationsRequest& request,
                             v1::ListRecommendationsResponse& response);
  Status RecommendForRatings(const rpc::Call& call, const v1::RecommendForRatingsRequest& request,
                             v1::RecommendForRatingsResponse& response);
  Result<v1::RecommendForGroupResponse> RecommendForGroup(
      const rpc::Call& call, const v1::RecommendForGroupRequest& request);
  Result<v1::WhatIfResponse> WhatIf(const rpc::Call& call, const v1::WhatIfRequest& request);
  Result<v1::ListOnboardingQuestionsResponse> ListOnboardingQuestions(
      const rpc::Call& call, const v1::ListOnboardingQuestionsRequest& request);
  Result<v1::ListSimilarMoviesResponse> ListSimilarMovies(
      const rpc::Call& call, const v1::ListSimilarMoviesRequest& request);
  Result<v1::PredictRatingResponse> PredictRating(const rpc::Call& call,
                                                  const v1::PredictRatingRequest& request);
  Result<v1::ExplainRecommendationResponse> ExplainRecommendation(
      const rpc::Call& call, const v1::ExplainRecommendationRequest& request);

 private:
  Recommender& recommender_;
};

}  // namespace marquee::recommender
