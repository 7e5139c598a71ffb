// A data set of movies and ratings as the commands work on it, whatever form it was read from
// (files/read_dataset.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace marquee::ctl {

struct Rating {
  std::int64_t user_id;
  std::int64_t movie_id;
  std::int64_t timestamp;  // seconds since 1970, UTC; 0 when the data set has none
  float value;             // 0.5 to 5.0 in steps of 0.5
  std::uint32_t line;      // of the ratings file, from 1
};

struct Movie {
  std::int64_t movie_id = 0;
  std::string
      title;     // without the year; "Shawshank Redemption, The" becomes "The Shawshank Redemption"
  int year = 0;  // 0 when unknown
  std::vector<std::string> genres;
  std::string imdb_id;  // "tt0114709"; empty when unknown
  std::int64_t tmdb_id = 0;
};

struct Reject {
  std::string file;
  std::uint64_t line;
  std::string reason;  // "missing_field", "bad_number", "rating_out_of_range", "duplicate",
                       // "unknown_movie", …
  std::string detail;
};

struct Report {
  std::uint64_t rating_lines = 0;
  std::uint64_t movie_lines = 0;
  std::map<std::string, std::uint64_t> rejected;  // by reason
};

struct Dataset {
  std::string format;
  std::vector<Movie> movies;
  std::vector<Rating> ratings;  // in the file's order
  Report report;
};

// "Shawshank Redemption, The (1994)" → {"The Shawshank Redemption", 1994}; no year → 0.
std::pair<std::string, int> SplitTitle(std::string_view title_with_year);
bool IsRatingValue(double value);

}  // namespace marquee::ctl
