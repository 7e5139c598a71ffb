// A data set of movies and ratings as the commands work on it, whatever form it was read from
// (files/read_dataset.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/movie.h"

namespace marquee::ctl {

struct Rating {
  std::int64_t user_id;
  std::int64_t movie_id;
  std::int64_t timestamp;  // seconds since 1970, UTC; 0 when it isn't known
  float value;             // 0.5 to 5.0 in steps of 0.5
  std::uint32_t line;      // of the ratings' files, from 1, counted on from one to the next
};

struct Movie : rules::Movie {
  std::uint32_t line = 0;  // of the movies' files
};

struct Reject {
  std::string file;
  std::uint64_t line;
  std::string column;  // as the file calls it; empty when it is the whole line
  std::string reason;  // "missing_field", "bad_number", "rating_out_of_range", "duplicate",
                       // "unknown_movie", …: docs/imports.md lists them
  std::string detail;  // a sentence, and what stood there
};

// A file's lines among those of all files of its table.
class Lines {
 public:
  // The file begins; the lines of the one before end.
  void Begin(const std::string& file);
  std::uint32_t Count(std::uint64_t line_of_file);  // counted on over all files
  struct Place {
    std::string file;
    std::uint64_t line;
  };
  Place Find(std::uint32_t line) const;

 private:
  struct File {
    std::string name;
    std::uint64_t before;  // lines of the files before it
  };
  std::vector<File> files_;
  std::uint64_t end_ = 0;
};

// How a table was read.
struct TableReport {
  std::string file;  // empty: there is none
  std::string dialect;
  std::vector<std::string> ignored_columns;
  std::uint64_t rows = 0;  // without the header and empty lines
  std::uint64_t taken = 0;
  std::uint64_t duplicates = 0;                // of rows that are fine, but for a better one
  std::map<std::string, std::uint64_t> hints;  // at why rows were left out (domain/notes.h)

  // Of the rows that say something of their own, how many were taken: 0 to 1; 0 of none.
  double ShareTaken() const;
};

struct Report {
  TableReport movies;
  TableReport ratings;
  TableReport links;
  std::vector<std::string> passed_over;           // files that were there and weren't read
  std::map<std::string, std::uint64_t> rejected;  // by reason
  std::map<std::string, std::uint64_t> notes;     // by key (domain/notes.h)
  std::int64_t earliest = 0;                      // of the ratings' times that are known; both 0
  std::int64_t latest = 0;                        // when none is
};

struct Dataset {
  std::string format;  // "csv", "dat", "100k", "jsonl": how the ratings were written
  std::vector<Movie> movies;
  std::vector<Rating> ratings;  // in the file's order
  Lines movie_lines;
  Lines rating_lines;
  Report report;
};

}  // namespace marquee::ctl
