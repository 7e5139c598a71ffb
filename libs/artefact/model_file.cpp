#include "artefact/model_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace marquee::artefact {
namespace {

using models::MatrixView;
using models::ServedModel;

Error Broken(std::string message) {
  return Error::DataLoss("artefact_broken", "Not a usable model: " + message + ".");
}

// The shortest text that reads back as the same float.
std::string Text(float value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

class Numbers {
 public:
  explicit Numbers(const Metadata& metadata) : metadata_(metadata) {}

  float Get(const std::string& key) {
    const auto found = metadata_.find(key);
    float value = 0;
    if (found != metadata_.end()) {
      const char* end = found->second.data() + found->second.size();
      const auto parsed = std::from_chars(found->second.data(), end, value);
      if (parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(value)) return value;
    }
    if (missing_.empty()) missing_ = key;
    return 0;
  }
  Status status() const {
    if (missing_.empty()) return {};
    return Broken("the metadata lack a number '" + missing_ + "'");
  }

 private:
  const Metadata& metadata_;
  std::string missing_;
};

Result<MatrixView> Matrix(const SafetensorsFile& file, std::string_view name, size_t rows) {
  ASSIGN_OR_RETURN(const Tensor tensor, file.Require(name, DType::kF32, 2));
  if (tensor.shape[0] != static_cast<int64_t>(rows) || tensor.shape[1] < 1 ||
      tensor.shape[1] > std::numeric_limits<int32_t>::max()) {
    return Broken("tensor '" + std::string(name) + "' has another shape than the items");
  }
  return MatrixView{tensor.f32().data(), static_cast<int32_t>(tensor.shape[0]),
                    static_cast<int32_t>(tensor.shape[1])};
}

Result<std::span<const float>> Vector(const SafetensorsFile& file, std::string_view name,
                                      size_t size) {
  ASSIGN_OR_RETURN(const Tensor tensor, file.Require(name, DType::kF32, 1));
  if (tensor.f32().size() != size) {
    return Broken("tensor '" + std::string(name) + "' has another length than expected");
  }
  return tensor.f32();
}

Status LoadFactors(const SafetensorsFile& file, Numbers& numbers, ServedModel& model) {
  if (file.Find("item_factors") == nullptr) return {};
  ASSIGN_OR_RETURN(model.item_factors, Matrix(file, "item_factors", model.item_ids.size()));
  const auto k = static_cast<size_t>(model.item_factors.columns);
  ASSIGN_OR_RETURN(const MatrixView gram, Matrix(file, "item_gram", k));
  if (static_cast<size_t>(gram.columns) != k) return Broken("'item_gram' is not k × k");
  model.item_gram = gram.values();
  model.fold_in.alpha = numbers.Get("alpha");
  model.fold_in.unobserved_weight = numbers.Get("unobserved_weight");
  model.fold_in.regularization = numbers.Get("regularization");
  model.fold_in.regularization_exponent = numbers.Get("regularization_exponent");
  return {};
}

Status LoadEase(const SafetensorsFile& file, Numbers& numbers, ServedModel& model) {
  if (file.Find("ease_values") == nullptr) return {};
  ASSIGN_OR_RETURN(const Tensor offsets, file.Require("ease_offsets", DType::kI64, 1));
  ASSIGN_OR_RETURN(const Tensor columns, file.Require("ease_columns", DType::kI32, 1));
  ASSIGN_OR_RETURN(const Tensor values, file.Require("ease_values", DType::kF32, 1));
  model.ease = {offsets.i64(), columns.i32(), values.f32()};
  model.ease_weight = numbers.Get("ease_weight");
  return {};
}

Status LoadRatingModel(const SafetensorsFile& file, Numbers& numbers, ServedModel& model) {
  if (file.Find("item_bias") == nullptr) return {};
  const size_t items = model.item_ids.size();
  ASSIGN_OR_RETURN(model.item_bias, Vector(file, "item_bias", items));
  ASSIGN_OR_RETURN(const std::span<const float> mean, Vector(file, "global_mean", 1));
  model.global_mean = mean[0];
  model.explicit_fold_in.regularization = numbers.Get("explicit_regularization");
  model.explicit_fold_in.user_damping = numbers.Get("explicit_user_damping");
  if (file.Find("explicit_factors") == nullptr) return {};
  ASSIGN_OR_RETURN(model.explicit_factors, Matrix(file, "explicit_factors", items));
  return {};
}

}  // namespace

Result<WrittenFile> SaveModel(const std::filesystem::path& path, const ServedModel& model,
                              const Metadata& extra) {
  const auto items = static_cast<int64_t>(model.item_ids.size());
  std::vector<Tensor> tensors{Tensor::Of("item_ids", {items}, model.item_ids)};
  Metadata metadata{{"format_version", std::to_string(kModelFormatVersion)},
                    {"algorithm", model.algorithm},
                    {"confidence_slope", Text(model.confidence.slope)},
                    {"confidence_floor", Text(model.confidence.floor)}};
  if (!model.item_factors.empty()) {
    const int64_t k = model.item_factors.columns;
    tensors.push_back(Tensor::Of("item_factors", {items, k}, model.item_factors.values()));
    tensors.push_back(Tensor::Of("item_gram", {k, k}, model.item_gram));
    metadata["alpha"] = Text(model.fold_in.alpha);
    metadata["unobserved_weight"] = Text(model.fold_in.unobserved_weight);
    metadata["regularization"] = Text(model.fold_in.regularization);
    metadata["regularization_exponent"] = Text(model.fold_in.regularization_exponent);
  }
  if (!model.item_popularity.empty()) {
    tensors.push_back(Tensor::Of("item_popularity", {items}, model.item_popularity));
  }
  if (!model.ease.empty()) {
    const auto nonzeros = static_cast<int64_t>(model.ease.values.size());
    tensors.push_back(Tensor::Of("ease_offsets", {items + 1}, model.ease.offsets));
    tensors.push_back(Tensor::Of("ease_columns", {nonzeros}, model.ease.columns));
    tensors.push_back(Tensor::Of("ease_values", {nonzeros}, model.ease.values));
    metadata["ease_weight"] = Text(model.ease_weight);
  }
  if (!model.item_bias.empty()) {
    tensors.push_back(Tensor::Of("item_bias", {items}, model.item_bias));
    tensors.push_back(
        Tensor::Of("global_mean", {1}, std::span<const float>(&model.global_mean, 1)));
    metadata["explicit_regularization"] = Text(model.explicit_fold_in.regularization);
    metadata["explicit_user_damping"] = Text(model.explicit_fold_in.user_damping);
    if (!model.explicit_factors.empty()) {
      tensors.push_back(Tensor::Of("explicit_factors", {items, model.explicit_factors.columns},
                                   model.explicit_factors.values()));
    }
  }
  metadata.insert(extra.begin(), extra.end());  // keys that are there already stay
  return WriteSafetensors(path, tensors, metadata);
}

Result<LoadedModel> LoadModel(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(path));
  const Metadata& metadata = file->metadata();
  const auto version = metadata.find("format_version");
  if (version == metadata.end() || version->second != std::to_string(kModelFormatVersion)) {
    return Broken("its format version is not " + std::to_string(kModelFormatVersion));
  }
  LoadedModel loaded{{}, metadata, file->Sha256(), file->size_bytes(), file};
  ServedModel& model = loaded.model;
  if (const auto found = metadata.find("algorithm"); found != metadata.end()) {
    model.algorithm = found->second;
  }
  ASSIGN_OR_RETURN(const Tensor ids, file->Require("item_ids", DType::kI64, 1));
  model.item_ids = ids.i64();
  Numbers numbers(metadata);
  model.confidence = {numbers.Get("confidence_slope"), numbers.Get("confidence_floor")};
  RETURN_IF_ERROR(LoadFactors(*file, numbers, model));
  RETURN_IF_ERROR(LoadEase(*file, numbers, model));
  RETURN_IF_ERROR(LoadRatingModel(*file, numbers, model));
  if (file->Find("item_popularity") != nullptr) {
    ASSIGN_OR_RETURN(model.item_popularity,
                     Vector(*file, "item_popularity", model.item_ids.size()));
  }
  RETURN_IF_ERROR(numbers.status());
  model.storage = file;
  if (model.item_factors.empty() && model.ease.empty() && !model.item_bias.empty()) {
    // Predicts ratings and ranks nothing: no Ranker would take it.
    if (std::adjacent_find(model.item_ids.begin(), model.item_ids.end(), std::greater_equal<>()) !=
        model.item_ids.end()) {
      return Broken("the item ids don't ascend");
    }
    return loaded;
  }
  // Everything else that the tensors must satisfy together, in one place.
  const auto ranker = models::Ranker::Make(model);
  if (!ranker.ok()) return Broken(ranker.error().message);
  return loaded;
}

Status CheckServes(std::string_view model, const ServedModel& served) {
  if (served.item_ids.empty()) return Broken("it knows no movie");
  if (model == "ranking" && served.item_factors.empty() && served.ease.empty())
    return Broken("it can't rank");
  if (model == "rating" && served.item_bias.empty()) return Broken("it can't predict ratings");
  return {};
}

}  // namespace marquee::artefact
