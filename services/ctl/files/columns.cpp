#include "ctl/files/columns.h"

#include <algorithm>
#include <limits>

#include "ctl/files/cells.h"

namespace marquee::ctl {
namespace {

struct Name {
  Column column;
  std::string_view name;  // in lower case, letters and digits only
};

// Of two names of one column in a table, the one that comes first here is taken. A bare "id" is
// none: whose it is differs from file to file.
constexpr std::array kRatings = {
    Name{Column::kUser, "userid"},        Name{Column::kUser, "user"},
    Name{Column::kUser, "uid"},           Name{Column::kUser, "customerid"},
    Name{Column::kUser, "reviewerid"},    Name{Column::kMovie, "movieid"},
    Name{Column::kMovie, "movie"},        Name{Column::kMovie, "itemid"},
    Name{Column::kMovie, "item"},         Name{Column::kMovie, "filmid"},
    Name{Column::kRating, "rating"},      Name{Column::kRating, "value"},
    Name{Column::kRating, "stars"},       Name{Column::kRating, "score"},
    Name{Column::kRating, "overall"},     Name{Column::kTime, "timestamp"},
    Name{Column::kTime, "time"},          Name{Column::kTime, "ratedat"},
    Name{Column::kTime, "datetime"},      Name{Column::kTime, "date"},
    Name{Column::kTime, "unixreviewtime"}};
constexpr std::array kMovies = {Name{Column::kMovie, "movieid"},
                                Name{Column::kMovie, "itemid"},
                                Name{Column::kMovie, "filmid"},
                                Name{Column::kTitle, "title"},
                                Name{Column::kTitle, "movietitle"},
                                Name{Column::kTitle, "name"},
                                Name{Column::kYear, "year"},
                                Name{Column::kYear, "releaseyear"},
                                Name{Column::kReleaseDate, "releasedate"},
                                Name{Column::kGenres, "genres"},
                                Name{Column::kGenres, "genre"},
                                Name{Column::kImdb, "imdbid"},
                                Name{Column::kTmdb, "tmdbid"}};
constexpr std::array kLinks = {Name{Column::kMovie, "movieid"}, Name{Column::kMovie, "itemid"},
                               Name{Column::kImdb, "imdbid"}, Name{Column::kTmdb, "tmdbid"}};
constexpr std::array kMetadata = {Name{Column::kTmdb, "id"}, Name{Column::kTitle, "title"},
                                  Name{Column::kReleaseDate, "releasedate"},
                                  Name{Column::kGenres, "genres"}, Name{Column::kImdb, "imdbid"}};

struct Names {
  const Name* begin;
  const Name* end;
};
Names NamesOf(Table table) {
  switch (table) {
    case Table::kMovies: return {kMovies.data(), kMovies.data() + kMovies.size()};
    case Table::kRatings: return {kRatings.data(), kRatings.data() + kRatings.size()};
    case Table::kLinks: return {kLinks.data(), kLinks.data() + kLinks.size()};
    case Table::kMoviesMetadata: return {kMetadata.data(), kMetadata.data() + kMetadata.size()};
  }
  return {};
}

std::vector<Column> Needed(Table table) {
  switch (table) {
    case Table::kMovies: return {Column::kMovie, Column::kTitle};
    case Table::kRatings: return {Column::kUser, Column::kMovie, Column::kRating};
    case Table::kLinks: return {Column::kMovie};
    case Table::kMoviesMetadata: return {Column::kTmdb, Column::kTitle};
  }
  return {};
}

// "userId:token" is how RecBole says it.
std::string Plain(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(0, name.find(':'))) {
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  }
  return plain;
}

const Name* Find(Table table, std::string_view name) {
  const std::string plain = Plain(name);
  const auto [begin, end] = NamesOf(table);
  const Name* found =
      std::find_if(begin, end, [&](const Name& known) { return known.name == plain; });
  return found == end ? nullptr : found;
}

std::string Listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 30;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i) {
    text += (i == 0 ? "" : ", ") + (names[i].empty() ? "(no name)" : Excerpt(names[i], 40));
  }
  if (names.size() > kMostNames)
    text += " and " + std::to_string(names.size() - kMostNames) + " more";
  return text;
}

Error BadHeader(Table table, const std::vector<std::string>& names, const std::string& file,
                const std::string& what) {
  return Error::InvalidArgument("bad_header", file + " " + what +
                                                  ". Its first line has: " + Listed(names) +
                                                  ". Wanted: " + WantedColumns(table) + ".");
}

}  // namespace

std::string_view NameOf(Column column) {
  switch (column) {
    case Column::kUser: return "userId";
    case Column::kMovie: return "movieId";
    case Column::kRating: return "rating";
    case Column::kTime: return "timestamp";
    case Column::kTitle: return "title";
    case Column::kYear: return "year";
    case Column::kReleaseDate: return "release_date";
    case Column::kGenres: return "genres";
    case Column::kImdb: return "imdbId";
    case Column::kTmdb: return "tmdbId";
  }
  return "";
}

std::string WantedColumns(Table table) {
  switch (table) {
    case Table::kMovies: return "movieId, title, and if you like genres, year, imdbId, tmdbId";
    case Table::kRatings: return "userId, movieId, rating, timestamp";
    case Table::kLinks: return "movieId, and imdbId or tmdbId";
    case Table::kMoviesMetadata: return "id, title, genres, release_date, imdb_id";
  }
  return "";
}

std::string ColumnMap::Shown(Column column) const {
  const auto& shown = name[static_cast<std::size_t>(column)];
  return shown ? *shown : std::string(NameOf(column));
}

std::optional<Column> ColumnNamed(Table table, std::string_view name) {
  const Name* found = Find(table, name);
  return found == nullptr ? std::nullopt : std::optional(found->column);
}

Result<ColumnMap> MapColumns(Table table, const std::vector<std::string>& names,
                             const std::string& file) {
  ColumnMap map;
  map.at.resize(names.size());
  std::array<const Name*, kColumns> best{};
  std::array<std::size_t, kColumns> where{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Name* found = Find(table, names[i]);
    if (found == nullptr) continue;
    const auto column = static_cast<std::size_t>(found->column);
    if (best[column] == found) {
      return BadHeader(table, names, file, "has the column " + Excerpt(names[i], 40) + " twice");
    }
    if (best[column] != nullptr && best[column] < found) continue;
    best[column] = found;
    where[column] = i;
  }
  for (std::size_t column = 0; column < kColumns; ++column) {
    if (best[column] == nullptr) continue;
    map.at[where[column]] = static_cast<Column>(column);
    map.name[column] = names[where[column]];
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!map.at[i]) map.ignored.push_back(names[i].empty() ? "(no name)" : names[i]);
  }
  for (const Column column : Needed(table)) {
    if (!map.Has(column))
      return BadHeader(table, names, file, "has no column " + std::string(NameOf(column)));
  }
  if (table == Table::kLinks && !map.Has(Column::kImdb) && !map.Has(Column::kTmdb))
    return BadHeader(table, names, file, "has no column imdbId or tmdbId");
  return map;
}

ColumnMap MapPositions(const std::vector<std::optional<Column>>& columns) {
  ColumnMap map;
  map.at = columns;
  for (const auto& column : columns) {
    if (column) map.name[static_cast<std::size_t>(*column)] = std::string(NameOf(*column));
  }
  return map;
}

}  // namespace marquee::ctl
