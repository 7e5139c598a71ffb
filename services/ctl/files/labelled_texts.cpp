#include "ctl/files/labelled_texts.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "ctl/files/byte_source.h"
#include "ctl/files/cells.h"
#include "ctl/files/fields.h"
#include "ctl/files/line_reader.h"

namespace marquee::ctl {
namespace {

namespace fs = std::filesystem;
using models::sentiment::LabelledText;

constexpr std::array<std::string_view, 5> kTextColumns = {"text", "review", "sentence", "snippet",
                                                          "comment"};
constexpr std::array<std::string_view, 4> kLabelColumns = {"label", "sentiment", "polarity",
                                                           "class"};
constexpr std::array<std::string_view, 5> kPositive = {"positive", "pos", "1", "true", "fresh"};
constexpr std::array<std::string_view, 6> kNegative = {"negative", "neg",   "0",
                                                       "-1",       "false", "rotten"};

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<bool> LabelOf(std::string_view cell) {
  const std::string label = AsciiLower(Trimmed(cell));
  if (Contains(kPositive, label)) return true;
  if (Contains(kNegative, label)) return false;
  return std::nullopt;
}

// Reads all files after one another; the first thing that is wrong ends it.
class Reader {
 public:
  explicit Reader(const LabelledOptions& options) : options_(options) {}

  Status ReadPath(const fs::path& path) {
    std::error_code failed;
    if (fs::is_directory(path, failed)) return ReadFolder(path);
    const std::string end = AsciiLower(path.extension().string());
    if (end == ".csv") return ReadTable(path, ',');
    if (end == ".tsv") return ReadTable(path, '\t');
    if (end == ".jsonl" || end == ".ndjson") return ReadJsonLines(path);
    if (end == ".pos" || end == ".neg") return ReadLines(path, end == ".pos");
    if (!fs::exists(path, failed))
      return Error::NotFound("unreadable_file", "There is no file " + path.string() + ".");
    return Error::InvalidArgument("unknown_form",
                                  path.string() +
                                      ": its name must end with .csv, .tsv, .jsonl, .pos or .neg, "
                                      "or it must be a folder with pos/ and neg/.");
  }

  std::vector<LabelledText> Take() { return std::move(texts_); }

 private:
  Error Wrong(const char* reason, const std::string& what, std::string field = {}) const {
    const std::string line = line_ > 0 ? ", line " + std::to_string(line_) : "";
    return Error::InvalidArgument(reason, file_.string() + line + ": " + what, std::move(field));
  }

  Status Decode(std::string_view raw, std::string& text) const {
    text.clear();
    if (options_.encoding == Encoding::kWindows1252) {
      if (AppendWindows1252(raw, text)) return {};
      return Wrong("bad_encoding", "the text isn't Windows-1252.");
    }
    if (!IsUtf8(raw))
      return Wrong("bad_utf8",
                   "the text isn't UTF-8. If the file is Windows-1252 or Latin-1, say --encoding "
                   "windows-1252.");
    text = raw;
    return {};
  }

  // `text` is decoded.
  Status Add(std::string_view text, bool positive) {
    if (Trimmed(text).empty()) return Wrong("text_missing", "the text is empty.");
    bytes_ += text.size();
    if (texts_.size() >= kMostLabelledTexts || bytes_ > kMostLabelledBytes)
      return Wrong("data_too_large", "there are more than " + std::to_string(kMostLabelledTexts) +
                                         " texts or " + std::to_string(kMostLabelledBytes >> 20) +
                                         " MiB.");
    texts_.push_back({std::string(text), positive});
    return {};
  }

  Status AddLabelled(std::string_view text, std::string_view label) {
    if (Trimmed(label).empty()) return Wrong("label_missing", "the text has no label.");
    const auto positive = LabelOf(label);
    if (!positive)
      return Wrong("label_unknown",
                   "the label is \"" + Excerpt(label, 40) +
                       "\": it must be positive, pos or 1, or negative, neg or 0.");
    return Add(text, *positive);
  }

  Result<LineReader> Open(const fs::path& path) {
    file_ = path;
    line_ = 0;
    ASSIGN_OR_RETURN(auto source, OpenFile(path));
    LineReader lines(std::move(source));
    ASSIGN_OR_RETURN(const auto first_bytes, lines.Peek());
    RETURN_IF_ERROR(CheckIsText(first_bytes, path.string()));
    return lines;
  }

  // The next line; false at the end.
  Result<bool> Next(LineReader& lines, std::string_view& line) {
    ASSIGN_OR_RETURN(const auto kind, lines.Next(line));
    line_ = lines.line();
    if (kind == LineReader::Kind::kTooLong)
      return Wrong("text_too_long",
                   "a text may have " + std::to_string(kMostRecordBytes >> 10) + " KiB at most.");
    return kind == LineReader::Kind::kLine;
  }

  // What `read` makes of each line that isn't blank, decoded; it stands until the next.
  template <typename Read>  // Status(const std::string& line)
  Status EachLine(const fs::path& path, const Read& read) {
    ASSIGN_OR_RETURN(LineReader lines, Open(path));
    std::string text;
    for (std::string_view line;;) {
      ASSIGN_OR_RETURN(const bool more, Next(lines, line));
      if (!more) return {};
      if (Trimmed(line).empty()) continue;
      RETURN_IF_ERROR(Decode(line, text));
      RETURN_IF_ERROR(read(text));
    }
  }

  Status ReadLines(const fs::path& path, bool positive) {
    return EachLine(path, [&](const std::string& text) { return Add(text, positive); });
  }

  Status ReadJsonLines(const fs::path& path) {
    return EachLine(path, [&](const std::string& text) -> Status {
      const auto object = ParseJson(text);
      if (!object.ok()) return Wrong("bad_json", "the line " + object.error().message);
      if (!object->is_object()) return Wrong("bad_json", "the line is not a JSON object.");
      return AddObject(*object);
    });
  }

  Status AddObject(const nlohmann::json& object) {
    const nlohmann::json* text = nullptr;
    const nlohmann::json* label = nullptr;
    for (const auto& [name, value] : object.items()) {
      if (IsText(name)) text = &value;
      if (IsLabel(name)) label = &value;
    }
    if (text == nullptr || !text->is_string())
      return Wrong("text_missing", "the object has no string " + Names(true) + ".");
    if (label == nullptr || label->is_null())
      return Wrong("label_missing", "the object has no " + Names(false) + ".");
    return AddLabelled(text->get_ref<const std::string&>(),
                       label->is_string() ? label->get<std::string>() : label->dump());
  }

  Status ReadTable(const fs::path& path, char separator) {
    ASSIGN_OR_RETURN(LineReader lines, Open(path));
    std::vector<std::string_view> fields;
    ASSIGN_OR_RETURN(const bool header, NextFields(lines, separator, fields));
    if (!header) return Wrong("no_texts", "the file is empty.");
    std::optional<std::size_t> text_at;
    std::optional<std::size_t> label_at;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (IsText(fields[i])) text_at = i;
      if (IsLabel(fields[i])) label_at = i;
    }
    if (!text_at || !label_at)
      return Wrong("bad_header", "the header line has no column " + Names(!text_at) +
                                     ": name it by " +
                                     (text_at ? "--label-column." : "--text-column."));
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, NextFields(lines, separator, fields));
      if (!more) return {};
      if (fields.size() == 1 && Trimmed(fields[0]).empty()) continue;
      if (fields.size() <= std::max(*text_at, *label_at))
        return Wrong("bad_row", "the row has " + std::to_string(fields.size()) +
                                    " fields, fewer than the header.");
      RETURN_IF_ERROR(AddLabelled(fields[*text_at], fields[*label_at]));
    }
  }

  // Of the next record, decoded; they stand until the next call. False at the end.
  Result<bool> NextFields(LineReader& lines, char separator,
                          std::vector<std::string_view>& fields) {
    std::string_view record;
    ASSIGN_OR_RETURN(const bool more, Next(lines, record));
    if (!more) return false;
    for (;;) {
      RETURN_IF_ERROR(Decode(record, decoded_));
      switch (SplitQuoted(decoded_, separator, fields, unquoted_)) {
        case Quotes::kClosed: return true;
        case Quotes::kBad:
          return Wrong("bad_quotes",
                       "text follows a closing quote: double the quotes within a field.");
        case Quotes::kOpen: break;
      }
      ASSIGN_OR_RETURN(const bool longer, lines.Extend(record));
      if (!longer)
        return Wrong("bad_quotes", "a quote is never closed, or the text is longer than " +
                                       std::to_string(kMostRecordBytes >> 10) + " KiB.");
    }
  }

  Status ReadFolder(const fs::path& folder) {
    bool any = false;
    std::error_code failed;
    for (const bool positive : {true, false}) {
      const fs::path of_class = folder / (positive ? "pos" : "neg");
      if (!fs::is_directory(of_class, failed)) continue;
      any = true;
      ASSIGN_OR_RETURN(const auto files, FilesOf(of_class));
      for (const auto& file : files) RETURN_IF_ERROR(ReadWhole(file, positive));
    }
    if (any) return {};
    ASSIGN_OR_RETURN(const auto files, FilesOf(folder));
    for (const auto& file : files) {
      const std::string end = AsciiLower(file.extension().string());
      if (end != ".csv" && end != ".tsv" && end != ".jsonl" && end != ".pos" && end != ".neg")
        continue;
      any = true;
      RETURN_IF_ERROR(ReadPath(file));
    }
    if (any) return {};
    return Error::InvalidArgument("no_texts", folder.string() +
                                                  " has neither pos/ and neg/ nor files that end "
                                                  "with .csv, .tsv, .jsonl, .pos or .neg.");
  }

  // By name, so that the same folder is always read in the same order.
  static Result<std::vector<fs::path>> FilesOf(const fs::path& folder) {
    std::error_code failed;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
      if (entry.is_regular_file(failed)) files.push_back(entry.path());
    }
    if (failed)
      return Error::NotFound("unreadable_file",
                             "Can't read " + folder.string() + ": " + failed.message() + ".");
    std::sort(files.begin(), files.end());
    return files;
  }

  Status ReadWhole(const fs::path& path, bool positive) {
    file_ = path;
    line_ = 0;
    auto whole = ReadSmallFile(path, kMostRecordBytes);
    if (!whole.ok() && whole.error().reason == "file_too_large")
      return Wrong("text_too_long",
                   "a text may have " + std::to_string(kMostRecordBytes >> 10) + " KiB at most.");
    if (!whole.ok()) return whole.error();
    RETURN_IF_ERROR(CheckIsText(*whole, path.string()));
    std::string text;
    RETURN_IF_ERROR(Decode(*whole, text));
    return Add(text, positive);
  }

  bool IsText(std::string_view name) const {
    if (!options_.text_column.empty()) return name == options_.text_column;
    return Contains(kTextColumns, AsciiLower(Trimmed(name)));
  }
  bool IsLabel(std::string_view name) const {
    if (!options_.label_column.empty()) return name == options_.label_column;
    return Contains(kLabelColumns, AsciiLower(Trimmed(name)));
  }
  std::string Names(bool of_text) const {
    const std::string& given = of_text ? options_.text_column : options_.label_column;
    if (!given.empty()) return "\"" + given + "\"";
    std::string names;
    const auto add = [&](std::string_view name) {
      names += (names.empty() ? "" : ", ") + std::string(name);
    };
    if (of_text) {
      for (const auto name : kTextColumns) add(name);
    } else {
      for (const auto name : kLabelColumns) add(name);
    }
    return names;
  }

  const LabelledOptions& options_;
  std::vector<LabelledText> texts_;
  std::size_t bytes_ = 0;
  fs::path file_;           // that is being read
  std::uint64_t line_ = 0;  // in it; 0: none
  std::string decoded_;
  std::string unquoted_;
};

}  // namespace

Result<std::vector<LabelledText>> ReadLabelledTexts(const std::vector<fs::path>& paths,
                                                    const LabelledOptions& options) {
  Reader reader(options);
  for (const auto& path : paths) RETURN_IF_ERROR(reader.ReadPath(path));
  auto texts = reader.Take();
  if (texts.empty())
    return Error::InvalidArgument("no_texts", "There are no labelled texts in these files.");
  return texts;
}

}  // namespace marquee::ctl
