// How a table's files begin: which separator, which columns.
#include <algorithm>

#include "base/text.h"
#include "ctl/domain/notes.h"
#include "ctl/files/cells.h"
#include "ctl/files/fields.h"
#include "ctl/files/table_reader.h"

namespace marquee::ctl {
namespace {

using Positions = std::vector<std::optional<Column>>;

constexpr std::array<std::string_view, 6> kSeparators = {",", ";", "\t", "|", "::", " "};

std::string_view SeparatorOf(TableForm form) {
  switch (form) {
    case TableForm::kDoubleColons: return "::";
    case TableForm::kTabs: return "\t";
    case TableForm::kPipes: return "|";
    case TableForm::kDelimited:
    case TableForm::kJsonLines:
    case TableForm::kMoviesMetadata: return "";
  }
  return "";
}

// The columns of files that have no header by custom.
Positions CustomaryColumns(Table table, TableForm form) {
  if (table == Table::kRatings)
    return {Column::kUser, Column::kMovie, Column::kRating, Column::kTime};
  if (form == TableForm::kPipes) return {Column::kMovie, Column::kTitle};
  return {Column::kMovie, Column::kTitle, Column::kGenres};
}

std::vector<std::string> Names(std::string_view line, std::string_view separator) {
  std::vector<std::string_view> fields;
  std::string unquoted;
  if (separator.size() != 1 ||
      SplitQuoted(line, separator[0], fields, unquoted) != Quotes::kClosed) {
    SplitPlain(line, separator, fields);
  }
  std::vector<std::string> names;
  for (const auto field : fields) names.emplace_back(Trimmed(field));
  return names;
}

// The separator by which the line has the most columns that are known; by number of fields when
// none is.
std::string_view Sniff(Table table, std::string_view line) {
  std::string_view best = kSeparators[0];
  std::pair<std::size_t, std::size_t> most;
  for (const auto separator : kSeparators) {
    const auto names = Names(line, separator);
    const auto known =
        static_cast<std::size_t>(std::count_if(names.begin(), names.end(), [&](const auto& name) {
          return ColumnNamed(table, name).has_value();
        }));
    if (const std::pair score{known, names.size()}; score > most) {
      most = score;
      best = separator;
    }
  }
  return best;
}

bool HasNumbers(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    double value = 0;
    return IsTaken(ParseDecimal(name, true, value));
  });
}

}  // namespace

Result<bool> TableReader::OpenPart() {
  const Part& part = files_.parts[part_];
  ASSIGN_OR_RETURN(auto source, part.Open());
  lines_ = std::make_unique<LineReader>(std::move(source));
  ASSIGN_OR_RETURN(std::string_view first, lines_->Peek());
  RETURN_IF_ERROR(CheckIsText(first, part.name));
  first = first.substr(std::min(first.find_first_not_of("\r\n"), first.size()));
  if (first.empty()) return false;
  if (first.find('\n') == first.npos && first.find('\r') != first.npos &&
      first.find('\r') + 1 < first.size()) {
    return Error::InvalidArgument("bad_line_ends",
                                  part.name +
                                      " ends its lines with CR alone, as old Macs did: convert it "
                                      "with tr '\\r' '\\n'.");
  }
  RETURN_IF_ERROR(ReadHeader(first));
  return true;
}

Status TableReader::ReadHeader(std::string_view first_bytes) {
  std::string line(first_bytes.substr(0, first_bytes.find_first_of("\r\n")));
  const bool json = line.starts_with('{') || line.starts_with('[');
  if (files_.form == TableForm::kJsonLines || (json && files_.form == TableForm::kDelimited)) {
    files_.form = TableForm::kJsonLines;
    if (!line.starts_with('[')) return {};
    return Error::InvalidArgument(
        "json_array",
        file() + " is one JSON array. " + std::string(DescribeHint(hint::kNotJsonLines)) + ".");
  }
  separator_ = SeparatorOf(files_.form);
  if (line.find(separator_) == line.npos) {  // a name by custom, something else in it
    files_.form = TableForm::kDelimited;
    separator_.clear();
  }
  if (!separator_.empty() && options_.columns.empty()) return Customary(line);
  quotes_ = true;
  if (line.starts_with("sep=") && line.size() == 5) {  // Excel's
    separator_ = line.substr(4);
    RETURN_IF_ERROR(SkipLine());
    ASSIGN_OR_RETURN(const auto rest, lines_->Peek());
    line = rest.substr(0, rest.find_first_of("\r\n"));
  }
  if (!IsUtf8(line)) {
    std::string decoded;
    if (AppendWindows1252(line, decoded)) line = std::move(decoded);
  }
  if (separator_.empty()) separator_ = Sniff(options_.table, line);
  if (separator_.size() > 1) quotes_ = false;
  if (!options_.columns.empty()) return GivenColumns(line);
  names_ = Names(line, separator_);
  auto mapped = MapColumns(options_.table, names_, file());
  if (!mapped.ok()) return HasNumbers(names_) ? NoHeader(line) : std::move(mapped).error();
  columns_ = std::move(*mapped);
  header_ = true;
  return SkipLine();
}

Status TableReader::SkipLine() {
  std::string_view skipped;
  LineReader::Kind kind;
  do {
    ASSIGN_OR_RETURN(kind, lines_->Next(skipped));
  } while (kind == LineReader::Kind::kLine && skipped.empty());
  return {};
}

Status TableReader::Customary(const std::string& first_line) {
  const auto names = Names(first_line, separator_);
  if (auto mapped = MapColumns(options_.table, names, file()); mapped.ok()) {
    columns_ = std::move(*mapped);
    header_ = true;
    return SkipLine();
  }
  auto positions = CustomaryColumns(options_.table, files_.form);
  // Ratings without times have three.
  if (names.size() == 3) positions.resize(3);
  columns_ = MapPositions(positions);
  return {};
}

Status TableReader::GivenColumns(const std::string& first_line) {
  const auto names = Names(options_.columns, ",");
  auto mapped = MapColumns(options_.table, names, options_.columns_flag);
  if (!mapped.ok()) return std::move(mapped).error();
  columns_ = std::move(*mapped);
  const auto fields = Names(first_line, separator_);
  if (fields.size() != names.size()) {
    return Error::InvalidArgument(
        "bad_columns", options_.columns_flag + " names " + std::to_string(names.size()) +
                           " columns, but the first line of " + file() + " has " +
                           std::to_string(fields.size()) + ": " + Excerpt(first_line) + ".");
  }
  if (MapColumns(options_.table, fields, file()).ok()) {
    return Error::InvalidArgument(
        "bad_columns", file() + " has a header line: leave " + options_.columns_flag + " away.");
  }
  return {};
}

Error TableReader::NoHeader(std::string_view first_line) const {
  const bool ratings = options_.table == Table::kRatings;
  std::string what_to_do = "Write one";
  if (!options_.columns_flag.empty()) {
    what_to_do += ", or say what the columns are, as in " + options_.columns_flag +
                  (ratings ? " userId,movieId,rating,timestamp" : " movieId,title,genres");
  }
  return Error::InvalidArgument(
      "no_header", file() + " has no header line; it begins with: " + Excerpt(first_line) + ". " +
                       what_to_do + ". Wanted: " + WantedColumns(options_.table) + ".");
}

}  // namespace marquee::ctl
