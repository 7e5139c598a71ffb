// The rows of a table, whatever its files are written in, as cells by column.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ctl/files/columns.h"
#include "ctl/files/data_set_files.h"
#include "ctl/files/encoding.h"
#include "ctl/files/json_line.h"
#include "ctl/files/line_reader.h"

namespace marquee::ctl {

struct Row {
  std::array<std::string_view, kColumns> cells;  // empty where the row has nothing
  std::string_view text;                         // the record as it is, for messages
  std::string_view operator[](Column column) const {
    return cells[static_cast<std::size_t>(column)];
  }
};

// Why a record is no row.
struct BadRow {
  std::string column;  // empty: the whole
  std::string reason;
  std::string message;
  std::string_view text;
  std::string_view hint;  // one of domain/notes.h, or empty
};

struct TableOptions {
  Table table;
  std::string
      columns{};  // of files without a header line: "userId,movieId,rating"; empty: as usual
  std::string columns_flag{};  // by which they were given, for messages
  Encoding encoding = Encoding::kUtf8;
};

class TableReader {
 public:
  // Errors are those of the files (data_set_files.h, line_reader.h), "not_text", "bad_header",
  // "no_header", "bad_line_ends", "json_array", "empty_file".
  static Result<std::unique_ptr<TableReader>> Open(TableFiles files, TableOptions options,
                                                   std::function<void(const BadRow&)> bad_row);

  // The next row; its views stand until the next call. False at the end.
  Result<bool> Next(Row& row);

  const std::string& file() const { return files_.parts[part_].name; }  // of the row
  std::size_t part() const { return part_; }                            // which file
  std::uint64_t line() const { return lines_->line(); }                 // of the row, in its file
  double Share() const;

  bool IsJson() const { return files_.form == TableForm::kJsonLines; }
  // Of JSON Lines, those that were there so far.
  const ColumnMap& columns() const { return columns_; }
  std::vector<std::string> Seen() const;  // the names of all columns
  // Of JSON Lines at their end: "bad_header" when no line had a column that is needed.
  Status CheckColumnsSeen() const;
  std::string_view FormatName() const;  // "csv", "dat", "100k", "jsonl"
  std::string Dialect() const;          // "CSV, separated by commas"
  std::vector<std::string> Ignored() const;
  char separator() const { return separator_.empty() ? ',' : separator_[0]; }
  std::uint64_t rows() const { return rows_; }  // bad ones, too
  std::uint64_t windows_1252() const { return windows_1252_; }

 private:
  TableReader(TableFiles files, TableOptions options, std::function<void(const BadRow&)> bad_row)
      : files_(std::move(files)), options_(std::move(options)), bad_row_(std::move(bad_row)) {}

  Result<bool> OpenPart();  // false when it is empty
  Status ReadHeader(std::string_view first_bytes);
  Status SkipLine();
  Status Customary(const std::string& first_line);
  Status GivenColumns(const std::string& first_line);
  Error NoHeader(std::string_view first_line) const;
  Result<bool> NextRecord(Row& row, bool& usable);
  bool Decode(std::string_view& record);
  Result<bool> Split(std::string_view& record);
  bool TakeFields(std::string_view record, Row& row);
  bool TakeFlags(std::string_view record);
  bool TakeJson(std::string_view record, Row& row);
  void Bad(std::string column, std::string reason, std::string message, std::string_view text,
           std::string_view hint = {}) const;

  TableFiles files_;
  TableOptions options_;
  std::function<void(const BadRow&)> bad_row_;
  std::size_t part_ = 0;
  std::unique_ptr<LineReader> lines_;
  std::string separator_;
  bool quotes_ = false;
  bool header_ = false;
  ColumnMap columns_;
  std::vector<std::string> names_;  // of the header
  std::vector<std::string_view> fields_;
  std::string unquoted_, decoded_, genres_, title_;
  JsonRow json_;
  std::uint64_t rows_ = 0;
  std::uint64_t windows_1252_ = 0;
};

}  // namespace marquee::ctl
