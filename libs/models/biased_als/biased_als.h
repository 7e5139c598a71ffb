// Predicted ratings: damped means, then regularized ALS on what they leave.
//   Koren, Bell, Volinsky, "Matrix factorization techniques for recommender systems", 2009 (the
//   biased model); Zhou et al., "Large-scale parallel collaborative filtering for the Netflix
//   prize", 2008 (count-scaled regularization; here √n rather than n, see shared/training.md).
//   r̂_ui = clamp(μ + b_i + b_u + p_u·q_i, 0.5, 5)
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "models/algorithm.h"
#include "models/matrix_view.h"
#include "models/rating_matrix.h"

namespace marquee::models {

// What a user's bias and vector are solved with; kept with the factors.
struct BiasedFoldInOptions {
  float user_damping = 5;       // ratings of weight at residual 0 added to each user's mean
  float regularization = 1.5F;  // λ: the diagonal gets λ·√n
};

struct BiasedAlsOptions {
  int factors = 32;
  int iterations = 10;
  float regularization = 1.5F;
  float item_damping = 5;
  float user_damping = 5;
  uint64_t seed = 1;
  int threads = 0;  // 0: all cores. The result doesn't depend on it
  // After each iteration: iteration (from 1), training RMSE, seconds. False cancels.
  std::function<bool(int, double, double)> progress{};
};

struct BiasedAlsModel {
  int factors = 0;
  float global_mean = 0;
  std::vector<float> item_bias;     // [items]; 0 where an item has no rating
  std::vector<float> item_factors;  // [items, k]
  std::vector<float> user_bias;     // [users]
  std::vector<float> user_factors;  // [users, k]
  BiasedFoldInOptions fold_in;

  // Dense indices of the training matrix; clamped to 0.5 … 5.
  float Predict(int32_t user, int32_t item) const;
  MatrixView items() const {
    return {item_factors.data(), static_cast<int32_t>(item_bias.size()), factors};
  }
};

// Trains on matrix.values as ratings. InvalidArgument for options out of range or an empty matrix.
Result<BiasedAlsModel> TrainBiasedAls(const RatingMatrix& matrix, const BiasedAlsOptions& options);

// Predictions from item-side parameters and the user's current ratings: no user data in the model.
// Immutable; views must outlive it.
class RatingPredictor {
 public:
  struct User {
    float bias = 0;             // damped mean of what μ + b_i leaves
    std::vector<float> vector;  // [k]; empty when the model has no factors or the user no ratings
  };

  // item_bias [items], item_factors [items, k] (may be empty: then biases alone predict).
  RatingPredictor(float global_mean, std::span<const float> item_bias, MatrixView item_factors,
                  const BiasedFoldInOptions& options)
      : global_mean_(global_mean),
        item_bias_(item_bias),
        factors_(item_factors),
        options_(options) {}
  explicit RatingPredictor(const BiasedAlsModel& model)
      : RatingPredictor(model.global_mean, model.item_bias, model.items(), model.fold_in) {}

  // The same solution that training gives for a user with these ratings. Items out of range are
  // ignored; an empty history is the average user.
  User FoldIn(std::span<const RatedItem> ratings) const;

  // Clamped to 0.5 … 5. An item out of range (new to the model) has bias 0 and no factors.
  float Predict(const User& user, int32_t item) const;

  // shares[j] += weight · (what ratings[j] adds to the prediction, before it is clamped), which is
  // linear in the ratings: of the user's mean, and of the vector that is left when it is taken out.
  void AddShares(std::span<const RatedItem> ratings, int32_t item, float weight,
                 std::span<float> shares) const;

 private:
  bool Known(int32_t item) const {
    return item >= 0 && item < static_cast<int32_t>(item_bias_.size());
  }

  float global_mean_ = 0;
  std::span<const float> item_bias_;
  MatrixView factors_;
  BiasedFoldInOptions options_;
};

}  // namespace marquee::models
