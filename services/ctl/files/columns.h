// Columns by their names: which of a table's columns is which, in any order, under the names that
// people give them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee::ctl {

enum class Column : std::uint8_t {
  kUser,
  kMovie,
  kRating,
  kTime,
  kTitle,
  kYear,
  kReleaseDate,
  kGenres,
  kImdb,
  kTmdb,
};
inline constexpr std::size_t kColumns = 10;

std::string_view NameOf(Column column);  // "userId"

enum class Table : std::uint8_t { kMovies, kRatings, kLinks, kMoviesMetadata };

// The column that `name` names in such a table, whatever its case and punctuation: "movie_id",
// "MovieID" and "Movie Id" are "movieId".
std::optional<Column> ColumnNamed(Table table, std::string_view name);

// Where a table's columns are.
struct ColumnMap {
  std::vector<std::optional<Column>> at;                    // by position
  std::array<std::optional<std::string>, kColumns> name{};  // as the file has it
  std::vector<std::string> ignored{};                       // the names that mean nothing here

  bool Has(Column column) const { return name[static_cast<std::size_t>(column)].has_value(); }
  // As the file calls it; by our own name when it has none.
  std::string Shown(Column column) const;
};

// InvalidArgument "bad_header" when a needed column is missing or is there twice; it lists what was
// seen and what is wanted.
Result<ColumnMap> MapColumns(Table table, const std::vector<std::string>& names,
                             const std::string& file);

// For tables without a header line.
ColumnMap MapPositions(const std::vector<std::optional<Column>>& columns);

// What such a table's header should be: "userId, movieId, rating, timestamp".
std::string WantedColumns(Table table);

}  // namespace marquee::ctl
