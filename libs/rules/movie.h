// What makes a movie one that the catalogue takes: for people and imports, at the server and in
// marqueectl, which leaves out by the same rules what the server would refuse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee::rules {

inline constexpr std::size_t kMostTitleCharacters = 500;
inline constexpr std::size_t kMostGenres = 32;
inline constexpr std::size_t kMostGenreCharacters = 64;
inline constexpr std::size_t kMostImdbIdBytes = 32;
inline constexpr int kMostYear = 2200;

struct Movie {
  std::int64_t id = 0;
  std::string title{};
  int year = 0;  // of release; 0: not known
  std::vector<std::string> genres{};
  std::string imdb_id{};     // "tt0114709"; empty: not known
  std::int64_t tmdb_id = 0;  // 0: not known

  friend bool operator==(const Movie&, const Movie&) = default;
};

// The movie as it may be stored: surrounding blanks removed, repeated genres (in any letter case)
// dropped. InvalidArgument that names the field ("title", "genres[3]") otherwise. `id` 0 is for the
// catalogue to choose.
Result<Movie> Checked(Movie movie);

// What two names of one genre have in common: in lower case as PostgreSQL's lower() has it, by
// which the catalogue tells genres apart (the same C library's, character by character). UTF-8.
std::wstring GenreKey(std::string_view name);

// Checked, of a movie that an import brings: its id is one of those that are the imports'.
Result<Movie> CheckedImport(Movie movie);

}  // namespace marquee::rules
