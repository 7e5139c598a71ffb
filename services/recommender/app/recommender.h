// The recommender's use cases: lists, likenesses, predictions and explanations, computed at request
// time from a snapshot of models and catalogue and from the caller's current ratings.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "recommender/app/group.h"
#include "recommender/app/histories.h"
#include "recommender/app/list.h"
#include "recommender/app/onboarding.h"
#include "recommender/app/serving.h"
#include "recommender/app/what_if.h"
#include "recommender/domain/catalogue.h"
#include "recommender/domain/history.h"

namespace marquee::recommender {

struct SimilarMovie {
  std::int32_t row = 0;
  double similarity = 0;
};
struct SimilarList {
  std::shared_ptr<const Serving> serving;
  std::vector<SimilarMovie> movies;
  std::int64_t model_version = 0;
};

struct Prediction {
  double rating = 0;  // 0.5 to 5.0
  std::int64_t model_version = 0;
  std::int32_t history_size = 0;
  // Of a model that says how sure it is, for a movie that it knows.
  std::optional<models::Predictive> predictive = {};
};

struct Explanation {
  std::shared_ptr<const Serving> serving;
  std::int32_t row = 0;
  double score = 0;
  std::vector<Contribution> contributions;  // largest first; they sum to the score
  std::int64_t model_version = 0;
};

// Thread-safe. Every function returns Unavailable "catalogue_unavailable" until a catalogue was
// loaded, and "model_unavailable" while the model that it needs was promoted and can't be had: what
// stands in for a model that never was would pass for an answer. The gateway falls back, and says
// so.
class Recommender {
 public:
  Recommender(const ServingHolder& serving, Histories& histories, const Clock& clock,
              metrics::Metrics& metrics);

  // The popular list (without what they rated) stands in when there is no model, they have rated
  // nothing that it knows, or their ratings can't be read. InvalidArgument "year_range_invalid".
  Result<RecommendationList> ForPerson(const CallContext& call, const ListRequest& request);

  // The same for these ratings, which are kept nowhere. InvalidArgument "rating_repeated" or
  // "rating_out_of_range", with the field.
  Result<RecommendationList> ForRatings(std::span<const Rated> ratings, const ListRequest& request);

  // One list for all of them, without what any of them rated. Who has rated nothing that the model
  // knows has no say; the popular list stands in when that is everybody. InvalidArgument as above.
  Result<GroupList> ForGroup(std::span<const std::vector<Rated>> members, GroupStrategy strategy,
                             const ListRequest& request);

  // What ForPerson would give if their ratings were changed so. Errors as of Edited, and those of
  // reading the ratings: nothing stands in for them here.
  Result<WhatIfList> WhatIf(const CallContext& call, std::span<const RatingEdit> edits,
                            const ListRequest& request);

  // What to ask somebody next. Of a person who is signed in their ratings count beside
  // request.rated; errors as of reading them.
  Result<OnboardingList> Onboarding(const CallContext& call, OnboardingRequest request);

  // NotFound "movie_unknown" when it isn't in the catalogue; empty when the model doesn't know
  // it.
  Result<SimilarList> Similar(std::int64_t movie_id, int count) const;

  // By the rating model; for a movie that it doesn't know by the movie's mean, shrunk towards the
  // mean of all, and how the person rates; without a model by that mean alone, or the mean of all
  // ratings. FailedPrecondition "nothing_rated" where there is no rating at all, NotFound
  // "movie_unknown".
  Result<Prediction> Predict(const CallContext& call, std::int64_t movie_id);

  // Why the movie scores as it does. NotFound "movie_unknown"; FailedPrecondition
  // "model_missing", "history_empty" (no rating that the model knows), "movie_not_in_model".
  Result<Explanation> Explain(const CallContext& call, std::int64_t movie_id);

 private:
  Result<RecommendationList> Personal(std::shared_ptr<const Serving> serving,
                                      std::span<const Rated> ratings, const ListRequest& request);
  RecommendationList Popular(std::shared_ptr<const Serving> serving, std::span<const Rated> ratings,
                             const ListRequest& request, metrics::Counter& why);

  const ServingHolder& serving_;
  Histories& histories_;
  const Clock& clock_;
  metrics::Counter degraded_no_model_;
  metrics::Counter degraded_no_history_;
  metrics::Counter degraded_history_unavailable_;
  metrics::Histogram fold_in_seconds_;
  metrics::Histogram history_size_;
  metrics::Histogram predicted_rating_;
};

}  // namespace marquee::recommender
