#include "models/sentiment/classifier.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "models/sentiment/logistic_regression.h"

namespace marquee::models::sentiment {
namespace {

constexpr int kMostWords = 5;  // of an n-gram

std::string Name(std::string_view what) {
  return std::string(kAlgorithm) + "." + std::string(what);
}

// A text's own, so that judging allocates next to nothing.
struct Scratch {
  Tokens tokens;
  std::vector<TermCount> counts;
};
Scratch& Mine() {
  thread_local Scratch scratch;
  return scratch;
}

Result<const Tensor*> Find(const Parameters& parameters, std::string_view what, DType dtype) {
  const std::string name = Name(what);
  for (const Tensor& tensor : parameters.tensors) {
    if (tensor.name == name && tensor.dtype == dtype && tensor.shape.size() == 1) return &tensor;
  }
  return Unfit("there is no tensor '" + name + "' of type " + std::string(models::Name(dtype)) +
               " and rank 1");
}

// A whole number of this range.
Result<int> Whole(const Parameters& parameters, std::string_view what, int least, int most) {
  ASSIGN_OR_RETURN(const float number, parameters.Number(Name(what)));
  if (!(number >= static_cast<float>(least) && number <= static_cast<float>(most)) ||
      number != std::floor(number))
    return Unfit("'" + Name(what) + "' is no whole number of " + std::to_string(least) + " to " +
                 std::to_string(most));
  return static_cast<int>(number);
}

Result<VectorizerOptions> OptionsOf(const Parameters& parameters) {
  constexpr int kMost = 1'000;
  VectorizerOptions options;
  ASSIGN_OR_RETURN(options.ngram_min, Whole(parameters, "ngram_min", 1, kMostWords));
  ASSIGN_OR_RETURN(options.ngram_max,
                   Whole(parameters, "ngram_max", options.ngram_min, kMostWords));
  ASSIGN_OR_RETURN(options.binary, Whole(parameters, "binary", 0, 1));
  TokenOptions& tokens = options.tokens;
  ASSIGN_OR_RETURN(tokens.lowercase, Whole(parameters, "lowercase", 0, 1));
  ASSIGN_OR_RETURN(tokens.min_token_length, Whole(parameters, "min_token_length", 1, kMost));
  ASSIGN_OR_RETURN(tokens.join_apostrophes, Whole(parameters, "join_apostrophes", 0, 1));
  ASSIGN_OR_RETURN(tokens.negation_scope, Whole(parameters, "negation_scope", 0, kMost));
  return options;
}

}  // namespace

Result<std::shared_ptr<const Classifier>> Classifier::Make(CountVectorizer vectorizer,
                                                           std::vector<float> scales,
                                                           std::vector<float> weights,
                                                           float intercept, bool normalize) {
  const auto terms = static_cast<size_t>(vectorizer.vocabulary().size());
  if (terms == 0) return Unfit("its vocabulary is empty");
  if (weights.size() != terms || (!scales.empty() && scales.size() != terms))
    return Unfit("there is not one weight and one scale for each of the " + std::to_string(terms) +
                 " terms");
  std::shared_ptr<Classifier> classifier(new Classifier());
  classifier->vectorizer_ = std::move(vectorizer);
  classifier->scales_ = std::move(scales);
  classifier->weights_ = std::move(weights);
  classifier->intercept_ = intercept;
  classifier->normalize_ = normalize;
  return std::shared_ptr<const Classifier>(std::move(classifier));
}

Parameters Classifier::ToParameters() const {
  const auto terms = static_cast<int64_t>(weights_.size());
  const auto& vocabulary = vectorizer_.vocabulary();
  Parameters parameters;
  parameters.tensors.push_back(
      Tensor::Of(Name("term_offsets"), {terms + 1}, std::span(vocabulary.offsets())));
  parameters.Add(Name("weights"), std::span<const float>(weights_));
  if (!scales_.empty()) parameters.Add(Name("scales"), std::span<const float>(scales_));
  parameters.tensors.push_back({.name = Name("terms"),
                                .dtype = DType::kU8,
                                .shape = {static_cast<int64_t>(vocabulary.bytes().size())},
                                .bytes = std::as_bytes(std::span(vocabulary.bytes()))});
  const auto& options = vectorizer_.options();
  const auto number = [&](std::string_view what, double value) {
    parameters.numbers[Name(what)] = static_cast<float>(value);
  };
  number("intercept", intercept_);
  number("normalize", normalize_ ? 1 : 0);
  number("ngram_min", options.ngram_min);
  number("ngram_max", options.ngram_max);
  number("binary", options.binary ? 1 : 0);
  number("lowercase", options.tokens.lowercase ? 1 : 0);
  number("min_token_length", options.tokens.min_token_length);
  number("join_apostrophes", options.tokens.join_apostrophes ? 1 : 0);
  number("negation_scope", options.tokens.negation_scope);
  return parameters;
}

Result<std::shared_ptr<const Classifier>> Classifier::Load(const Parameters& parameters) {
  ASSIGN_OR_RETURN(const VectorizerOptions options, OptionsOf(parameters));
  ASSIGN_OR_RETURN(const Tensor* terms, Find(parameters, "terms", DType::kU8));
  ASSIGN_OR_RETURN(const Tensor* offsets, Find(parameters, "term_offsets", DType::kI64));
  std::string bytes(terms->bytes.size(), '\0');
  std::memcpy(bytes.data(), terms->bytes.data(), bytes.size());
  const auto bounds = offsets->i64();
  ASSIGN_OR_RETURN(auto vocabulary,
                   Vocabulary::Make(std::move(bytes), {bounds.begin(), bounds.end()}));
  const auto size = static_cast<size_t>(vocabulary.size());
  ASSIGN_OR_RETURN(const auto weights, parameters.Vector(Name("weights"), size));
  std::vector<float> scales;
  if (parameters.Has(Name("scales"))) {
    ASSIGN_OR_RETURN(const auto given, parameters.Vector(Name("scales"), size));
    scales.assign(given.begin(), given.end());
  }
  ASSIGN_OR_RETURN(const float intercept, parameters.Number(Name("intercept")));
  ASSIGN_OR_RETURN(const int normalize, Whole(parameters, "normalize", 0, 1));
  return Make(CountVectorizer(options, std::move(vocabulary)), std::move(scales),
              {weights.begin(), weights.end()}, intercept, normalize == 1);
}

// `per_unit`: what a unit of weight · scale · count adds to the log-odds.
Judgement Classifier::Weigh(const std::vector<TermCount>& counts, double& per_unit) const {
  double sum = 0;
  double squares = 0;
  for (const auto& [term, count] : counts) {
    const double value = Scale(term) * count;
    sum += value * static_cast<double>(weights_[static_cast<size_t>(term)]);
    squares += value * value;
  }
  per_unit = normalize_ && squares > 0 ? 1 / std::sqrt(squares) : 1;
  Judgement judgement;
  judgement.log_odds = static_cast<double>(intercept_) + sum * per_unit;
  judgement.probability = Sigmoid(judgement.log_odds);
  judgement.known_terms = static_cast<int32_t>(counts.size());
  return judgement;
}

Judgement Classifier::Judge(std::string_view text) const {
  auto& [tokens, counts] = Mine();
  vectorizer_.Count(text, tokens, counts);
  double per_unit = 1;
  return Weigh(counts, per_unit);
}

Judgement Classifier::Explain(std::string_view text,
                              std::vector<Contribution>& contributions) const {
  auto& [tokens, counts] = Mine();
  vectorizer_.Count(text, tokens, counts);
  double per_unit = 1;
  const Judgement judgement = Weigh(counts, per_unit);
  contributions.clear();
  for (const auto& [term, count] : counts) {
    contributions.push_back(
        {vectorizer_.vocabulary().term(term), count,
         Scale(term) * count * static_cast<double>(weights_[static_cast<size_t>(term)]) *
             per_unit});
  }
  std::sort(contributions.begin(), contributions.end(),
            [](const Contribution& a, const Contribution& b) {
              const double left = std::abs(a.log_odds);
              const double right = std::abs(b.log_odds);
              return left != right ? left > right : a.term < b.term;
            });
  return judgement;
}

}  // namespace marquee::models::sentiment
