// EASE: a linear item-to-item model in closed form.
//   Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019:
//   P = (XᵀX + λI)⁻¹, B = I − P·diag(P)⁻¹ with a zero diagonal; a user's scores are x·B.
// What is known of the items besides joins X as further rows, as if they were users.
// Needs OpenBLAS: library marquee_training.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "models/confidence.h"
#include "models/item_to_item.h"
#include "models/matrix_view.h"
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
  // F [items, any], and g: √g·Fᵀ are more rows of X, so that films of a kind are known to be alike
  // (collective EASE: Jeunen, Van Balen, Goethals, "Closed-form models for collaborative filtering
  // with side-information", RecSys 2020). A viewed F of no columns, or g = 0: none.
  MatrixView side = {};
  float side_weight = 0;
  int threads = 0;                  // of OpenBLAS; 0: all cores
  std::function<bool()> proceed{};  // asked between the stages; false cancels (Code::kCancelled)
};

using EaseModel = ItemToItem;

// FailedPrecondition "catalogue_too_large_for_ease" where more items would take part than may.
Status CheckSize(const RatingMatrix& matrix, const EaseOptions& options);

// Trains on matrix.values as X. With fewer rows than items (XᵀX + λI)⁻¹ is taken by the
// rows' kernel matrix (Woodbury), the same P for less work.
Result<EaseModel> TrainEase(const RatingMatrix& matrix, const EaseOptions& options);

// [histories, items]: the scores of histories by the same B, not pruned, which is never formed where
// the rows are fewer. For a search, which asks for no more. There a dislike also counts where B is
// negative, which ItemToItem's scorer leaves out.
Result<std::vector<float>> ScoreByEase(const RatingMatrix& matrix, const EaseOptions& options,
                                       std::span<const std::vector<Observation>> histories);

}  // namespace marquee::models
