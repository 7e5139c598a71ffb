// Whether a text speaks well of what it is about: a linear model of its words, as it is served.
//   log-odds = intercept + Σ over the text's terms: weight · scale · count (/ norm)
// where `norm`, if it is used, is the Euclidean norm of all scale · count of the text, so that a long
// review isn't judged with more certainty for its length alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/algorithm.h"
#include "models/sentiment/count_vectorizer.h"

namespace marquee::models::sentiment {

inline constexpr std::string_view kAlgorithm = "nb_logistic";  // also the prefix of its tensors

struct Judgement {
  double log_odds = 0;  // that it is positive
  double probability = 0.5;
  // Of its terms, each once: those in the vocabulary. 0: nothing is known of the text, and the
  // probability is that of any text of the training data.
  int32_t known_terms = 0;

  bool positive() const { return probability > 0.5; }
};

// What a term adds to the log-odds, exactly: with the intercept they sum to it.
struct Contribution {
  std::string_view term;  // of the classifier; "not_good" is "good" behind a negation
  int32_t count = 0;
  double log_odds = 0;
};

// Immutable; any number of threads.
class Classifier {
 public:
  // `scales` may be empty: all 1. InvalidArgument "model_unfit" for sizes that don't fit the
  // vocabulary's and for options that no fit makes.
  static Result<std::shared_ptr<const Classifier>> Make(CountVectorizer vectorizer,
                                                        std::vector<float> scales,
                                                        std::vector<float> weights, float intercept,
                                                        bool normalize);
  // Of what ToParameters made. InvalidArgument "model_unfit" that names what is missing or wrong.
  static Result<std::shared_ptr<const Classifier>> Load(const Parameters& parameters);
  Parameters ToParameters() const;  // they view this

  Judgement Judge(std::string_view text) const;
  // The same, with every known term, the strongest first, of equally strong ones by their bytes.
  Judgement Explain(std::string_view text, std::vector<Contribution>& contributions) const;

  const CountVectorizer& vectorizer() const { return vectorizer_; }
  float intercept() const { return intercept_; }
  bool normalize() const { return normalize_; }

 private:
  Classifier() = default;
  Judgement Weigh(const std::vector<TermCount>& counts, double& per_unit) const;
  double Scale(int32_t term) const {
    return scales_.empty() ? 1.0 : static_cast<double>(scales_[static_cast<size_t>(term)]);
  }

  CountVectorizer vectorizer_;
  std::vector<float> scales_;
  std::vector<float> weights_;
  float intercept_ = 0;
  bool normalize_ = false;
};

}  // namespace marquee::models::sentiment
