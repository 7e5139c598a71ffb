// EASE: a linear item-to-item model in closed form.
//   Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019:
//   P = (XᵀX + λI)⁻¹, B = I − P·diag(P)⁻¹ with a zero diagonal; a user's scores are x·B.
// Needs OpenBLAS: library marquee_training.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "models/item_to_item.h"
#include "models/rating_matrix.h"

namespace marquee::models {

struct EaseOptions {
  float regularization = 200;  // λ, above 0
  // Items with fewer raters than this take no part (their rows and columns are empty).
  int min_item_count = 3;
  // Above this many taking part FailedPrecondition is returned: memory is 4·items² bytes (8·items²
  // in double precision), time grows with the cube (9,724 items: 5 s on two cores; 20,000: 39 s).
  int max_items = 15'000;
  bool double_precision = false;
  // Kept of each row (what one history item says about others), largest magnitudes first.
  int neighbours = 400;
  int threads = 0;                  // of OpenBLAS; 0: all cores
  std::function<bool()> proceed{};  // asked between the stages; false cancels (Code::kCancelled)
};

using EaseModel = ItemToItem;

// FailedPrecondition "catalogue_too_large_for_ease" where more items would take part than may.
Status CheckSize(const RatingMatrix& matrix, const EaseOptions& options);

// Trains on matrix.values as X (≥ 0). With fewer users than items (XᵀX + λI)⁻¹ is taken by the
// users' kernel matrix (Woodbury), the same P for less work.
Result<EaseModel> TrainEase(const RatingMatrix& matrix, const EaseOptions& options);

}  // namespace marquee::models
