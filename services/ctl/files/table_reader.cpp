#include "ctl/files/table_reader.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "ctl/domain/notes.h"
#include "ctl/files/cells.h"
#include "ctl/files/fields.h"

namespace marquee::ctl {
namespace {

// u.item: id, title, two dates, an address, and a flag for each of these.
constexpr std::size_t kFirstFlag = 5;
constexpr std::array<std::string_view, 19> kFlags = {
    "",          "Action",   "Adventure",   "Animation", "Children",
    "Comedy",    "Crime",    "Documentary", "Drama",     "Fantasy",
    "Film-Noir", "Horror",   "Musical",     "Mystery",   "Romance",
    "Sci-Fi",    "Thriller", "War",         "Western"};

std::string_view ShownSeparator(std::string_view separator) {
  if (separator == ",") return "commas";
  if (separator == ";") return "semicolons";
  if (separator == "\t") return "tabs";
  if (separator == "|") return "|";
  if (separator == " ") return "blanks";
  return "::";
}

}  // namespace

Result<std::unique_ptr<TableReader>> TableReader::Open(TableFiles files, TableOptions options,
                                                       std::function<void(const BadRow&)> bad_row) {
  std::unique_ptr<TableReader> reader(
      new TableReader(std::move(files), std::move(options), std::move(bad_row)));
  for (;; ++reader->part_) {
    ASSIGN_OR_RETURN(const bool has_lines, reader->OpenPart());
    if (has_lines) return reader;
    if (reader->part_ + 1 == reader->files_.parts.size()) break;
  }
  return Error::InvalidArgument("empty_file", reader->files_.name + " is empty.");
}

double TableReader::Share() const {
  const auto parts = static_cast<double>(files_.parts.size());
  return (static_cast<double>(part_) + lines_->Share()) / parts;
}

std::string TableReader::Dialect() const {
  std::string text;
  switch (files_.form) {
    case TableForm::kJsonLines: text = "JSON Lines"; break;
    case TableForm::kDelimited:
    case TableForm::kMoviesMetadata:
      text = "separated by " + std::string(ShownSeparator(separator_));
      break;
    case TableForm::kDoubleColons:
    case TableForm::kTabs:
    case TableForm::kPipes:
      text = "MovieLens, separated by " + std::string(ShownSeparator(separator_));
      break;
  }
  if (!header_ && files_.form != TableForm::kJsonLines) text += ", no header";
  return text;
}

std::string_view TableReader::FormatName() const {
  switch (files_.form) {
    case TableForm::kDoubleColons: return "dat";
    case TableForm::kTabs:
    case TableForm::kPipes: return "100k";
    case TableForm::kJsonLines: return "jsonl";
    case TableForm::kDelimited:
    case TableForm::kMoviesMetadata: return "csv";
  }
  return "";
}

std::vector<std::string> TableReader::Seen() const {
  if (!IsJson()) return names_;
  std::vector<std::string> seen;
  for (const auto& name : columns_.name) {
    if (name) seen.push_back(*name);
  }
  seen.insert(seen.end(), json_.ignored.begin(), json_.ignored.end());
  return seen;
}

Status TableReader::CheckColumnsSeen() const {
  const auto seen = Seen();
  if (seen.empty()) return {};  // not one line was JSON, and its rejects say so
  auto mapped = MapColumns(options_.table, seen, files_.name);
  return mapped.ok() ? Status() : Status(std::move(mapped).error());
}

std::vector<std::string> TableReader::Ignored() const {
  if (files_.form != TableForm::kJsonLines) return columns_.ignored;
  return {json_.ignored.begin(), json_.ignored.end()};
}

void TableReader::Bad(std::string column, std::string reason, std::string message,
                      std::string_view text, std::string_view hint) const {
  bad_row_({std::move(column), std::move(reason), std::move(message), text, hint});
}

Result<bool> TableReader::Next(Row& row) {
  for (;;) {
    bool usable = false;
    ASSIGN_OR_RETURN(const bool more, NextRecord(row, usable));
    if (more) {
      if (usable) return true;
      continue;
    }
    RETURN_IF_ERROR(lines_->Unchanged());
    bool opened = false;
    while (!opened && part_ + 1 < files_.parts.size()) {
      ++part_;
      ASSIGN_OR_RETURN(opened, OpenPart());
    }
    if (!opened) return false;
  }
}

Result<bool> TableReader::NextRecord(Row& row, bool& usable) {
  std::string_view record;
  ASSIGN_OR_RETURN(const auto kind, lines_->Next(record));
  if (kind == LineReader::Kind::kEnd) return false;
  if (record.empty()) return true;
  ++rows_;
  if (kind == LineReader::Kind::kTooLong) {
    Bad("", "line_too_long", "a line has at most " + std::to_string(kMostRecordBytes) + " bytes",
        record);
    return true;
  }
  if (files_.form == TableForm::kJsonLines) {
    usable = Decode(record) && TakeJson(record, row);
    return true;
  }
  ASSIGN_OR_RETURN(const bool split, Split(record));
  if (!split) return true;
  const std::string_view raw = record;
  if (!Decode(record)) return true;
  if (record.data() != raw.data()) {  // its fields are elsewhere now
    if (quotes_) {
      SplitQuoted(record, separator_[0], fields_, unquoted_);
    } else {
      SplitPlain(record, separator_, fields_);
    }
  }
  usable = TakeFields(record, row);
  return true;
}

bool TableReader::Decode(std::string_view& record) {
  if (IsUtf8(record)) {
    if (options_.encoding != Encoding::kWindows1252) return true;
    if (std::all_of(record.begin(), record.end(), [](char c) { return c >= 0; })) return true;
  } else if (options_.encoding == Encoding::kUtf8) {
    Bad("", "bad_utf8", "the line is not UTF-8", record, hint::kEncoding);
    return false;
  }
  decoded_.clear();
  if (!AppendWindows1252(record, decoded_)) {
    Bad("", "bad_encoding", "the line is neither UTF-8 nor Windows-1252", record, hint::kEncoding);
    return false;
  }
  ++windows_1252_;
  record = decoded_;
  return true;
}

// False when the record was a bad one.
Result<bool> TableReader::Split(std::string_view& record) {
  if (!quotes_ || std::memchr(record.data(), '"', record.size()) == nullptr) {
    SplitPlain(record, separator_, fields_);
    return true;
  }
  const std::string_view first_line = record;
  for (;;) {
    const Quotes quotes = SplitQuoted(record, separator_[0], fields_, unquoted_);
    if (quotes == Quotes::kClosed) return true;
    if (quotes == Quotes::kOpen) {
      ASSIGN_OR_RETURN(const bool longer, lines_->Extend(record));
      if (longer) continue;
    }
    // Whatever follows are lines of their own again: one stray quote costs one line.
    const std::size_t length = first_line.size();
    const std::string text(record.substr(0, length));
    lines_->KeepFirstLine();
    if (quotes == Quotes::kOpen) {
      Bad("", "unclosed_quote", "a quote is never closed", text);
    } else {
      Bad("", "bad_quotes", "text follows a closing quote: double the quotes within a field", text);
    }
    return false;
  }
}

bool TableReader::TakeFields(std::string_view record, Row& row) {
  row.cells = {};
  row.text = record;
  std::size_t count = fields_.size();
  const std::size_t wanted = columns_.at.size();
  if (files_.form == TableForm::kPipes) {
    if (!TakeFlags(record)) return false;
    count = wanted;
    row.cells[static_cast<std::size_t>(Column::kGenres)] = genres_;
  } else if (files_.form == TableForm::kDoubleColons && options_.table == Table::kMovies &&
             count > wanted) {
    // A title may have the separator in it: it is what lies between the first field and the last.
    const char* begin = fields_[1].data();
    title_.assign(begin, static_cast<std::size_t>(fields_[count - 2].data() - begin) +
                             fields_[count - 2].size());
    fields_ = {fields_[0], title_, fields_[count - 1]};
    count = wanted;
  }
  while (count > wanted && fields_[count - 1].empty()) --count;
  if (count > wanted) {
    Bad("", "too_many_fields",
        "the line has " + std::to_string(count) + " fields, the columns are " +
            std::to_string(wanted),
        record, hint::kUnquotedSeparator);
    return false;
  }
  if (header_ && count < wanted) {
    Bad("", "missing_field",
        "the line has " + std::to_string(count) + " fields, the columns are " +
            std::to_string(wanted),
        record);
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (columns_.at[i]) row.cells[static_cast<std::size_t>(*columns_.at[i])] = fields_[i];
  }
  return true;
}

bool TableReader::TakeFlags(std::string_view record) {
  genres_.clear();
  if (fields_.size() != kFirstFlag + kFlags.size()) {
    Bad("", fields_.size() < kFirstFlag + kFlags.size() ? "missing_field" : "too_many_fields",
        "the line has " + std::to_string(fields_.size()) + " fields, not " +
            std::to_string(kFirstFlag + kFlags.size()),
        record);
    return false;
  }
  for (std::size_t i = 0; i < kFlags.size(); ++i) {
    const auto flag = fields_[kFirstFlag + i];
    if (flag != "0" && flag != "1") {
      Bad("genres", "bad_genres", "a genre's flag is 0 or 1", record);
      return false;
    }
    if (flag == "1" && !kFlags[i].empty())
      genres_.append(genres_.empty() ? "" : "|").append(kFlags[i]);
  }
  return true;
}

bool TableReader::TakeJson(std::string_view record, Row& row) {
  if (const auto status = ParseJsonLine(options_.table, record, json_); !status.ok()) {
    Bad("", status.error().reason, status.error().message, record, hint::kNotJsonLines);
    return false;
  }
  for (std::size_t i = 0; i < kColumns; ++i) {
    row.cells[i] = json_.cells[i];
    if (!json_.cells[i].empty() && !columns_.name[i]) columns_.name[i] = json_.names[i];
  }
  row.text = record;
  return true;
}

}  // namespace marquee::ctl
