// The served model as one safetensors file: the tensors of design.md's section 5.
//   item_ids [items] i64 · item_factors [items, k] f32 · item_gram [k, k] f32 ·
//   item_popularity [items] f32 · item_bias [items] f32 · global_mean [1] f32 ·
//   explicit_factors [items, k2] f32 · ease_offsets [items + 1] i64 · ease_columns [nnz] i32 ·
//   ease_values [nnz] f32
// Hyperparameters that serving needs are in __metadata__ as decimal strings: alpha,
// unobserved_weight, regularization, regularization_exponent, confidence_slope, confidence_floor,
// ease_weight, explicit_regularization, explicit_user_damping; with format_version and algorithm.
// A file holds what ranks (item_factors and item_gram, or ease), what predicts ratings (item_bias,
// global_mean, perhaps explicit_factors), or both: the trainer's model "rating" has only the
// latter.
#pragma once

#include <filesystem>
#include <string_view>

#include "artefact/safetensors.h"
#include "base/result.h"
#include "models/ranker.h"

namespace marquee::artefact {

inline constexpr int kModelFormatVersion = 1;

// `extra` joins the metadata (training snapshot's SHA-256, code version, …); keys above win.
Result<WrittenFile> SaveModel(const std::filesystem::path& path, const models::ServedModel& model,
                              const Metadata& extra);

// Maps and checks everything (shapes against each other, finite values, format version). The
// model's storage keeps the mapping. DataLoss on violation. Hand it to models::Ranker::Make.
struct LoadedModel {
  models::ServedModel model;
  Metadata metadata;
  std::string sha256;
  int64_t bytes = 0;
  std::shared_ptr<const SafetensorsFile> file;  // what the model views
};
Result<LoadedModel> LoadModel(const std::filesystem::path& path);

// Whether this is what a model of this name promises: "ranking" ranks, "rating" predicts ratings,
// and either knows a movie. DataLoss "artefact_broken".
Status CheckServes(std::string_view model, const models::ServedModel& served);

}  // namespace marquee::artefact
