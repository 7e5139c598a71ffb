// Which files of a folder (or of a .zip of one) are a data set's movies, ratings and links.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ctl/files/byte_source.h"

namespace marquee::ctl {

// One file of a table.
struct Part {
  std::filesystem::path path;  // of the file, or of the .zip
  std::string in_zip{};        // its name there; empty: no .zip
  std::string name{};          // as messages have it: "ratings.csv", "ratings.json/part-00000.json"

  Result<std::unique_ptr<ByteSource>> Open() const;
};

// How a file is to be read, as far as its name says it.
enum class TableForm {
  kDelimited,       // CSV and its relatives, told apart by what is in them
  kDoubleColons,    // movies.dat, ratings.dat of MovieLens 1M and 10M
  kTabs,            // u.data of MovieLens 100K
  kPipes,           // u.item
  kJsonLines,       // an object a line
  kMoviesMetadata,  // movies_metadata.csv of Kaggle's "The Movies Dataset": ids are TMDB's
};

struct TableFiles {
  std::string name;  // "ratings.csv"
  TableForm form;
  std::vector<Part> parts;  // one, or those of a folder that Spark wrote
};

struct DataSetFiles {
  TableFiles movies;
  TableFiles ratings;
  std::optional<TableFiles> links;
  std::vector<std::string> passed_over;  // that would have been read, weren't there better ones
};

// NotFound "no_such_folder", InvalidArgument "unknown_format" (which says what was seen and what is
// wanted), "not_a_file", "bad_archive".
Result<DataSetFiles> FindDataSet(const std::filesystem::path& folder_or_zip);

}  // namespace marquee::ctl
