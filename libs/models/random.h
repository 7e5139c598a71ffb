// Random numbers that are the same on every platform and for any number of threads. Internal to
// this module; not for secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace marquee::models {

// SplitMix64 (Steele, Lea, Flood 2014). As a counter-based generator: Mix(seed, i) is the i-th.
inline uint64_t Mix(uint64_t seed, uint64_t counter) {
  uint64_t z = seed * 0xd1342543de82ef95ULL + (counter + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

__extension__ using Uint128 = unsigned __int128;

class Random {
 public:
  explicit Random(uint64_t seed) : seed_(Mix(seed, 0)) {}
  uint64_t Next() { return Mix(seed_, counter_++); }
  // In [0, bound), bound > 0, without bias worth mentioning for bounds below 2^40.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<Uint128>(Next()) * bound) >> 64);
  }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  uint64_t seed_;
  uint64_t counter_ = 0;
};

// About normal(0, 1): the sum of four uniforms, which, unlike Box and Muller's, needs no libm and
// so is the same to the bit everywhere.
inline float NormalAt(uint64_t seed, uint64_t counter) {
  const uint64_t bits = Mix(seed, counter);
  const auto sum = static_cast<int64_t>((bits & 0xffff) + (bits >> 16 & 0xffff) +
                                        (bits >> 32 & 0xffff) + (bits >> 48));
  return static_cast<float>(sum - int64_t{2} * 0xffff) * (1.7320508F / 65536.0F);
}

template <typename T>
void Shuffle(std::vector<T>& values, Random& random) {
  for (size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[static_cast<size_t>(random.Below(i))]);
  }
}

}  // namespace marquee::models
