// Compiled once for each instruction set with MARQUEE_KERNELS_TABLE naming the table; see
// CMakeLists.txt. GCC's vector types make the same source serve SSE, AVX2, AVX-512 and others.
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE3__)
#include <immintrin.h>
#endif

#include "models/kernels.h"

namespace marquee::models {
namespace {

#if defined(__AVX512F__)
constexpr size_t kWidth = 16;
#elif defined(__AVX__)
constexpr size_t kWidth = 8;
#else
constexpr size_t kWidth = 4;
#endif

// Unaligned and allowed to alias: callers' rows need not be aligned (a mapped file's aren't).
typedef float Vector __attribute__((vector_size(kWidth * sizeof(float)), aligned(4), may_alias));

inline Vector Load(const float* from) { return *reinterpret_cast<const Vector*>(from); }
inline void Store(float* to, Vector value) { *reinterpret_cast<Vector*>(to) = value; }
inline Vector Broadcast(float value) { return Vector{} + value; }

#if defined(__F16C__)
#define MARQUEE_HALVES 1
inline Vector Load(const uint16_t* from) {
#if defined(__AVX512F__)
  return (Vector)_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#else
  return (Vector)_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#endif
}
void ToHalf(const float* from, size_t n, uint16_t* to) {
  for (size_t i = 0; i < n; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
  }
}
#else
#define MARQUEE_HALVES 0
void ToHalf(const float*, size_t, uint16_t*) {}
#endif

// By halves: not one addition after another.
inline float Sum(Vector v) {
#if defined(__AVX__)
#if defined(__AVX512F__)
  const __m256 eight =
      _mm256_add_ps(_mm512_castps512_ps256((__m512)v), _mm512_extractf32x8_ps((__m512)v, 1));
#else
  const __m256 eight = (__m256)v;
#endif
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
#else
  return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

// sums[i] = the sum of the lanes of a, b, c, d.
inline void Sum4(Vector a, Vector b, Vector c, Vector d, float* sums) {
#if defined(__AVX__)
#if defined(__AVX512F__)
  const auto halve = [](Vector v) __attribute__((always_inline)) {
    const __m512 wide = (__m512)v;
    return _mm256_add_ps(_mm512_castps512_ps256(wide), _mm512_extractf32x8_ps(wide, 1));
  };
  const __m256 a8 = halve(a), b8 = halve(b), c8 = halve(c), d8 = halve(d);
#else
  const __m256 a8 = (__m256)a, b8 = (__m256)b, c8 = (__m256)c, d8 = (__m256)d;
#endif
  const __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(a8, b8), _mm256_hadd_ps(c8, d8));
  _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1)));
#elif defined(__SSE3__)
  _mm_storeu_ps(sums,
                _mm_hadd_ps(_mm_hadd_ps((__m128)a, (__m128)b), _mm_hadd_ps((__m128)c, (__m128)d)));
#else
  sums[0] = Sum(a);
  sums[1] = Sum(b);
  sums[2] = Sum(c);
  sums[3] = Sum(d);
#endif
}

inline float Dot(const float* a, const float* b, size_t k) {
  Vector sum0{}, sum1{};
  size_t i = 0;
  for (; i + 2 * kWidth <= k; i += 2 * kWidth) {
    sum0 += Load(a + i) * Load(b + i);
    sum1 += Load(a + i + kWidth) * Load(b + i + kWidth);
  }
  for (; i + kWidth <= k; i += kWidth) sum0 += Load(a + i) * Load(b + i);
  float sum = Sum(sum0 + sum1);
  for (; i < k; ++i) sum += a[i] * b[i];
  return sum;
}

// Not inlined: how its sums are fused must not depend on who calls.
__attribute__((noinline)) void DotRest(const float* f0, const float* f1, const float* f2,
                                       const float* f3, const float* v, size_t from, size_t k,
                                       float* out) {
  for (size_t c = from; c < k; ++c) {
    out[0] += f0[c] * v[c];
    out[1] += f1[c] * v[c];
    out[2] += f2[c] * v[c];
    out[3] += f3[c] * v[c];
  }
}

// The products of four rows, each added up in the same order.
inline void DotFour(const float* f0, const float* f1, const float* f2, const float* f3,
                    const float* v, size_t k, float* out) {
  const size_t whole = k / kWidth * kWidth;
  Vector s0{}, s1{}, s2{}, s3{};
  for (size_t c = 0; c < whole; c += kWidth) {
    const Vector x = Load(v + c);
    s0 += Load(f0 + c) * x;
    s1 += Load(f1 + c) * x;
    s2 += Load(f2 + c) * x;
    s3 += Load(f3 + c) * x;
  }
  Sum4(s0, s1, s2, s3, out);
  if (whole < k) DotRest(f0, f1, f2, f3, v, whole, k, out);
}

void DotRows(const float* rows, size_t n, size_t k, const float* v, float* out) {
  size_t r = 0;
  for (; r + 4 <= n; r += 4) {
    const float* f = rows + r * k;
    DotFour(f, f + k, f + 2 * k, f + 3 * k, v, k, out + r);
  }
  for (; r < n; ++r) {
    const float* f = rows + r * k;
    float same[4];
    DotFour(f, f, f, f, v, k, same);
    out[r] = same[0];
  }
}

void DotGathered(const float* rows, size_t k, const int32_t* items, size_t n, const float* v,
                 float* out) {
  for (size_t r = 0; r < n; r += 4) {
    const float* f[4];
    for (size_t t = 0; t < 4; ++t) {
      f[t] = rows + static_cast<size_t>(items[r + t < n ? r + t : n - 1]) * k;
    }
    float products[4];
    DotFour(f[0], f[1], f[2], f[3], v, k, products);
    for (size_t t = 0; t < 4 && r + t < n; ++t) out[r + t] = products[t];
  }
}

void DotBytes(const int8_t* rows, size_t n, size_t k, const int16_t* v, int32_t* out) {
  size_t r = 0;
#if defined(__AVX2__)
  const auto widen = [](const int8_t* from) __attribute__((always_inline)) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  };
  for (; r + 4 <= n; r += 4) {
    const int8_t* f = rows + r * k;
    __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t c = 0; c < k; c += 16) {
      const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(v + c));
      s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(widen(f + c), x));
      s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(widen(f + k + c), x));
      s2 = _mm256_add_epi32(s2, _mm256_madd_epi16(widen(f + 2 * k + c), x));
      s3 = _mm256_add_epi32(s3, _mm256_madd_epi16(widen(f + 3 * k + c), x));
    }
    const __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(s0, s1), _mm256_hadd_epi32(s2, s3));
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(out + r),
        _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1)));
  }
#endif
  for (; r < n; ++r) {
    const int8_t* f = rows + r * k;
    int32_t sum = 0;
    for (size_t c = 0; c < k; ++c) sum += static_cast<int32_t>(f[c]) * v[c];
    out[r] = sum;
  }
}

void Bound(const int32_t* products, const float* steps, const float* reaches, size_t n, float scale,
           float norm, float* estimates, float* errors) {
  for (size_t r = 0; r < n; ++r) {
    estimates[r] = static_cast<float>(products[r]) * (steps[r] * scale);
    errors[r] = reaches[r] * norm + __FLT_MIN__;  // which covers what underflows
  }
}

size_t NotBelow(const float* estimates, const float* errors, size_t n, float threshold,
                uint32_t* found) {
  size_t size = 0;
  size_t i = 0;
#if defined(__AVX__)
  const __m256 bound = _mm256_set1_ps(threshold);
  for (; i + 8 <= n; i += 8) {
    const __m256 most = _mm256_add_ps(_mm256_loadu_ps(estimates + i), _mm256_loadu_ps(errors + i));
    auto left = static_cast<unsigned>(
        _mm256_movemask_ps(_mm256_cmp_ps(most, bound, _CMP_NLT_UQ)));  // no number isn't below
    for (; left != 0; left &= left - 1)
      found[size++] = static_cast<uint32_t>(i) + static_cast<uint32_t>(__builtin_ctz(left));
  }
#endif
  for (; i < n; ++i) {
    if (!(estimates[i] + errors[i] < threshold)) found[size++] = static_cast<uint32_t>(i);
  }
  return size;
}

// What a pass over a row's observations adds up: q += Σ_j w_j·f_j with, in
//   kResidual: w_j = w0 + α·v_j·(1 − f_j·p), so that q becomes b − Σ α·v·f·fᵀ·p
//   kProduct:  w_j = α·v_j·(f_j·p)
enum class PassKind { kResidual, kProduct };

// kRows observations at once, so that p and q are loaded once for all. Adds Σ (w0 + α·v_j)·(f_j·p)
// to `linear` in kResidual.
template <PassKind kKind, size_t kRows, typename Element>
inline void PassBlock(const RowSystem& system, const Element* fixed, size_t k, size_t j,
                      const float* p, float* q, float& linear) {
  const Element* f[kRows];
  for (size_t a = 0; a < kRows; ++a) {
    f[a] = fixed + static_cast<size_t>(system.columns[j + a]) * k;
  }
  Vector sums[kRows] = {};
  for (size_t c = 0; c < k; c += kWidth) {
    const Vector x = Load(p + c);
    for (size_t a = 0; a < kRows; ++a) sums[a] += Load(f[a] + c) * x;
  }
  float dots[kRows];
  if constexpr (kRows % 4 == 0) {
    for (size_t a = 0; a < kRows; a += 4) {
      Sum4(sums[a], sums[a + 1], sums[a + 2], sums[a + 3], dots + a);
    }
  } else {
    for (size_t a = 0; a < kRows; ++a) dots[a] = Sum(sums[a]);
  }
  Vector weights[kRows];
  for (size_t a = 0; a < kRows; ++a) {
    const float confidence = system.alpha * system.values[j + a];
    if constexpr (kKind == PassKind::kResidual) {
      const float base = system.unobserved_weight + confidence;
      linear += base * dots[a];
      weights[a] = Broadcast(base - confidence * dots[a]);
    } else {
      weights[a] = Broadcast(confidence * dots[a]);
    }
  }
  for (size_t c = 0; c < k; c += kWidth) {
    Vector sum = Load(q + c);
    for (size_t a = 0; a < kRows; ++a) sum += Load(f[a] + c) * weights[a];
    Store(q + c, sum);
  }
}

// Rows that fit the second-level cache are fetched ahead in the first pass only.
constexpr size_t kCachedBytes = 256 * 1024;

// kFixed: k when it is known at compile time, else 0.
template <PassKind kKind, size_t kFixed, typename Element>
double Pass(const RowSystem& system, const Element* fixed, const float* p, float* q) {
  constexpr size_t kRows = 8;
  constexpr size_t kAhead = 16;
  const size_t k = kFixed != 0 ? kFixed : system.k;
  const size_t n = system.n;
  const bool fetch = kKind == PassKind::kResidual || n * k * sizeof(Element) > kCachedBytes;
  double linear = 0;
  size_t j = 0;
  for (; j + kRows <= n; j += kRows) {
    if (fetch && j + kAhead + kRows <= n) {
      for (size_t a = 0; a < kRows; ++a) {
        const Element* next = fixed + static_cast<size_t>(system.columns[j + kAhead + a]) * k;
        for (size_t c = 0; c < k; c += 64 / sizeof(Element)) __builtin_prefetch(next + c);
      }
    }
    float part = 0;
    PassBlock<kKind, kRows>(system, fixed, k, j, p, q, part);
    linear += static_cast<double>(part);
  }
  float part = 0;
  if (j + 4 <= n) {
    PassBlock<kKind, 4>(system, fixed, k, j, p, q, part);
    j += 4;
  }
  for (; j < n; ++j) PassBlock<kKind, 1>(system, fixed, k, j, p, q, part);
  return linear + static_cast<double>(part);
}

template <size_t kFixed, typename Element>
double CgRowOf(const RowSystem& system, const Element* fixed, int steps, float* x, float* scratch) {
  const size_t k = kFixed != 0 ? kFixed : system.k;
  const float* d = system.diagonal;
  const float* inverse = system.inverse_diagonal;
  float* r = scratch;
  float* p = scratch + k;
  float* q = scratch + 2 * k;
  for (size_t c = 0; c < k; c += kWidth) Store(r + c, Vector{});
  const double linear = Pass<PassKind::kResidual, kFixed>(system, fixed, x, r);
  Vector sum{}, xr{};
  for (size_t c = 0; c < k; c += kWidth) {
    const Vector residual = Load(r + c) - Load(d + c) * Load(x + c);
    const Vector z = residual * Load(inverse + c);
    Store(r + c, residual);
    Store(p + c, z);
    sum += residual * z;
    xr += residual * Load(x + c);
  }
  float rz = Sum(sum);
  // xᵀAx − 2bᵀx with Ax = b − r.
  double objective = -linear - static_cast<double>(Sum(xr));
  for (int step = 0; step < steps && rz > 1e-20F; ++step) {
    for (size_t c = 0; c < k; c += kWidth) Store(q + c, Load(d + c) * Load(p + c));
    Pass<PassKind::kProduct, kFixed>(system, fixed, p, q);
    Vector pq{};
    for (size_t c = 0; c < k; c += kWidth) pq += Load(p + c) * Load(q + c);
    const float length = rz / Sum(pq);
    objective -= static_cast<double>(length) * static_cast<double>(rz);
    const Vector a = Broadcast(length);
    Vector next{};
    for (size_t c = 0; c < k; c += kWidth) {
      Store(x + c, Load(x + c) + a * Load(p + c));
      const Vector residual = Load(r + c) - a * Load(q + c);
      Store(r + c, residual);
      next += residual * residual * Load(inverse + c);
    }
    const float rz_next = Sum(next);
    const Vector b = Broadcast(rz_next / rz);
    for (size_t c = 0; c < k; c += kWidth) {
      Store(p + c, Load(r + c) * Load(inverse + c) + b * Load(p + c));
    }
    rz = rz_next;
  }
  return objective;
}

template <typename Element>
double CgRowBy(const RowSystem& system, const Element* fixed, int steps, float* x, float* scratch) {
  switch (system.k) {
    case 16: return CgRowOf<16>(system, fixed, steps, x, scratch);
    case 32: return CgRowOf<32>(system, fixed, steps, x, scratch);
    case 64: return CgRowOf<64>(system, fixed, steps, x, scratch);
    case 128: return CgRowOf<128>(system, fixed, steps, x, scratch);
    default: return CgRowOf<0>(system, fixed, steps, x, scratch);
  }
}

double CgRow(const RowSystem& system, int steps, float* x, float* scratch) {
#if MARQUEE_HALVES
  if (system.halves != nullptr) return CgRowBy(system, system.halves, steps, x, scratch);
#endif
  return CgRowBy(system, system.fixed, steps, x, scratch);
}

void Gather(const float* rows, size_t k, const int32_t* columns, size_t n, const float* weights,
            const float* scale, size_t panel_k, float* panel) {
  for (size_t j = 0; j < n; ++j) {
    const float* from = rows + static_cast<size_t>(columns[j]) * k;
    float* to = panel + j * panel_k;
    const float w = weights != nullptr ? weights[j] : 1.0F;
    if (scale != nullptr) {
      for (size_t c = 0; c < k; ++c) to[c] = from[c] * (w * scale[c]);
    } else {
      for (size_t c = 0; c < k; ++c) to[c] = from[c] * w;
    }
    for (size_t c = k; c < panel_k; ++c) to[c] = 0;
  }
}

// A tile of kTileRows × (kTileVectors·kWidth) of the product stays in registers.
constexpr size_t kTileVectors = kWidth == 16 ? 1 : 2;
constexpr size_t kTileRows = kWidth == 16 ? 8 : 4;

void Syrk(const float* panel, size_t n, size_t k, float* a) {
  constexpr size_t kTileColumns = kTileVectors * kWidth;
  for (size_t i = 0; i < k; i += kTileRows) {
    for (size_t j = i / kTileColumns * kTileColumns; j < k; j += kTileColumns) {
      Vector sums[kTileRows][kTileVectors];
      for (size_t r = 0; r < kTileRows; ++r) {
        for (size_t v = 0; v < kTileVectors; ++v) {
          sums[r][v] = Load(a + (i + r) * k + j + v * kWidth);
        }
      }
      for (size_t row = 0; row < n; ++row) {
        const float* from = panel + row * k;
        Vector x[kTileVectors];
        for (size_t v = 0; v < kTileVectors; ++v) x[v] = Load(from + j + v * kWidth);
        for (size_t r = 0; r < kTileRows; ++r) {
          const Vector y = Broadcast(from[i + r]);
          for (size_t v = 0; v < kTileVectors; ++v) sums[r][v] += y * x[v];
        }
      }
      for (size_t r = 0; r < kTileRows; ++r) {
        for (size_t v = 0; v < kTileVectors; ++v) {
          Store(a + (i + r) * k + j + v * kWidth, sums[r][v]);
        }
      }
    }
  }
}

void Rotate(float* rows, size_t n, size_t k, const float* q) {
  constexpr size_t kTileColumns = kTileVectors * kWidth;
  float copy[kTileRows * kMaxFactors];
  for (size_t r = 0; r < n; r += kTileRows) {
    const size_t height = n - r < kTileRows ? n - r : kTileRows;
    float* target = rows + r * k;
    for (size_t c = 0; c < height * k; ++c) copy[c] = target[c];
    for (size_t c = height * k; c < kTileRows * k; ++c) copy[c] = 0;
    for (size_t j = 0; j < k; j += kTileColumns) {
      Vector sums[kTileRows][kTileVectors] = {};
      for (size_t c = 0; c < k; ++c) {
        Vector x[kTileVectors];
        for (size_t v = 0; v < kTileVectors; ++v) x[v] = Load(q + c * k + j + v * kWidth);
        for (size_t t = 0; t < kTileRows; ++t) {
          const Vector y = Broadcast(copy[t * k + c]);
          for (size_t v = 0; v < kTileVectors; ++v) sums[t][v] += y * x[v];
        }
      }
      for (size_t t = 0; t < height; ++t) {
        for (size_t v = 0; v < kTileVectors; ++v) {
          Store(target + t * k + j + v * kWidth, sums[t][v]);
        }
      }
    }
  }
}

// row -= factor·other, from the vector that holds `from`: what is spoilt left of it is never read.
inline void Subtract(float* row, const float* other, float factor, size_t from, size_t n) {
  const Vector f = Broadcast(factor);
  size_t c = from / kWidth * kWidth;
  for (; c + kWidth <= n; c += kWidth) Store(row + c, Load(row + c) - f * Load(other + c));
  for (c = c < from ? from : c; c < n; ++c) row[c] -= factor * other[c];
}

// Subtracts the finished rows above `first` from kHeight rows' columns c …, a tile in registers.
template <size_t kHeight, size_t kVectors>
inline void SubtractTile(float* a, size_t first, size_t c, size_t stride) {
  Vector sums[kHeight][kVectors];
  for (size_t t = 0; t < kHeight; ++t) {
    for (size_t v = 0; v < kVectors; ++v) {
      sums[t][v] = Load(a + (first + t) * stride + c + v * kWidth);
    }
  }
  for (size_t i = 0; i < first; ++i) {
    const float* above = a + i * stride;
    Vector x[kVectors];
    for (size_t v = 0; v < kVectors; ++v) x[v] = Load(above + c + v * kWidth);
    for (size_t t = 0; t < kHeight; ++t) {
      const Vector y = Broadcast(above[first + t]);
      for (size_t v = 0; v < kVectors; ++v) sums[t][v] -= y * x[v];
    }
  }
  for (size_t t = 0; t < kHeight; ++t) {
    for (size_t v = 0; v < kVectors; ++v) {
      Store(a + (first + t) * stride + c + v * kWidth, sums[t][v]);
    }
  }
}

template <size_t kHeight>
inline void SubtractAbove(float* a, size_t first, size_t n, size_t stride) {
  size_t c = first / kWidth * kWidth;
  for (; c + 2 * kWidth <= n; c += 2 * kWidth) SubtractTile<kHeight, 2>(a, first, c, stride);
  for (; c + kWidth <= n; c += kWidth) SubtractTile<kHeight, 1>(a, first, c, stride);
  c = c < first ? first : c;
  for (size_t i = 0; c < n && i < first; ++i) {
    const float* above = a + i * stride;
    for (size_t t = 0; t < kHeight; ++t) {
      for (size_t d = c; d < n; ++d) a[(first + t) * stride + d] -= above[first + t] * above[d];
    }
  }
}

bool Cholesky(float* a, size_t n, size_t stride) {
  constexpr size_t kHeight = 4;
  for (size_t first = 0; first < n; first += kHeight) {
    const size_t height = n - first < kHeight ? n - first : kHeight;
    if (height == kHeight) {
      SubtractAbove<kHeight>(a, first, n, stride);
    } else {
      for (size_t t = 0; t < height; ++t) {
        for (size_t i = 0; i < first; ++i) {
          const float* above = a + i * stride;
          Subtract(a + (first + t) * stride, above, above[first + t], first + t, n);
        }
      }
    }
    for (size_t t = 0; t < height; ++t) {
      const size_t pivot = first + t;
      float* row = a + pivot * stride;
      if (!(row[pivot] > 0)) return false;
      const float inverse = 1 / __builtin_sqrtf(row[pivot]);
      for (size_t c = pivot; c < n; ++c) row[c] *= inverse;
      for (size_t later = t + 1; later < height; ++later) {
        Subtract(a + (first + later) * stride, row, row[first + later], first + later, n);
      }
    }
  }
  return true;
}

void CholeskySolve(const float* u, size_t n, size_t stride, float* b) {
  for (size_t i = 0; i < n; ++i) {  // Uᵀy = b, by columns of Uᵀ
    const float* row = u + i * stride;
    b[i] /= row[i];
    const float y = b[i];
    for (size_t c = i + 1; c < n; ++c) b[c] -= row[c] * y;
  }
  for (size_t i = n; i-- > 0;) {  // Ux = y
    const float* row = u + i * stride;
    b[i] = (b[i] - Dot(row + i + 1, b + i + 1, n - i - 1)) / row[i];
  }
}

// As CholeskySolve, a step for all columns at once.
void CholeskySolveMany(const float* u, size_t n, size_t stride, float* b, size_t columns) {
  for (size_t i = 0; i < n; ++i) {
    const float* row = u + i * stride;
    float* solved = b + i * columns;
    const float inverse = 1 / row[i];
    for (size_t c = 0; c < columns; ++c) solved[c] *= inverse;
    for (size_t j = i + 1; j < n; ++j) Subtract(b + j * columns, solved, row[j], 0, columns);
  }
  for (size_t i = n; i-- > 0;) {
    const float* row = u + i * stride;
    float* solved = b + i * columns;
    for (size_t j = i + 1; j < n; ++j) Subtract(solved, b + j * columns, row[j], 0, columns);
    const float inverse = 1 / row[i];
    for (size_t c = 0; c < columns; ++c) solved[c] *= inverse;
  }
}

void Combine(const float* panel, size_t n, size_t k, const float* coefficients, float* out) {
  const size_t whole = k / kWidth * kWidth;
  size_t j = 0;
  for (; j + 4 <= n; j += 4) {
    const float* f0 = panel + j * k;
    const float* f1 = f0 + k;
    const float* f2 = f1 + k;
    const float* f3 = f2 + k;
    const Vector w0 = Broadcast(coefficients[j]), w1 = Broadcast(coefficients[j + 1]);
    const Vector w2 = Broadcast(coefficients[j + 2]), w3 = Broadcast(coefficients[j + 3]);
    for (size_t c = 0; c < whole; c += kWidth) {
      Store(out + c, Load(out + c) + Load(f0 + c) * w0 + Load(f1 + c) * w1 + Load(f2 + c) * w2 +
                         Load(f3 + c) * w3);
    }
    for (size_t c = whole; c < k; ++c) {
      out[c] += f0[c] * coefficients[j] + f1[c] * coefficients[j + 1] +
                f2[c] * coefficients[j + 2] + f3[c] * coefficients[j + 3];
    }
  }
  for (; j < n; ++j) {
    const float* f = panel + j * k;
    for (size_t c = 0; c < k; ++c) out[c] += f[c] * coefficients[j];
  }
}

}  // namespace

extern const Kernels MARQUEE_KERNELS_TABLE;
const Kernels MARQUEE_KERNELS_TABLE = {MARQUEE_KERNELS_NAME,
                                       DotRows,
                                       DotGathered,
                                       DotBytes,
                                       Bound,
                                       NotBelow,
                                       MARQUEE_HALVES != 0,
                                       ToHalf,
                                       CgRow,
                                       Gather,
                                       Syrk,
                                       Rotate,
                                       Cholesky,
                                       CholeskySolve,
                                       CholeskySolveMany,
                                       Combine};

}  // namespace marquee::models
