// A data set of movies and ratings in any of the forms that people have them in, read and cleaned.
//
// Formats, recognised by the files in the folder:
//   csv    ratings.csv, movies.csv, links.csv (optional)   MovieLens latest-small, 20m, 25m, 32m
//   dat    ratings.dat, movies.dat, "::" between fields    MovieLens 1m, 10m
//   100k   u.data, u.item                                  MovieLens 100k
//   jsonl  ratings.jsonl, movies.jsonl                     {"user_id", "movie_id", "rating",
//   "timestamp"} and
//                                                          {"movie_id", "title", "year", "genres",
//                                                          …}
// A byte order mark and CRLF are accepted everywhere. What can't be used is left out and reported
// with its file, line and reason; of two ratings of one movie by one user the later line stands.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

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

// Called with every reject, in no particular order of files; may write it somewhere.
using RejectSink = std::function<void(const Reject&)>;
// 0 to 1 as the files are read; may draw a bar.
using ReadProgress = std::function<void(double)>;

// Reads a folder. An Error only when there is nothing to read: no such folder, no known files, a
// header without the needed columns. Ratings of movies that the movies file lacks are left out
// ("unknown_movie").
Result<Dataset> ReadDataset(const std::filesystem::path& folder, const RejectSink& reject,
                            const ReadProgress& progress = {});

// Rules, exposed for tests.
// "Shawshank Redemption, The (1994)" → {"The Shawshank Redemption", 1994}; no year → 0.
std::pair<std::string, int> SplitTitle(std::string_view title_with_year);
bool IsRatingValue(double value);
bool IsUtf8(std::string_view text);
std::string Latin1ToUtf8(std::string_view text);
// Fields of a line of RFC 4180 CSV; false when a quote is never closed.
bool SplitCsv(std::string_view line, std::vector<std::string>& fields);

}  // namespace marquee::ctl
