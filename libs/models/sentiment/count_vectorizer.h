// Texts as counts of words and n-grams: the meaning of scikit-learn's CountVectorizer, whose
// parameters of the same names these are. Differences: the token pattern is one of two
// (tokens.h), of terms that are equally frequent max_features keeps the alphabetically first (there:
// unspecified), and no accents are stripped.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "models/sentiment/features.h"
#include "models/sentiment/tokens.h"
#include "models/sentiment/vocabulary.h"

namespace marquee::models::sentiment {

// In how many texts a term is: a number of texts, or a share of them all.
using DocumentFrequency = std::variant<int64_t, double>;

struct VectorizerOptions {
  TokenOptions tokens = {};
  int ngram_min = 1;
  int ngram_max = 1;
  DocumentFrequency min_df = int64_t{1};
  DocumentFrequency max_df = 1.0;
  int64_t max_features = 0;  // the most frequent of all texts together; 0: all
  bool binary = false;       // whether a term is there, not how often
};

// A term of a text and how often it is there (1 where that doesn't matter).
struct TermCount {
  int32_t term = 0;
  int32_t count = 0;
};

// Immutable; any number of threads, each with its own Tokens.
class CountVectorizer {
 public:
  CountVectorizer() = default;
  CountVectorizer(VectorizerOptions options, Vocabulary vocabulary)
      : options_(options), vocabulary_(std::move(vocabulary)) {}

  // Learns the vocabulary. InvalidArgument "vocabulary_empty" when no term is left,
  // "document_frequencies_unfit" when max_df is below min_df, "data_too_large" for more than
  // kMostTerms different ones.
  static Result<CountVectorizer> Fit(std::span<const std::string_view> texts,
                                     const VectorizerOptions& options);

  const VectorizerOptions& options() const { return options_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

  // The terms of one text, ascending, each once; `tokens` and `counts` are filled anew.
  void Count(std::string_view text, Tokens& tokens, std::vector<TermCount>& counts) const;
  // InvalidArgument "data_too_large" for more terms in all texts than 32 bits number.
  Result<Features> Transform(std::span<const std::string_view> texts) const;

  static constexpr int64_t kMostTerms = 20'000'000;

 private:
  VectorizerOptions options_;
  Vocabulary vocabulary_;
};

}  // namespace marquee::models::sentiment
