#include "ctl/files/intake.h"

#include "base/text.h"
#include "ctl/domain/notes.h"
#include "rules/ids.h"
#include "rules/rating.h"

namespace marquee::ctl {
namespace {

// The column that a rule speaks of.
std::optional<Column> ColumnOf(std::string_view field) {
  if (field == "user_id") return Column::kUser;
  if (field == "movie_id") return Column::kMovie;
  if (field == "value") return Column::kRating;
  if (field == "rated_at") return Column::kTime;
  if (field == "title") return Column::kTitle;
  if (field == "year") return Column::kYear;
  if (field.starts_with("genres")) return Column::kGenres;
  if (field == "imdb_id") return Column::kImdb;
  if (field == "tmdb_id") return Column::kTmdb;
  return std::nullopt;
}

Error NoTimes(const std::string& file, const std::vector<std::string>& seen) {
  std::string names;
  for (const auto& name : seen) names += (names.empty() ? "" : ", ") + Excerpt(name, 40);
  return Error::InvalidArgument(
      "no_times",
      file + " has no column of times (timestamp)" + (names.empty() ? "" : "; it has: " + names) +
          ". Say when the ratings were given: --rated-at 2015-06-30, or --rated-at unknown, with "
          "which they count in no trend.",
      "--rated-at");
}

}  // namespace

Intake::Intake(Dataset& dataset, const RejectSink& reject, const ReadProgress& progress,
               const ReadOptions& options)
    : dataset_(dataset),
      reject_(reject),
      progress_(progress),
      options_(options),
      latest_(rules::LatestRatingSeconds(options.now)) {}

TableOptions Intake::OptionsOf(const TableFiles& files, Table table) const {
  TableOptions options{.table = table};
  if (table == Table::kRatings) {
    options.columns = options_.ratings_columns;
    options.columns_flag = "--ratings-columns";
  } else if (table == Table::kMovies) {
    options.columns = options_.movies_columns;
    options.columns_flag = "--movies-columns";
  }
  switch (files.form) {
    case TableForm::kDoubleColons:
    case TableForm::kTabs:
    case TableForm::kPipes: options.encoding = Encoding::kUtf8OrWindows1252; break;
    case TableForm::kDelimited:
    case TableForm::kJsonLines:
    case TableForm::kMoviesMetadata: options.encoding = Encoding::kUtf8; break;
  }
  options.encoding = options_.encoding.value_or(options.encoding);
  return options;
}

template <typename TakeRow>
Status Intake::ReadRows(const TableFiles& files, Table table, TableReport& report, Lines* lines,
                        const TakeRow& take) {
  report.file = files.name;
  report_ = &report;
  const auto bad_row = [this](const BadRow& bad) {
    Report({reader_->file(), reader_->line(), bad.column, bad.reason,
            bad.message + ": " + Excerpt(bad.text)},
           bad.hint);
  };
  ASSIGN_OR_RETURN(reader_, TableReader::Open(files, OptionsOf(files, table), bad_row));
  const bool ratings = table == Table::kRatings;
  // Of JSON Lines only the end tells.
  if (ratings && !options_.rated_at && !reader_->IsJson() && !reader_->columns().Has(Column::kTime))
    return NoTimes(reader_->file(), reader_->Seen());
  Row row;
  std::optional<std::size_t> part;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, reader_->Next(row));
    if (!more) break;
    if (lines != nullptr && part != reader_->part()) {
      part = reader_->part();
      lines->Begin(reader_->file());
    }
    take(row);
    if ((reader_->rows() & 0xFFFF) == 0 && progress_) progress_(reader_->Share());
  }
  report.rows = reader_->rows() - std::exchange(not_linked_, 0);
  report.dialect = reader_->Dialect();
  report.ignored_columns = reader_->Ignored();
  if (reader_->windows_1252() > 0) Note(note::kWindows1252, reader_->windows_1252());
  if (report.rows == 0) ++report.hints[std::string(hint::kNoRows)];
  if (reader_->IsJson() && report.taken == 0 && report.rows > 0) {
    RETURN_IF_ERROR(reader_->CheckColumnsSeen());
    if (ratings && !options_.rated_at && !reader_->columns().Has(Column::kTime))
      return NoTimes(reader_->file(), reader_->Seen());
  }
  return {};
}

Status Intake::ReadMovies(const TableFiles& files, const std::optional<TableFiles>& links) {
  auto& report = dataset_.report;
  if (files.form != TableForm::kMoviesMetadata) {
    return ReadRows(files, Table::kMovies, report.movies, &dataset_.movie_lines,
                    [this](const Row& row) { TakeMovie(row); });
  }
  if (!links) {
    return Error::InvalidArgument(
        "no_links", files.name +
                        " has TMDB's ids, the ratings have MovieLens's: the file that says which "
                        "belong together, links.csv or links_small.csv, is missing.");
  }
  RETURN_IF_ERROR(ReadRows(*links, Table::kLinks, report.links, nullptr,
                           [this](const Row& row) { TakeMetadataLink(row); }));
  return ReadRows(files, Table::kMoviesMetadata, report.movies, &dataset_.movie_lines,
                  [this](const Row& row) { TakeMetadata(row); });
}

Status Intake::ReadLinks(const TableFiles& files) {
  return ReadRows(files, Table::kLinks, dataset_.report.links, nullptr,
                  [this](const Row& row) { TakeLink(row); });
}

Status Intake::ReadRatings(const TableFiles& files) {
  RETURN_IF_ERROR(ReadRows(files, Table::kRatings, dataset_.report.ratings, &dataset_.rating_lines,
                           [this](const Row& row) { TakeRating(row); }));
  dataset_.format = std::string(reader_->FormatName());
  return {};
}

bool Intake::TakeId(const Row& row, Column column, std::int64_t& id, NumberForm& form) {
  const std::string_view cell = row[column];
  if (cell.empty()) {
    Drop(row, column, "missing_field", "the " + std::string(NameOf(column)) + " is missing");
    return false;
  }
  form = ParseWhole(cell, id);
  if (IsTaken(form)) return true;
  DropNumber(row, column, form);
  return false;
}

void Intake::Drop(const Row& row, std::optional<Column> column, std::string reason,
                  std::string message, std::string_view hint) {
  std::string_view there = row.text;
  if (column && !row[*column].empty()) there = row[*column];
  Report({reader_->file(), reader_->line(), column ? reader_->columns().Shown(*column) : "",
          std::move(reason), std::move(message) + ": " + Excerpt(there)},
         hint);
}

void Intake::DropNumber(const Row& row, Column column, NumberForm form) {
  const bool id = column == Column::kUser || column == Column::kMovie;
  switch (form) {
    case NumberForm::kTooLarge:
      Drop(row, column, id ? "id_out_of_range" : "bad_number", "the number is too large",
           id ? hint::kOwnIds : std::string_view());
      return;
    case NumberForm::kScientific:
      Drop(row, column, "bad_number", "the number was rounded", hint::kScientific);
      return;
    case NumberForm::kQuoted:
      Drop(row, column, "bad_number", "the number is in quotes", hint::kQuoted);
      return;
    case NumberForm::kText:
    case NumberForm::kPlain:
    case NumberForm::kWholeDecimal:
    case NumberForm::kDecimalComma:
    case NumberForm::kFraction:
    case NumberForm::kDate: break;
  }
  std::string_view hint;
  if (id) hint = hint::kIdsAreText;
  if (column == Column::kTime) hint = hint::kOtherDates;
  Drop(row, column, "bad_number",
       column == Column::kRating ? "not a number"
       : column == Column::kTime ? "not a time"
                                 : "not a whole number",
       hint);
}

void Intake::DropBroken(const Row& row, const Error& rule, std::string_view hint) {
  const auto column = ColumnOf(rule.field);
  std::int64_t id = 0;
  const bool own = rule.reason == "id_out_of_range" && column &&
                   IsTaken(ParseWhole(row[*column], id)) && id > rules::kMostImportedId;
  Drop(row, column, rule.reason, rule.message, own ? hint::kOwnIds : hint);
}

void Intake::DropUnknownMovie(const Row& row, std::int64_t movie) {
  const bool left_out = left_out_.contains(movie);
  Drop(row, Column::kMovie, "unknown_movie",
       left_out ? "this movie was left out" : "the movies' file has no such movie",
       left_out ? hint::kMoviesLeftOut : hint::kMoviesMissing);
}

void Intake::Report(Reject reject, std::string_view hint) {
  ++dataset_.report.rejected[reject.reason];
  if (!hint.empty()) ++report_->hints[std::string(hint)];
  if (reject_) reject_(reject);
}

void Intake::Note(std::string_view key, std::uint64_t count) {
  dataset_.report.notes[std::string(key)] += count;
}

void Intake::NoteForms(const Forms& forms) {
  for (const NumberForm form : forms) {
    if (form == NumberForm::kPlain) continue;
    if (form == NumberForm::kWholeDecimal) Note(note::kWholeDecimals);
    if (form == NumberForm::kDecimalComma) Note(note::kDecimalCommas);
    if (form == NumberForm::kFraction) Note(note::kFractions);
    if (form == NumberForm::kDate) Note(note::kDates);
  }
}

}  // namespace marquee::ctl
