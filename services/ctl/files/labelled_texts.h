// Texts that somebody has labelled positive or negative, out of files:
//   X.csv, X.tsv   a header line that names a column of texts and one of labels
//   X.jsonl        an object a line, with the same names
//   X.pos, X.neg   a text a line
//   a folder       with pos/ and neg/, a text a file (.txt); or with files as above
// All whole, or an error that names the file and the line: nothing is learned from half of the data.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ctl/files/encoding.h"
#include "models/sentiment/fit.h"

namespace marquee::ctl {

struct LabelledOptions {
  std::string text_column = {};   // empty: text, review, sentence, snippet, comment
  std::string label_column = {};  // empty: label, sentiment, polarity, class
  Encoding encoding = Encoding::kUtf8;
};

inline constexpr std::size_t kMostLabelledTexts = 2'000'000;
inline constexpr std::size_t kMostLabelledBytes = 512U << 20;  // of all texts together

// InvalidArgument: "no_texts", "not_a_file", "unknown_form" (of an unknown name's end), "bad_header",
// "bad_row", "label_missing", "label_unknown", "text_missing", "text_too_long", "bad_utf8", "bad_encoding",
// "bad_json", "bad_quotes", "data_too_large"; NotFound "unreadable_file".
Result<std::vector<models::sentiment::LabelledText>> ReadLabelledTexts(
    const std::vector<std::filesystem::path>& paths, const LabelledOptions& options);

}  // namespace marquee::ctl
