#include "ctl/domain/datagen.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace marquee::ctl {
namespace {

constexpr int kTastes = 12;
using Taste = std::array<double, kTastes>;

// splitmix64 (Steele et al. 2014) and Box-Muller: <random>'s distributions differ between standard
// libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Bits() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  double Uniform() { return (static_cast<double>(Bits() >> 11) + 0.5) * 0x1.0p-53; }
  double Normal() {
    const double radius = std::sqrt(-2 * std::log(Uniform()));
    return radius * std::cos(2 * std::numbers::pi * Uniform());
  }

 private:
  std::uint64_t state_;
};

Taste RandomTaste(Random& random, double scale) {
  Taste taste;
  for (double& value : taste) value = scale * random.Normal();
  return taste;
}

double Dot(const Taste& a, const Taste& b) {
  double sum = 0;
  for (int i = 0; i < kTastes; ++i) sum += a[i] * b[i];
  return sum;
}

// The genre's own taste vector comes from its name, so that it doesn't depend on the films' order.
Taste GenreTaste(const std::string& genre, std::uint64_t seed) {
  std::uint64_t hash = 1469598103934665603ULL ^ seed;  // FNV-1a
  for (const unsigned char c : genre) hash = (hash ^ c) * 1099511628211ULL;
  Random random(hash);
  return RandomTaste(random, 1);
}

}  // namespace

Result<Dataset> GenerateAudience(const std::vector<Film>& films, const DatagenOptions& options) {
  if (options.users < 1 || options.users > 10'000'000 || options.ratings < options.users) {
    return Error::InvalidArgument(
        "bad_size", "There must be at least one user and a rating for each.", "--users");
  }
  const double mean_activity = static_cast<double>(options.ratings) / options.users;
  if (static_cast<double>(films.size()) < 4 * mean_activity) {
    return Error::InvalidArgument(
        "too_few_films",
        "There are " + std::to_string(films.size()) + " films, too few for " +
            std::to_string(mean_activity) +
            " ratings from each user: ask for fewer ratings or more users.",
        "--ratings");
  }
  Dataset dataset;
  dataset.format = "generated";
  Random random(options.seed);
  std::vector<Taste> tastes;
  std::vector<double> quality;
  std::vector<double> log_popularity;
  double mean_quality = 0;
  for (const auto& film : films) mean_quality += film.quality / static_cast<double>(films.size());
  for (std::size_t i = 0; i < films.size(); ++i) {
    const auto& film = films[i];
    Movie movie;
    movie.id = static_cast<std::int64_t>(i) + 1;
    movie.title = film.title;
    movie.year = film.year;
    for (std::size_t from = 0; from < film.genre.size();) {  // "Thriller/Suspense" is two
      const auto slash = std::min(film.genre.find('/', from), film.genre.size());
      movie.genres.push_back(film.genre.substr(from, slash - from));
      from = slash + 1;
    }
    dataset.movies.push_back(std::move(movie));
    const Taste genre = GenreTaste(film.genre, options.seed);
    Taste taste = RandomTaste(random, 0.75);
    for (int k = 0; k < kTastes; ++k) taste[k] += genre[k];
    tastes.push_back(taste);
    quality.push_back((film.quality - mean_quality) * 0.35);
    log_popularity.push_back(0.75 * std::log(film.votes + 20));
  }
  constexpr double kTasteScale = 0.42;  // of a user's vector: how much affinity decides
  std::vector<std::pair<double, std::size_t>> keyed(films.size());
  for (int user = 1; user <= options.users; ++user) {
    const Taste taste = RandomTaste(random, kTasteScale);
    const double bias = 0.35 * random.Normal();
    // Log-normal activity, as audiences have, with the wanted mean.
    const double spread = 0.8;
    double activity = mean_activity * std::exp(spread * random.Normal() - spread * spread / 2);
    activity = std::clamp(activity, 10.0, static_cast<double>(films.size()) / 3);
    const auto count = static_cast<std::size_t>(activity);
    // Sampling without replacement by weight: the largest log(weight) + Gumbel noise.
    for (std::size_t i = 0; i < films.size(); ++i) {
      const double gumbel = -std::log(-std::log(random.Uniform()));
      keyed[i] = {log_popularity[i] + Dot(taste, tastes[i]) + gumbel, i};
    }
    std::partial_sort(keyed.begin(), keyed.begin() + static_cast<std::ptrdiff_t>(count),
                      keyed.end(), std::greater<>());
    std::int64_t time =
        options.newest - static_cast<std::int64_t>(random.Uniform() * 2 * 365 * 86'400);
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t item = keyed[n].second;
      const double affinity = 0.55 * Dot(taste, tastes[item]);
      const double stars = 3.3 + quality[item] + bias + affinity + 0.55 * random.Normal();
      Rating rating{};
      rating.user_id = user;
      rating.movie_id = static_cast<std::int64_t>(item) + 1;
      time = std::min(time + static_cast<std::int64_t>(random.Uniform() * 86'400), options.newest);
      rating.timestamp = time;
      rating.value = static_cast<float>(std::clamp(std::round(stars * 2) / 2, 0.5, 5.0));
      dataset.ratings.push_back(rating);
    }
  }
  return dataset;
}

}  // namespace marquee::ctl
