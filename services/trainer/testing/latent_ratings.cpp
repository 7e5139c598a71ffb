#include "trainer/testing/latent_ratings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace marquee::trainer::testing {
namespace {

constexpr int kTastes = 4;
using Taste = std::array<double, kTastes>;

// Distributions of the standard library differ between platforms; this doesn't.
double Uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

Taste RandomTaste(std::mt19937_64& random) {
  Taste taste;
  for (double& value : taste) value = 2 * Uniform(random) - 1;
  return taste;
}

}  // namespace

Snapshot LatentRatings(const Audience& audience) {
  std::mt19937_64 random(audience.seed);
  std::vector<Taste> movies;
  for (int i = 0; i < audience.movies; ++i) movies.push_back(RandomTaste(random));
  Snapshot snapshot;
  for (int user = 0; user < audience.users; ++user) {
    const auto taste = RandomTaste(random);
    // Gumbel noise over affinity: the top N is a sample without replacement in favour of the liked.
    std::vector<std::pair<double, int>> order;
    for (int i = 0; i < audience.movies; ++i) {
      double affinity = 0;
      for (int t = 0; t < kTastes; ++t) affinity += taste[t] * movies[i][t];
      order.emplace_back(3 * affinity - std::log(-std::log(Uniform(random) + 1e-12)), i);
    }
    std::sort(order.rbegin(), order.rend());
    for (int n = 0; n < std::min(audience.ratings_per_user, audience.movies); ++n) {
      const int movie = order[static_cast<std::size_t>(n)].second;
      double affinity = 0;
      for (int t = 0; t < kTastes; ++t) affinity += taste[t] * movies[movie][t];
      const double stars = 3 + 2 * affinity + 0.6 * (Uniform(random) - 0.5);
      snapshot.user_ids.push_back(user + 1);
      snapshot.movie_ids.push_back(movie + 1001);
      snapshot.values.push_back(
          static_cast<float>(std::clamp(std::round(stars * 2) / 2, 0.5, 5.0)));
    }
  }
  snapshot.next_offsets = {static_cast<std::int64_t>(snapshot.values.size()), 0};
  snapshot.sha256 = std::string(64, 'a');
  return snapshot;
}

}  // namespace marquee::trainer::testing
