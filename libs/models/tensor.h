// An array with a name: what models are made of, and what an artefact holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::models {

enum class DType { kF32, kF16, kI32, kI64, kU8 };
std::string_view Name(DType dtype);  // "F32", …
size_t ItemSize(DType dtype);        // bytes

// Row-major, never owns.
struct Tensor {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;

  static Tensor Of(std::string name, std::vector<int64_t> shape, std::span<const float> values);
  static Tensor Of(std::string name, std::vector<int64_t> shape, std::span<const int32_t> values);
  static Tensor Of(std::string name, std::vector<int64_t> shape, std::span<const int64_t> values);

  // Only for the dtype that it has (asserts).
  std::span<const float> f32() const;
  std::span<const int32_t> i32() const;
  std::span<const int64_t> i64() const;
};

}  // namespace marquee::models
