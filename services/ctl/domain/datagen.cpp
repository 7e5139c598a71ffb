#include "ctl/domain/datagen.h"

#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
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

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

Status WriteWhole(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file)
    return Error::Unavailable("write_failed",
                              "Can't write " + temporary.string() + ": is the disk full?");
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error)
    return Error::Unavailable("write_failed",
                              "Can't write " + path.string() + ": " + error.message() + ".");
  return {};
}

}  // namespace

Result<std::vector<Film>> ReadVegaFilms(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error::NotFound("unreadable_file",
                           "Can't read " + path.string() +
                               ": it is the npm package vega-datasets' data/movies.json, which "
                               "ci/bootstrap installs.");
  }
  const auto parsed = nlohmann::json::parse(file, nullptr, false);
  if (!parsed.is_array())
    return Error::InvalidArgument("bad_json", path.string() + " is not a JSON list of films.");
  std::map<std::pair<std::string, int>, std::size_t> seen;
  std::vector<Film> films;
  for (const auto& entry : parsed) {
    const auto title = entry.find("Title");
    if (title == entry.end() || title->is_null()) continue;
    Film film;
    film.title =
        title->is_string() ? title->get<std::string>() : title->dump();  // "300" is a number there
    const auto date = entry.value("Release Date", nlohmann::json());
    if (date.is_string() && date.get<std::string>().size() >= 4) {
      film.year =
          std::atoi(date.get<std::string>().substr(date.get<std::string>().size() - 4).c_str());
      // A two-digit century was guessed wrongly in the source: the films end in 2010.
      if (film.year > 2012) film.year -= 100;
    }
    const auto genre = entry.value("Major Genre", nlohmann::json());
    if (genre.is_string()) film.genre = genre.get<std::string>();
    const auto quality = entry.value("IMDB Rating", nlohmann::json());
    if (quality.is_number()) film.quality = quality.get<double>();
    const auto votes = entry.value("IMDB Votes", nlohmann::json());
    if (votes.is_number()) film.votes = votes.get<double>();
    const auto [at, fresh] = seen.try_emplace({film.title, film.year}, films.size());
    if (fresh) {
      films.push_back(std::move(film));
    } else if (film.votes > films[at->second].votes) {
      films[at->second] = std::move(film);
    }
  }
  return films;
}

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
    movie.movie_id = static_cast<std::int64_t>(i) + 1;
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

Status WriteCsv(const Dataset& dataset, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Error::Unavailable(
        "write_failed", "Can't make the folder " + folder.string() + ": " + error.message() + ".");
  }
  std::string movies = "movieId,title,genres\n";
  for (const auto& movie : dataset.movies) {
    std::string genres;
    for (const auto& genre : movie.genres) genres += (genres.empty() ? "" : "|") + genre;
    if (genres.empty()) genres = "(no genres listed)";
    const std::string year = movie.year != 0 ? " (" + std::to_string(movie.year) + ")" : "";
    movies += std::to_string(movie.movie_id) + "," + CsvField(movie.title + year) + "," +
              CsvField(genres) + "\n";
  }
  std::string ratings = "userId,movieId,rating,timestamp\n";
  for (const auto& rating : dataset.ratings) {
    const int halves = static_cast<int>(rating.value * 2);
    ratings += std::to_string(rating.user_id) + "," + std::to_string(rating.movie_id) + "," +
               std::to_string(halves / 2) + (halves % 2 != 0 ? ".5," : ".0,") +
               std::to_string(rating.timestamp) + "\n";
  }
  RETURN_IF_ERROR(WriteWhole(folder / "movies.csv", movies));
  return WriteWhole(folder / "ratings.csv", ratings);
}

}  // namespace marquee::ctl
