// Fork and join over chunks. Internal to this module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "models/rating_matrix.h"

namespace marquee::models {

// `requested`, or the number of cores when it is not positive.
int ThreadCount(int requested);

// body(chunk, thread) for each chunk in [0, chunks), dealt dynamically; `thread` is below
// `threads`. The caller's thread takes part; returns when all are done. Bodies must not throw.
void ParallelFor(int threads, int64_t chunks, const std::function<void(int64_t, int)>& body);

// Ends of row ranges of about `target` nonzeros each: chunk c is [ends[c - 1], ends[c]).
std::vector<int32_t> ChunkEnds(const SparseRows& rows, int64_t target = 20'000);

// Zero-filled floats on 2 MiB boundaries, huge pages asked for: rows gathered at random from a
// large factor matrix cost a TLB miss each otherwise.
class FloatBuffer {
 public:
  FloatBuffer() = default;
  explicit FloatBuffer(size_t size);
  ~FloatBuffer();
  FloatBuffer(FloatBuffer&& other) noexcept;
  FloatBuffer& operator=(FloatBuffer&& other) noexcept;

  float* data() { return data_; }
  const float* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  float* data_ = nullptr;
  size_t size_ = 0;
};

// gram (k × k doubles, full, symmetric) = rowsᵀ·rows over n rows of padded k floats: float within
// 256 rows, double across them, in an order that doesn't depend on the number of threads.
std::vector<double> Gram(const float* rows, int64_t n, size_t k, int threads);

}  // namespace marquee::models
