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

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ctl/domain/dataset.h"

namespace marquee::ctl {

// Called with every reject, in no particular order of files; may write it somewhere.
using RejectSink = std::function<void(const Reject&)>;
// 0 to 1 as the files are read; may draw a bar.
using ReadProgress = std::function<void(double)>;

// Reads a folder. An Error only when there is nothing to read: no such folder, no known files, a
// header without the needed columns. Ratings of movies that the movies file lacks are left out
// ("unknown_movie").
Result<Dataset> ReadDataset(const std::filesystem::path& folder, const RejectSink& reject,
                            const ReadProgress& progress = {});

// Exposed for tests.
std::string Latin1ToUtf8(std::string_view text);
// Fields of a line of RFC 4180 CSV; false when a quote is never closed.
bool SplitCsv(std::string_view line, std::vector<std::string>& fields);

}  // namespace marquee::ctl
