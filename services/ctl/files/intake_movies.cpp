#include <algorithm>
#include <climits>

#include "base/text.h"
#include "ctl/domain/genres.h"
#include "ctl/domain/notes.h"
#include "ctl/domain/title.h"
#include "ctl/files/intake.h"

namespace marquee::ctl {
namespace {

// How tables say that they don't know.
bool IsMissing(std::string_view cell) {
  cell = Trimmed(cell);
  return cell.empty() || cell == "\\N" || cell == "nan" || cell == "NaN" || cell == "null" ||
         cell == "None" || cell == "NA";
}

// Of "1995-10-30"; 0 of anything else.
int YearOfDate(std::string_view cell) {
  std::int64_t seconds = 0, year = 0;
  if (ParseSeconds(cell, seconds) != NumberForm::kDate) return 0;
  ParseWhole(Trimmed(cell).substr(0, 4), year);
  return static_cast<int>(year);
}

}  // namespace

bool Intake::TakeTitle(const Row& row, Movie& movie, std::vector<std::string_view>& notes) {
  const std::string_view cell = row[Column::kTitle];
  if (Trimmed(cell).empty()) {
    Drop(row, Column::kTitle, "missing_field", "the title is missing");
    return false;
  }
  SplitTitle split = TakeTitleApart(cell);
  const int year = split.year;
  movie.title = std::move(split.title);
  movie.year = year;
  const std::string_view year_cell = row[Column::kYear];
  if (!IsMissing(year_cell)) {
    std::int64_t given = 0;
    if (const auto form = ParseWhole(year_cell, given); !IsTaken(form)) {
      DropNumber(row, Column::kYear, form);
      return false;
    }
    if (given != 0 && year != 0 && given != year) {
      movie.title = std::string(Trimmed(cell));
      notes.push_back(note::kYearDiffers);
      split.article_moved = false;
    }
    // What is no year stays none, for the rules to refuse.
    if (given != 0) movie.year = static_cast<int>(std::clamp<std::int64_t>(given, -1, INT_MAX));
  }
  if (split.article_moved) notes.push_back(note::kArticles);
  if (movie.year == 0) movie.year = YearOfDate(row[Column::kReleaseDate]);
  if (movie.year == 0) notes.push_back(note::kNoYear);
  return true;
}

bool Intake::TakeGenres(const Row& row, Movie& movie, std::vector<std::string_view>& notes) {
  Genres genres = ParseGenres(row[Column::kGenres]);
  switch (genres.form) {
    case GenreForm::kUnknown:
      Drop(row, Column::kGenres, "bad_genres",
           "genres are written as A|B, A, B or a list of names");
      return false;
    case GenreForm::kSeparated: notes.push_back(note::kGenresSeparated); break;
    case GenreForm::kList: notes.push_back(note::kGenresList); break;
    case GenreForm::kNone:
    case GenreForm::kPipes: break;
  }
  // MovieLens 100K and 1M's name of what is "Children" since.
  for (auto& name : genres.names) {
    if (name != "Children's") continue;
    name = "Children";
    notes.push_back(note::kChildrens);
  }
  movie.genres = std::move(genres.names);
  if (movie.genres.empty()) notes.push_back(note::kNoGenres);
  return true;
}

bool Intake::TakeOtherIds(const Row& row, Movie& movie) {
  const std::string_view imdb = row[Column::kImdb];
  if (!IsMissing(imdb)) {
    movie.imdb_id = ParseImdbId(imdb);
    if (movie.imdb_id.empty()) movie.imdb_id = std::string(imdb);  // for the rules to refuse
  }
  const std::string_view tmdb = row[Column::kTmdb];
  if (IsMissing(tmdb)) return true;
  const auto form = ParseWhole(tmdb, movie.tmdb_id);
  if (!IsTaken(form)) DropNumber(row, Column::kTmdb, form);
  return IsTaken(form);
}

void Intake::TakeMovie(const Row& row) {
  Movie movie;
  NumberForm form{};
  if (!TakeId(row, Column::kMovie, movie.id, form)) return;
  std::vector<std::string_view> notes;
  const bool taken =
      TakeTitle(row, movie, notes) && TakeGenres(row, movie, notes) && TakeOtherIds(row, movie);
  if (!taken) {
    left_out_.insert(movie.id);
    return;
  }
  if (form == NumberForm::kWholeDecimal) notes.push_back(note::kWholeDecimals);
  KeepMovie(row, std::move(movie), notes);
}

void Intake::TakeMetadata(const Row& row) {
  Movie movie;
  NumberForm form{};
  if (!TakeId(row, Column::kTmdb, movie.tmdb_id, form)) return;
  const auto [first, last] = by_tmdb_.equal_range(movie.tmdb_id);
  if (first == last) {
    ++not_linked_;
    Note(note::kNotLinked);
    return;
  }
  std::vector<std::string_view> notes;
  if (!TakeTitle(row, movie, notes) || !TakeGenres(row, movie, notes) ||
      !TakeOtherIds(row, movie)) {
    for (auto it = first; it != last; ++it) left_out_.insert(it->second);
    return;
  }
  for (auto it = first; it != last; ++it) {
    movie.id = it->second;
    KeepMovie(row, movie, notes);
  }
}

void Intake::TakeMetadataLink(const Row& row) {
  Movie movie;
  NumberForm form{};
  if (!TakeId(row, Column::kMovie, movie.id, form) || !TakeOtherIds(row, movie)) return;
  if (movie.tmdb_id > 0) by_tmdb_.emplace(movie.tmdb_id, movie.id);
  ++report_->taken;
}

void Intake::TakeLink(const Row& row) {
  std::int64_t id = 0;
  NumberForm form{};
  if (!TakeId(row, Column::kMovie, id, form)) return;
  const auto found = movies_.find(id);
  if (found == movies_.end()) return DropUnknownMovie(row, id);
  Movie& movie = dataset_.movies[found->second];
  Movie linked = movie;
  if (!TakeOtherIds(row, linked)) return;
  if (auto checked = rules::CheckedImport(linked); !checked.ok())
    return DropBroken(row, checked.error());
  if (!linked_.insert(id).second) {
    ++report_->duplicates;
    return Drop(row, Column::kMovie, "duplicate_link", "an earlier line has this movie's links");
  }
  movie = std::move(linked);
  ++report_->taken;
}

void Intake::KeepMovie(const Row& row, Movie movie, const std::vector<std::string_view>& notes) {
  const std::int64_t id = movie.id;
  const std::size_t genres = movie.genres.size();
  auto checked = rules::CheckedImport(std::move(static_cast<rules::Movie&>(movie)));
  if (!checked.ok()) {
    left_out_.insert(id);
    return DropBroken(row, checked.error());
  }
  if (!movies_.emplace(id, dataset_.movies.size()).second) {
    ++report_->duplicates;
    return Drop(row, Column::kMovie, "duplicate_movie", "an earlier line has this movie");
  }
  known_.Insert(id);
  Movie kept;
  static_cast<rules::Movie&>(kept) = *std::move(checked);
  kept.line = dataset_.movie_lines.Count(reader_->line());
  dataset_.movies.push_back(std::move(kept));
  ++report_->taken;
  for (const auto key : notes) Note(key);
  if (dataset_.movies.back().genres.size() < genres) Note(note::kGenresRepeated);
}

}  // namespace marquee::ctl
