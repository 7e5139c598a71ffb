#include "artefact/model_file.h"

#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "models/registry.h"

namespace marquee::artefact {
namespace {

constexpr char kItemIds[] = "item_ids";

// What names of format version 1 are called since: of tensors, and of numbers in the metadata.
using Renamed = std::pair<std::string_view, std::string_view>;
constexpr Renamed kTensorsOfVersion1[] = {
    {"item_factors", "ials.item_factors"}, {"item_gram", "ials.item_gram"},
    {"ease_offsets", "ease.offsets"},      {"ease_columns", "ease.columns"},
    {"ease_values", "ease.values"},        {"global_mean", "biased_als.global_mean"},
    {"item_bias", "biased_als.item_bias"}, {"explicit_factors", "biased_als.item_factors"}};
constexpr Renamed kNumbersOfVersion1[] = {
    {"alpha", "ials.alpha"},
    {"unobserved_weight", "ials.unobserved_weight"},
    {"regularization", "ials.regularization"},
    {"regularization_exponent", "ials.regularization_exponent"},
    {"confidence_slope", "ials.confidence_slope"},
    {"confidence_floor", "ials.confidence_floor"},
    {"confidence_slope", "ease.confidence_slope"},
    {"confidence_floor", "ease.confidence_floor"},
    {"ease_weight", "ease.weight"},
    {"explicit_regularization", "biased_als.regularization"},
    {"explicit_user_damping", "biased_als.user_damping"}};

Error Broken(std::string message) {
  return Error::DataLoss("artefact_broken", "Not a usable model: " + message + ".");
}

// The shortest text that reads back as the same float.
std::string Text(float value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

Metadata MetadataOf(const std::string& algorithm,
                    const std::map<std::string, float, std::less<>>& numbers,
                    const Metadata& extra) {
  Metadata metadata{{"format_version", std::to_string(kModelFormatVersion)},
                    {"algorithm", algorithm}};
  for (const auto& [name, number] : numbers) metadata[name] = Text(number);
  metadata.insert(extra.begin(), extra.end());  // keys that are there already stay
  return metadata;
}

Status AddNumber(const std::string& key, const std::string& text, std::string_view name,
                 models::Parameters& parameters) {
  float value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(value))
    return Broken("the metadata's '" + key + "' is no number");
  parameters.numbers[std::string(name)] = value;
  return {};
}

models::Parameters TensorsOf(const SafetensorsFile& file) {
  models::Parameters parameters;
  for (const Tensor& tensor : file.tensors()) {
    if (tensor.name != kItemIds) parameters.tensors.push_back(tensor);
  }
  return parameters;
}

Result<models::Parameters> Read(const SafetensorsFile& file) {
  models::Parameters parameters = TensorsOf(file);
  for (const auto& [key, text] : file.metadata()) {
    if (key.find('.') != std::string::npos) RETURN_IF_ERROR(AddNumber(key, text, key, parameters));
  }
  return parameters;
}

Result<models::Parameters> ReadVersion1(const SafetensorsFile& file) {
  models::Parameters parameters = TensorsOf(file);
  for (Tensor& tensor : parameters.tensors) {
    for (const auto& [before, since] : kTensorsOfVersion1) {
      if (tensor.name == before) {
        tensor.name = since;
        break;
      }
    }
  }
  for (const auto& [before, since] : kNumbersOfVersion1) {
    const auto found = file.metadata().find(std::string(before));
    if (found != file.metadata().end())
      RETURN_IF_ERROR(AddNumber(found->first, found->second, since, parameters));
  }
  parameters.numbers["ials.weight"] = 1;
  return parameters;
}

// By what it holds: version 1 was read so, whatever the file said.
std::string AlgorithmOfVersion1(const models::Parameters& parameters) {
  const bool ials = parameters.Has("ials.item_factors");
  if (parameters.Has("ease.values")) return ials ? "ials+ease" : "ease";
  return ials ? "ials" : "biased_als";
}

}  // namespace

Result<WrittenFile> SaveModel(const std::filesystem::path& path, const models::Model& model,
                              const Metadata& extra) {
  std::vector<Tensor> tensors{
      Tensor::Of(kItemIds, {static_cast<int64_t>(model.item_ids.size())}, model.item_ids)};
  tensors.insert(tensors.end(), model.parameters.tensors.begin(), model.parameters.tensors.end());
  return WriteSafetensors(path, tensors,
                          MetadataOf(model.algorithm, model.parameters.numbers, extra));
}

Result<WrittenFile> SaveModel(const std::filesystem::path& path,
                              const models::sentiment::Classifier& model, const Metadata& extra) {
  const auto parameters = model.ToParameters();
  return WriteSafetensors(
      path, parameters.tensors,
      MetadataOf(std::string(models::sentiment::kAlgorithm), parameters.numbers, extra));
}

Result<LoadedModel> LoadModel(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(path));
  const Metadata& metadata = file->metadata();
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  const std::string version = text("format_version");
  if (version != "1" && version != std::to_string(kModelFormatVersion)) {
    return Broken("its format version is not 1 to " + std::to_string(kModelFormatVersion));
  }
  if (text("algorithm") == models::sentiment::kAlgorithm) {
    ASSIGN_OR_RETURN(const models::Parameters parameters, Read(*file));
    auto classifier = models::sentiment::Classifier::Load(parameters);
    if (!classifier.ok()) return Broken(classifier.error().message);
    return LoadedModel{{},       *std::move(classifier), text("algorithm"),
                       metadata, file->Sha256(),         file->size_bytes(),
                       file};
  }
  ASSIGN_OR_RETURN(const Tensor ids, file->Require(kItemIds, DType::kI64, 1));
  models::Model model{.algorithm = text("algorithm"), .item_ids = ids.i64(), .parameters = {}};
  ASSIGN_OR_RETURN(model.parameters, version == "1" ? ReadVersion1(*file) : Read(*file));
  if (version == "1") model.algorithm = AlgorithmOfVersion1(model.parameters);
  model.parameters.storage.push_back(file);
  auto ranker = models::Ranker::Make(std::move(model));
  if (!ranker.ok()) return Broken(ranker.error().message);
  const std::string algorithm = (*ranker)->model().algorithm;
  return LoadedModel{*std::move(ranker), {},  algorithm, metadata, file->Sha256(),
                     file->size_bytes(), file};
}

Status CheckServes(std::string_view model, const LoadedModel& loaded) {
  const auto task = loaded.classifier != nullptr ? Result<std::string_view>(models::kSentiment)
                                                 : models::TaskOf(loaded.algorithm);
  if (!task.ok() || *task != model) return Broken("it is no model for " + std::string(model));
  if (loaded.ranker != nullptr && loaded.ranker->items() == 0) return Broken("it knows no movie");
  return {};
}

}  // namespace marquee::artefact
