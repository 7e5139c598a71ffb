#include "catalog/domain/movie.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace marquee::catalog {
namespace {

constexpr int kMaxYear = 2200;
constexpr std::size_t kMaxTitle = 500;  // code points
constexpr std::size_t kMaxGenres = 32;
constexpr std::size_t kMaxGenre = 64;  // code points

bool IsImdbId(std::string_view id) {
  return id.size() >= 3 && id.size() <= 32 && id.starts_with("tt") &&
         std::all_of(id.begin() + 2, id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status CheckText(const std::string& text, std::size_t most, const std::string& field) {
  if (text.empty()) {
    return Error::InvalidArgument("text_empty", field + " must not be empty", field);
  }
  if (HasControls(text)) {
    return Error::InvalidArgument("text_invalid", field + " must not have control characters",
                                  field);
  }
  if (CodePoints(text) > most) {
    return Error::InvalidArgument(
        "text_too_long", field + " must have at most " + std::to_string(most) + " characters",
        field);
  }
  return {};
}

Status CheckGenres(std::vector<std::string>& genres) {
  std::vector<std::string> kept, seen;
  for (std::size_t i = 0; i < genres.size(); ++i) {
    const std::string genre(Trimmed(genres[i]));
    RETURN_IF_ERROR(CheckText(genre, kMaxGenre, "genres[" + std::to_string(i) + "]"));
    const std::string folded = AsciiLower(genre);
    if (std::find(seen.begin(), seen.end(), folded) != seen.end()) continue;
    seen.push_back(folded);
    kept.push_back(genre);
  }
  if (kept.size() > kMaxGenres) {
    return Error::InvalidArgument("genres_too_many", "a movie has at most 32 genres", "genres");
  }
  genres = std::move(kept);
  return {};
}

}  // namespace

Result<Movie> Checked(Movie movie) {
  if (movie.id < 0) {
    return Error::InvalidArgument("movie_id_invalid", "movie_id must be positive", "movie_id");
  }
  movie.title = std::string(Trimmed(movie.title));
  RETURN_IF_ERROR(CheckText(movie.title, kMaxTitle, "title"));
  if (movie.year < 0 || movie.year > kMaxYear) {
    return Error::InvalidArgument(
        "year_out_of_range", "year must be a year of release up to 2200, or 0 when it isn't known",
        "year");
  }
  RETURN_IF_ERROR(CheckGenres(movie.genres));
  if (!movie.imdb_id.empty() && !IsImdbId(movie.imdb_id)) {
    return Error::InvalidArgument(
        "imdb_id_invalid", "imdb_id must be \"tt\" and digits, as in \"tt0114709\"", "imdb_id");
  }
  if (movie.tmdb_id < 0) {
    return Error::InvalidArgument("tmdb_id_invalid", "tmdb_id must not be negative", "tmdb_id");
  }
  return movie;
}

Result<Movie> MoviePatch::ApplyTo(Movie movie) const {
  if (title) movie.title = *title;
  if (year) movie.year = *year;
  if (genres) movie.genres = *genres;
  if (imdb_id) movie.imdb_id = *imdb_id;
  if (tmdb_id) movie.tmdb_id = *tmdb_id;
  return Checked(std::move(movie));
}

double BayesianMean(std::int64_t half_stars, std::int64_t rating_count, double prior_mean,
                    double prior_weight) {
  const double weight = prior_weight + static_cast<double>(rating_count);
  if (weight <= 0) return 0;
  return (prior_weight * prior_mean + static_cast<double>(half_stars) / 2) / weight;
}

}  // namespace marquee::catalog
