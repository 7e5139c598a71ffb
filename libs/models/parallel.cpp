#include "models/parallel.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

#include "models/kernels.h"

namespace marquee::models {

int ThreadCount(int requested) {
  if (requested > 0) return requested;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void ParallelFor(int threads, int64_t chunks, const std::function<void(int64_t, int)>& body) {
  std::atomic<int64_t> next{0};
  const auto work = [&](int thread) {
    for (int64_t chunk = next++; chunk < chunks; chunk = next++) body(chunk, thread);
  };
  std::vector<std::jthread> others;
  const int64_t wanted = std::min<int64_t>(threads, chunks);
  for (int thread = 1; thread < wanted; ++thread) others.emplace_back(work, thread);
  work(0);
}

std::vector<int32_t> ChunkEnds(const SparseRows& rows, int64_t target) {
  std::vector<int32_t> ends;
  int64_t begin = 0;
  int32_t first = 0;
  for (int32_t row = 0; row < rows.rows(); ++row) {
    const int64_t end = rows.offsets[static_cast<size_t>(row) + 1];
    // A row costs something even when it is empty.
    if (end - begin + 8 * (row + 1 - first) < target) continue;
    ends.push_back(row + 1);
    begin = end;
    first = row + 1;
  }
  if (first < rows.rows()) ends.push_back(rows.rows());
  return ends;
}

FloatBuffer::FloatBuffer(size_t size) : size_(size) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const bool huge = size * sizeof(float) >= 2 * kHugePage;
  const size_t alignment = huge ? kHugePage : 64;
  const size_t bytes =
      (std::max<size_t>(size * sizeof(float), 1) + alignment - 1) / alignment * alignment;
  data_ = static_cast<float*>(std::aligned_alloc(alignment, bytes));
  if (data_ == nullptr) throw std::bad_alloc();
  if (huge) madvise(data_, bytes, MADV_HUGEPAGE);
  std::memset(data_, 0, bytes);
}

FloatBuffer::~FloatBuffer() { std::free(data_); }

FloatBuffer::FloatBuffer(FloatBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

FloatBuffer& FloatBuffer::operator=(FloatBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::vector<double> Gram(const float* rows, int64_t n, size_t k, int threads) {
  constexpr int64_t kParts = 16;
  constexpr int64_t kBlock = 256;
  const Kernels& kernels = BestKernels();
  std::vector<std::vector<double>> parts(kParts);
  ParallelFor(threads, kParts, [&](int64_t part, int) {
    std::vector<double>& sum = parts[static_cast<size_t>(part)];
    sum.assign(k * k, 0);
    FloatBuffer block(k * k);
    const int64_t end = n * (part + 1) / kParts;
    for (int64_t begin = n * part / kParts; begin < end; begin += kBlock) {
      std::fill_n(block.data(), k * k, 0.0F);
      kernels.syrk(rows + static_cast<size_t>(begin) * k,
                   static_cast<size_t>(std::min(kBlock, end - begin)), k, block.data());
      for (size_t i = 0; i < k * k; ++i) sum[i] += static_cast<double>(block.data()[i]);
    }
  });
  std::vector<double> gram(k * k, 0);
  for (const std::vector<double>& part : parts) {
    for (size_t i = 0; i < k * k; ++i) gram[i] += part[i];
  }
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = 0; j < i; ++j) gram[i * k + j] = gram[j * k + i];
  }
  return gram;
}

}  // namespace marquee::models
