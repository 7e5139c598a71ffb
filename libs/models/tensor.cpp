#include "models/tensor.h"

#include <cassert>

namespace marquee::models {
namespace {

template <typename T>
Tensor MakeTensor(std::string name, std::vector<int64_t> shape, std::span<const T> values,
                  DType dtype) {
  return {std::move(name), dtype, std::move(shape), std::as_bytes(values)};
}

template <typename T>
std::span<const T> ValuesOf(const Tensor& tensor, DType dtype) {
  assert(tensor.dtype == dtype);
  return {reinterpret_cast<const T*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(T)};
}

}  // namespace

std::string_view Name(DType dtype) {
  switch (dtype) {
    case DType::kF32: return "F32";
    case DType::kF16: return "F16";
    case DType::kI32: return "I32";
    case DType::kI64: return "I64";
    case DType::kU8: return "U8";
  }
  return "";
}

size_t ItemSize(DType dtype) {
  switch (dtype) {
    case DType::kF32: return 4;
    case DType::kF16: return 2;
    case DType::kI32: return 4;
    case DType::kI64: return 8;
    case DType::kU8: return 1;
  }
  return 1;
}

Tensor Tensor::Of(std::string name, std::vector<int64_t> shape, std::span<const float> values) {
  return MakeTensor(std::move(name), std::move(shape), values, DType::kF32);
}
Tensor Tensor::Of(std::string name, std::vector<int64_t> shape, std::span<const int32_t> values) {
  return MakeTensor(std::move(name), std::move(shape), values, DType::kI32);
}
Tensor Tensor::Of(std::string name, std::vector<int64_t> shape, std::span<const int64_t> values) {
  return MakeTensor(std::move(name), std::move(shape), values, DType::kI64);
}

std::span<const float> Tensor::f32() const { return ValuesOf<float>(*this, DType::kF32); }
std::span<const int32_t> Tensor::i32() const { return ValuesOf<int32_t>(*this, DType::kI32); }
std::span<const int64_t> Tensor::i64() const { return ValuesOf<int64_t>(*this, DType::kI64); }

}  // namespace marquee::models
