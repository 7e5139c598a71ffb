// The model as it is served: everything that a recommendation, an explanation, a similar-items list
// or a predicted rating is computed from, and nothing about any user. `evaluate` measures this very
// class.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/biased_als.h"
#include "models/fold_in.h"
#include "models/matrix_view.h"
#include "models/top_n.h"

namespace marquee::models {

// How stars become an observation's value v: v = max(floor, 1 + slope·(rating − 3)). A movie that
// was loved says more than one that was endured; slope 0 counts every rated movie alike.
struct ConfidenceRule {
  float slope = 0.2F;
  float floor = 0.1F;
  float Value(float rating) const {
    const float value = 1 + slope * (rating - 3);
    return value > floor ? value : floor;
  }
};

// Views into an artefact or into freshly trained vectors; `storage` keeps either alive. Tensor
// names are design.md's section 5 (see artefact/model_file.h).
struct ServedModel {
  std::string algorithm;              // "ials", "ease" or "ials+ease"
  std::span<const int64_t> item_ids;  // [items], ascending: index → movie id
  MatrixView item_factors;            // [items, k] implicit factors
  std::span<const float> item_gram;   // [k, k]
  FoldInOptions fold_in;
  ConfidenceRule confidence;
  SparseView ease;                         // [items, items]; empty when there is none
  float ease_weight = 0;                   // scores are iALS's + ease_weight·EASE's
  std::span<const float> item_popularity;  // [items] number of ratings; may be empty

  float global_mean = 0;             // rating model; item_bias empty when there is none
  std::span<const float> item_bias;  // [items]
  MatrixView explicit_factors;       // [items, k2]; may be empty
  BiasedFoldInOptions explicit_fold_in;

  std::shared_ptr<const void> storage;
};

// Immutable after Make; any number of threads. Item arguments are dense indices (IndexOf / IdOf);
// history items out of range are ignored. Of a history at most the last kMaxHistory items count.
class Ranker {
 public:
  static constexpr int kMaxHistory = 10'000;

  // InvalidArgument when shapes don't fit each other, ids don't ascend, or neither a ranking model
  // (factors, EASE) nor a rating model (biases) is there. Either alone will do.
  static Result<std::shared_ptr<const Ranker>> Make(ServedModel model);

  int32_t items() const { return static_cast<int32_t>(model_.item_ids.size()); }
  std::optional<int32_t> IndexOf(int64_t item_id) const;
  int64_t IdOf(int32_t item) const { return model_.item_ids[static_cast<size_t>(item)]; }
  const ServedModel& model() const { return model_; }
  // Whether there is a ranking model; without one Recommend and Similar return nothing.
  bool ranks() const { return fold_in_.has_value() || !model_.ease.empty(); }

  // The best n for this history, best first, without the history's own items. Empty history:
  // empty list (the caller shows Popular).
  std::vector<ScoredItem> Recommend(std::span<const RatedItem> history, int n,
                                    const ItemFilter& filter = {}) const;

  // Scores of all items, [items()], as Recommend orders by.
  std::vector<float> ScoreAll(std::span<const RatedItem> history) const;

  // contributions[j] is what history[j] adds to the item's score; they sum to `score`, which is the
  // one that Recommend gives (1e-4 relative to the sum of magnitudes).
  struct Explanation {
    int32_t item = 0;
    float score = 0;
    std::vector<float> contributions;
  };
  std::vector<Explanation> Explain(std::span<const RatedItem> history,
                                   std::span<const int32_t> items) const;

  // Movies like this one, best first: cosine of the item factors, or, without factors, EASE's row.
  // Empty for an item out of range.
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter = {}) const;

  // Most rated first; empty when the model holds no counts.
  std::vector<ScoredItem> Popular(int n, const ItemFilter& filter = {}) const;

  // The stars that this user would give, 0.5 to 5; nothing when the artefact has no rating model.
  // An item out of range is predicted from the user alone.
  std::optional<float> PredictRating(std::span<const RatedItem> history, int32_t item) const;
  // For many items of one user: fold in once, then predictor().Predict(user, item) for each.
  const RatingPredictor& predictor() const { return predictor_; }

 private:
  explicit Ranker(ServedModel model) : model_(std::move(model)) {}
  std::vector<Observation> Observations(std::span<const RatedItem> history) const;
  void AddEase(std::span<const Observation> history, std::span<float> scores) const;

  ServedModel model_;
  std::optional<FoldIn> fold_in_;
  std::vector<float> inverse_norms_;
  RatingPredictor predictor_;
};

}  // namespace marquee::models
