#include "rules/movie.h"

#include <algorithm>
#include <cwctype>
#include <string_view>

#include "base/text.h"
#include "rules/ids.h"

namespace marquee::rules {
namespace {

bool IsImdbId(std::string_view id) {
  return id.size() >= 3 && id.size() <= kMostImdbIdBytes && id.starts_with("tt") &&
         std::all_of(id.begin() + 2, id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status CheckText(const std::string& text, std::size_t most, const std::string& field) {
  if (text.empty()) {
    return Error::InvalidArgument("text_empty", field + " must not be empty", field);
  }
  if (!IsUtf8(text)) {
    return Error::InvalidArgument("bad_utf8", field + " must be UTF-8", field);
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
  std::vector<std::string> kept;
  std::vector<std::wstring> seen;
  for (std::size_t i = 0; i < genres.size(); ++i) {
    const std::string genre(Trimmed(genres[i]));
    RETURN_IF_ERROR(CheckText(genre, kMostGenreCharacters, "genres[" + std::to_string(i) + "]"));
    std::wstring folded = GenreKey(genre);
    if (std::find(seen.begin(), seen.end(), folded) != seen.end()) continue;
    if (kept.size() == kMostGenres) {
      return Error::InvalidArgument(
          "genres_too_many", "a movie has at most " + std::to_string(kMostGenres) + " genres",
          "genres");
    }
    seen.push_back(std::move(folded));
    kept.push_back(genre);
  }
  genres = std::move(kept);
  return {};
}

}  // namespace

std::wstring GenreKey(std::string_view name) {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::wstring key;
  for (std::size_t i = 0; i < name.size();) {
    const auto lead = static_cast<unsigned char>(name[i]);
    const int more = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    wint_t c = more == 0 ? lead : lead & (0x3FU >> more);
    for (int k = 1; k <= more; ++k) c = c << 6 | (static_cast<unsigned char>(name[i + k]) & 0x3FU);
    key += static_cast<wchar_t>(locale != nullptr ? towlower_l(c, locale) : towlower(c));
    i += static_cast<std::size_t>(more) + 1;
  }
  return key;
}

Result<Movie> Checked(Movie movie) {
  if (movie.id < 0 || movie.id > kMostId) {
    return Error::InvalidArgument("movie_id_invalid",
                                  "movie_id must be 1 to " + std::to_string(kMostId), "movie_id");
  }
  movie.title = std::string(Trimmed(movie.title));
  RETURN_IF_ERROR(CheckText(movie.title, kMostTitleCharacters, "title"));
  if (movie.year < 0 || movie.year > kMostYear) {
    return Error::InvalidArgument("year_out_of_range",
                                  "year must be a year of release up to " +
                                      std::to_string(kMostYear) + ", or 0 when it isn't known",
                                  "year");
  }
  RETURN_IF_ERROR(CheckGenres(movie.genres));
  if (!movie.imdb_id.empty() && !IsImdbId(movie.imdb_id)) {
    return Error::InvalidArgument(
        "imdb_id_invalid", "imdb_id must be \"tt\" and digits, as in \"tt0114709\"", "imdb_id");
  }
  if (movie.tmdb_id < 0 || movie.tmdb_id > kMostId) {
    return Error::InvalidArgument(
        "tmdb_id_invalid", "tmdb_id must be 1 to " + std::to_string(kMostId) + ", or 0", "tmdb_id");
  }
  return movie;
}

Result<Movie> CheckedImport(Movie movie) {
  if (!IsImportedId(movie.id)) {
    return Error::InvalidArgument("id_out_of_range", "an imported movie's id is 1 to 999,999,999",
                                  "movie_id");
  }
  return Checked(std::move(movie));
}

}  // namespace marquee::rules
