// The words of a text, as scikit-learn's CountVectorizer takes them, and how a negation marks those
// that follow it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::models::sentiment {

struct TokenOptions {
  bool lowercase = true;
  // In characters. 2 is scikit-learn's token_pattern `(?u)\b\w\w+\b`, 1 is `(?u)\b\w+\b`.
  int min_token_length = 2;
  // "isn't" is one word, not "isn" and "t".
  bool join_apostrophes = false;
  // So many words after a negation ("not", "never", "isn't"), or fewer where a sentence or clause
  // ends before, are marked: "not_good" (Das and Chen 2001; Pang, Lee and Vaithyanathan 2002). 0: none.
  int negation_scope = 0;

  friend bool operator==(const TokenOptions&, const TokenOptions&) = default;
};

// The words of one text after the other, in memory that is used again. Not thread-safe.
class Tokens {
 public:
  // UTF-8.
  void Read(std::string_view text, const TokenOptions& options);

  std::size_t size() const { return words_.size(); }
  // The n words from `first` on, with one space between. Stands until the next Read.
  std::string_view Gram(std::size_t first, std::size_t n) const;

 private:
  struct Word {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  void Take(std::string_view word, bool negated);

  std::string joined_;  // all words, one space between
  std::vector<Word> words_;
};

}  // namespace marquee::models::sentiment
