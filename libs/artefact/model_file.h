// A model as one safetensors file: item_ids [items] i64, ascending, and the algorithm's tensors
// under its own prefix ("ials.item_factors"; a blend has those of all its parts). The numbers that
// serving needs are in __metadata__ as decimal strings, prefixed, too ("ials.alpha"); beside them
// format_version, algorithm, and what the writer adds, whose keys have no dot.
// Format version 1, in which the names had no prefix, is still read. A model of texts has no
// item_ids.
#pragma once

#include <filesystem>
#include <string_view>

#include "artefact/safetensors.h"
#include "base/result.h"
#include "models/ranker.h"
#include "models/sentiment/classifier.h"

namespace marquee::artefact {

inline constexpr int kModelFormatVersion = 2;

// `extra` joins the metadata (training snapshot's SHA-256, code version, …); keys of the format
// win.
Result<WrittenFile> SaveModel(const std::filesystem::path& path, const models::Model& model,
                              const Metadata& extra);
Result<WrittenFile> SaveModel(const std::filesystem::path& path,
                              const models::sentiment::Classifier& model, const Metadata& extra);

// Maps and checks everything (shapes against each other, finite values, format version). The
// ranker keeps the mapping. DataLoss on violation.
struct LoadedModel {
  std::shared_ptr<const models::Ranker> ranker;  // or
  std::shared_ptr<const models::sentiment::Classifier> classifier;
  std::string algorithm;
  Metadata metadata;
  std::string sha256;
  int64_t bytes = 0;
  std::shared_ptr<const SafetensorsFile> file;  // what the ranker views
};
Result<LoadedModel> LoadModel(const std::filesystem::path& path);

// Whether this is what a model of this name (a task's) promises, and knows a movie or a word. DataLoss
// "artefact_broken".
Status CheckServes(std::string_view model, const LoadedModel& loaded);

}  // namespace marquee::artefact
