// A data set of movies and ratings in any of the forms that people have them in, read and cleaned.
// docs/imports.md is its description: the files, the columns, the rules, the reasons of rejects.
//
// What can't be used is left out and reported with its file, line, column and reason; what is
// understood in another way than it is written is counted in the report's notes. Of two ratings of
// one movie by one user the later one stands, by time, then by line. The rules for a movie and a
// rating are those of libs/rules, as at the server.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "ctl/domain/dataset.h"
#include "ctl/files/data_set_files.h"
#include "ctl/files/encoding.h"

namespace marquee::ctl {

struct ReadOptions {
  // For what happens in the future, which is a mistake.
  Time now = SystemClock().Now();
  // Ratings without a time are an error or rejects, unless this is their time (0: not known).
  std::optional<std::int64_t> rated_at{};
  // Of files without a header line: "userId,movieId,rating,timestamp".
  std::string ratings_columns{};
  std::string movies_columns{};
  // Unset: UTF-8, and in MovieLens' .dat and u.item Windows-1252 for lines that aren't.
  std::optional<Encoding> encoding{};
};

// Called with every reject, in no particular order of files; may write it somewhere.
using RejectSink = std::function<void(const Reject&)>;
// 0 to 1 as the files are read; may draw a bar.
using ReadProgress = std::function<void(double)>;

// Reads a folder, or a .zip of one. An Error only when there is nothing to read or when it can't be
// read as what it is: no such folder, no known files, a header without the needed columns, no
// times, a file that isn't text or changes meanwhile. Ratings of movies that the movies' file lacks
// are left out ("unknown_movie").
Result<Dataset> ReadDataset(const std::filesystem::path& folder, const RejectSink& reject,
                            const ReadProgress& progress = {}, const ReadOptions& options = {});
// The same, of what was found already.
Result<Dataset> ReadDataset(const DataSetFiles& files, const RejectSink& reject,
                            const ReadProgress& progress, const ReadOptions& options);

}  // namespace marquee::ctl
