// Learning from labelled texts: terms weighed by how much more often they are in positive than in
// negative texts (naive Bayes' log-count ratio; Wang and Manning, Baselines and Bigrams, ACL 2012),
// then logistic regression, whose C is chosen on inner folds of the training texts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/sentiment/classifier.h"
#include "models/sentiment/count_vectorizer.h"

namespace marquee::models::sentiment {

struct LabelledText {
  std::string text;  // UTF-8
  bool positive = false;
};

std::vector<bool> LabelsOf(std::span<const LabelledText> texts);

struct FitOptions {
  // Words of one character on, "isn't" as one, up to four words behind a negation marked, and pairs
  // of words; whether a term is there counts, not how often. At most half a million terms.
  VectorizerOptions vectorizer = {
      .tokens = {.min_token_length = 1, .join_apostrophes = true, .negation_scope = 4},
      .ngram_max = 2,
      .max_features = 500'000,
      .binary = true};
  // Added to each term's count in each class; 0: terms aren't weighed.
  double smoothing = 1;
  // Each text to the Euclidean norm 1 (classifier.h).
  bool normalize = true;
  double c = 0;  // 0: of `candidates`, by log-loss on inner folds
  std::vector<double> candidates = {0.3, 1, 3, 10, 30, 100};
  int inner_folds = 3;
  std::uint64_t seed = 1;   // of the inner folds
  double tolerance = 1e-8;  // of logistic regression
};

// CountVectorizer() and LogisticRegression() of scikit-learn, by its defaults: what the above is
// compared with.
FitOptions PlainCounts();

struct Fitted {
  std::shared_ptr<const Classifier> classifier;
  double c = 0;
};

// Of rows of texts: "one_class", "vocabulary_empty", "data_too_large", "not_enough_texts" (fewer than
// kLeastTexts of a class); all InvalidArgument.
Result<Fitted> Fit(std::span<const LabelledText> texts, const FitOptions& options);

inline constexpr int64_t kLeastTexts = 10;  // of each class

// The fold of each text, 0 to folds − 1: each class is shuffled and dealt out, so that folds differ by
// a text of each at most.
std::vector<int32_t> StratifiedFolds(std::span<const LabelledText> texts, int folds,
                                     std::uint64_t seed);

}  // namespace marquee::models::sentiment
