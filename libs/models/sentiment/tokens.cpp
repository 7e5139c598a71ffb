#include "models/sentiment/tokens.h"

#include <algorithm>
#include <array>

#include "base/unicode.h"

namespace marquee::models::sentiment {
namespace {

constexpr std::string_view kMark = "not_";

// Sorted. Beside these, whatever ends with "n't".
constexpr std::array<std::string_view, 14> kNegations = {
    "barely", "cannot", "hardly", "lack", "lacks", "neither", "never",
    "no",     "nobody", "none",   "nor",  "not",   "nothing", "without"};

bool IsNegation(std::string_view word) {
  return std::binary_search(kNegations.begin(), kNegations.end(), word) || word.ends_with("n't") ||
         word.ends_with("n\xE2\x80\x99t");
}

bool IsApostrophe(char32_t point) { return point == '\'' || point == 0x2019; }

bool EndsScope(char32_t point) {
  switch (point) {
    case '.':
    case ',':
    case ':':
    case ';':
    case '!':
    case '?':
    case '(':
    case ')':
    case '\n': return true;
    default: return false;
  }
}

struct Run {
  std::size_t bytes = 0;
  int characters = 0;
};

// The word that `text` begins with: word characters, and, if they are to be joined, apostrophes
// between two.
Run FirstWord(std::string_view text, bool join_apostrophes) {
  Run run;
  while (run.bytes < text.size()) {
    const auto [point, bytes] = FirstCharacter(text.substr(run.bytes));
    std::size_t taken = bytes;
    int characters = 1;
    if (!IsWordCharacter(point)) {
      const auto rest = text.substr(run.bytes + bytes);
      if (!join_apostrophes || !IsApostrophe(point) || run.bytes == 0 || rest.empty()) break;
      const auto next = FirstCharacter(rest);
      if (!IsWordCharacter(next.point)) break;
      taken += next.bytes;
      ++characters;
    }
    run.bytes += taken;
    run.characters += characters;
  }
  return run;
}

}  // namespace

void Tokens::Take(std::string_view word, bool negated) {
  if (!words_.empty()) joined_ += ' ';
  const std::size_t begin = joined_.size();
  if (negated) joined_ += kMark;
  joined_ += word;
  words_.push_back({begin, joined_.size()});
}

void Tokens::Read(std::string_view text, const TokenOptions& options) {
  joined_.clear();
  words_.clear();
  std::string lower;
  if (options.lowercase) text = lower = Lower(text);
  int marked = 0;  // words that are still to be marked
  while (!text.empty()) {
    const auto run = FirstWord(text, options.join_apostrophes);
    if (run.bytes == 0) {
      const auto [point, bytes] = FirstCharacter(text);
      if (EndsScope(point)) marked = 0;
      text.remove_prefix(bytes);
      continue;
    }
    const auto word = text.substr(0, run.bytes);
    text.remove_prefix(run.bytes);
    if (run.characters < options.min_token_length) continue;
    Take(word, marked > 0);
    if (marked > 0) --marked;
    if (options.negation_scope > 0 && IsNegation(word)) marked = options.negation_scope;
  }
}

std::string_view Tokens::Gram(std::size_t first, std::size_t n) const {
  const std::size_t begin = words_[first].begin;
  return std::string_view(joined_).substr(begin, words_[first + n - 1].end - begin);
}

}  // namespace marquee::models::sentiment
