#include "models/algorithm.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace marquee::models {
namespace {

const Tensor* Find(const Parameters& parameters, std::string_view name) {
  const auto found = std::find_if(parameters.tensors.begin(), parameters.tensors.end(),
                                  [&](const Tensor& tensor) { return tensor.name == name; });
  return found == parameters.tensors.end() ? nullptr : &*found;
}

Result<const Tensor*> Require(const Parameters& parameters, std::string_view name, DType dtype,
                              size_t rank) {
  const Tensor* tensor = Find(parameters, name);
  if (tensor == nullptr || tensor->dtype != dtype || tensor->shape.size() != rank) {
    return Unfit("there is no tensor '" + std::string(name) + "' of type " +
                 std::string(Name(dtype)) + " and rank " + std::to_string(rank));
  }
  return tensor;
}

}  // namespace

void Profile::AddEstimates(float weight, std::span<float> scores, std::span<float>,
                           std::span<float> exact) const {
  AddScores(weight, scores);
  std::ranges::copy(scores, exact.begin());
}

void Profile::AddScoresOf(std::span<const int32_t> items, float, std::span<const float> exact,
                          std::span<float> scores) const {
  for (size_t i = 0; i < items.size(); ++i) scores[i] += exact[static_cast<size_t>(items[i])];
}

void Profile::AddSharesOf(std::span<const int32_t> items, std::span<const float> weights,
                          std::span<float> shares) const {
  if (items.empty()) return;
  const size_t history = shares.size() / items.size();
  for (size_t i = 0; i < items.size(); ++i)
    AddShares(items[i], weights[i], shares.subspan(i * history, history));
}

Error Unfit(std::string message) {
  return Error::InvalidArgument("model_unfit", std::move(message));
}

bool Parameters::Has(std::string_view name) const { return Find(*this, name) != nullptr; }

Result<float> Parameters::Number(std::string_view name) const {
  const auto found = numbers.find(name);
  if (found == numbers.end()) return Unfit("there is no number '" + std::string(name) + "'");
  return found->second;
}

Result<MatrixView> Parameters::Matrix(std::string_view name, int32_t rows) const {
  ASSIGN_OR_RETURN(const Tensor* tensor, Require(*this, name, DType::kF32, 2));
  if (tensor->shape[0] != rows || tensor->shape[1] < 1 || tensor->shape[1] > (1 << 20)) {
    return Unfit("tensor '" + std::string(name) + "' has not " + std::to_string(rows) + " rows");
  }
  return MatrixView{tensor->f32().data(), rows, static_cast<int32_t>(tensor->shape[1])};
}

Result<std::span<const float>> Parameters::Vector(std::string_view name, size_t size) const {
  ASSIGN_OR_RETURN(const Tensor* tensor, Require(*this, name, DType::kF32, 1));
  if (tensor->f32().size() != size) {
    return Unfit("tensor '" + std::string(name) + "' has not " + std::to_string(size) + " values");
  }
  return tensor->f32();
}

Result<SparseView> Parameters::Sparse(const std::string& name, int32_t items) const {
  ASSIGN_OR_RETURN(const Tensor* offsets, Require(*this, name + ".offsets", DType::kI64, 1));
  ASSIGN_OR_RETURN(const Tensor* columns, Require(*this, name + ".columns", DType::kI32, 1));
  ASSIGN_OR_RETURN(const Tensor* values, Require(*this, name + ".values", DType::kF32, 1));
  const SparseView matrix{offsets->i64(), columns->i32(), values->f32()};
  if (matrix.offsets.size() != static_cast<size_t>(items) + 1 ||
      matrix.columns.size() != matrix.values.size() || matrix.offsets.front() != 0 ||
      matrix.offsets.back() != static_cast<int64_t>(matrix.columns.size()) ||
      !std::is_sorted(matrix.offsets.begin(), matrix.offsets.end())) {
    return Unfit("the offsets of '" + name + "' don't fit");
  }
  if (std::any_of(matrix.columns.begin(), matrix.columns.end(),
                  [items](int32_t column) { return column < 0 || column >= items; })) {
    return Unfit("'" + name + "' has a column outside the catalogue");
  }
  return matrix;
}

void Parameters::Add(const std::string& name, MatrixView matrix) {
  tensors.push_back(Tensor::Of(name, {matrix.rows, matrix.columns}, matrix.values()));
}

void Parameters::Add(const std::string& name, SparseView matrix) {
  const auto nonzeros = static_cast<int64_t>(matrix.values.size());
  const auto offsets = static_cast<int64_t>(matrix.offsets.size());
  tensors.push_back(Tensor::Of(name + ".offsets", {offsets}, matrix.offsets));
  tensors.push_back(Tensor::Of(name + ".columns", {nonzeros}, matrix.columns));
  tensors.push_back(Tensor::Of(name + ".values", {nonzeros}, matrix.values));
}

void Parameters::Add(const std::string& name, std::span<const float> vector) {
  tensors.push_back(Tensor::Of(name, {static_cast<int64_t>(vector.size())}, vector));
}

void Parameters::Add(Parameters other) {
  std::move(other.tensors.begin(), other.tensors.end(), std::back_inserter(tensors));
  std::move(other.storage.begin(), other.storage.end(), std::back_inserter(storage));
  numbers.merge(other.numbers);
}

}  // namespace marquee::models
