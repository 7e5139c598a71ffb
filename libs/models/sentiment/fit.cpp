#include "models/sentiment/fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "models/random.h"
#include "models/sentiment/logistic_regression.h"
#include "models/sentiment/metrics.h"

namespace marquee::models::sentiment {
namespace {

std::vector<std::string_view> Views(std::span<const LabelledText> texts) {
  std::vector<std::string_view> views;
  views.reserve(texts.size());
  for (const auto& text : texts) views.emplace_back(text.text);
  return views;
}

Status CheckEnough(std::span<const LabelledText> texts) {
  const auto positive = std::count_if(texts.begin(), texts.end(),
                                      [](const LabelledText& text) { return text.positive; });
  const auto negative = std::ssize(texts) - positive;
  const auto counts =
      std::to_string(positive) + " positive and " + std::to_string(negative) + " negative texts";
  if (positive == 0 || negative == 0)
    return Error::InvalidArgument("one_class",
                                  "There are " + counts + ": both are needed to learn from.");
  if (std::min(positive, negative) < kLeastTexts)
    return Error::InvalidArgument("not_enough_texts", "There are " + counts + ": at least " +
                                                          std::to_string(kLeastTexts) +
                                                          " of each are needed.");
  return {};
}

// ln of how much more often each term is in positive than in negative texts: r of Wang and Manning.
std::vector<float> LogCountRatios(const Features& counts, const std::vector<bool>& positive,
                                  double smoothing) {
  const auto columns = static_cast<size_t>(counts.columns);
  std::vector<double> in_positive(columns, smoothing);
  std::vector<double> in_negative(columns, smoothing);
  for (size_t row = 0; row < positive.size(); ++row) {
    auto& sums = positive[row] ? in_positive : in_negative;
    for (auto i = static_cast<size_t>(counts.offsets[row]);
         i < static_cast<size_t>(counts.offsets[row + 1]); ++i)
      sums[static_cast<size_t>(counts.column[i])] += counts.value[i];
  }
  double all_positive = 0;
  double all_negative = 0;
  for (size_t term = 0; term < columns; ++term) {
    all_positive += in_positive[term];
    all_negative += in_negative[term];
  }
  std::vector<float> ratios(columns);
  for (size_t term = 0; term < columns; ++term)
    ratios[term] = static_cast<float>(
        std::log(in_positive[term] / all_positive / (in_negative[term] / all_negative)));
  return ratios;
}

// As the classifier will see them.
void Weigh(const std::vector<float>& scales, bool normalize, Features& features) {
  for (size_t row = 0; row + 1 < features.offsets.size(); ++row) {
    const auto begin = static_cast<size_t>(features.offsets[row]);
    const auto end = static_cast<size_t>(features.offsets[row + 1]);
    double squares = 0;
    for (size_t i = begin; i < end; ++i) {
      if (!scales.empty()) features.value[i] *= scales[static_cast<size_t>(features.column[i])];
      squares += features.value[i] * features.value[i];
    }
    if (!normalize || squares == 0) continue;
    const double norm = std::sqrt(squares);
    for (size_t i = begin; i < end; ++i) features.value[i] /= norm;
  }
}

std::vector<float> ScalesOf(const Features& counts, const std::vector<bool>& positive,
                            const FitOptions& options) {
  if (options.smoothing <= 0) return {};
  return LogCountRatios(counts, positive, options.smoothing);
}

// The candidate with the least log-loss on inner folds, the terms weighed anew in each: they know the
// labels.
Result<double> ChooseC(std::span<const LabelledText> texts, const Features& counts,
                       const std::vector<bool>& positive, const FitOptions& options) {
  const auto folds = StratifiedFolds(texts, options.inner_folds, options.seed);
  std::vector<double> losses(options.candidates.size(), 0.0);
  for (int fold = 0; fold < options.inner_folds; ++fold) {
    std::vector<int32_t> train;
    std::vector<int32_t> test;
    std::vector<bool> train_labels;
    for (size_t i = 0; i < folds.size(); ++i) {
      (folds[i] == fold ? test : train).push_back(static_cast<int32_t>(i));
      if (folds[i] != fold) train_labels.push_back(positive[i]);
    }
    Features fitted = counts.Rows(train);
    Features judged = counts.Rows(test);
    const auto scales = ScalesOf(fitted, train_labels, options);
    Weigh(scales, options.normalize, fitted);
    Weigh(scales, options.normalize, judged);
    LogisticModel model;
    for (size_t i = 0; i < options.candidates.size(); ++i) {
      // Coarsely: candidates differ by more.
      const LogisticOptions logistic{.c = options.candidates[i], .tolerance = 1e-3};
      ASSIGN_OR_RETURN(model, FitLogistic(fitted, train_labels, logistic, std::move(model)));
      const auto scores = Scores(judged, model);
      for (size_t row = 0; row < test.size(); ++row)
        losses[i] += LogLoss(scores[row], positive[static_cast<size_t>(test[row])]);
    }
  }
  const auto best = std::min_element(losses.begin(), losses.end()) - losses.begin();
  return options.candidates[static_cast<size_t>(best)];
}

}  // namespace

std::vector<bool> LabelsOf(std::span<const LabelledText> texts) {
  std::vector<bool> labels;
  labels.reserve(texts.size());
  for (const auto& text : texts) labels.push_back(text.positive);
  return labels;
}

FitOptions PlainCounts() {
  FitOptions options;
  options.vectorizer = {};
  options.smoothing = 0;
  options.normalize = false;
  options.c = 1;
  return options;
}

std::vector<int32_t> StratifiedFolds(std::span<const LabelledText> texts, int folds,
                                     std::uint64_t seed) {
  std::vector<int32_t> fold_of(texts.size());
  Random random(seed);
  size_t dealt = 0;
  for (const bool positive : {false, true}) {
    std::vector<size_t> rows;
    for (size_t i = 0; i < texts.size(); ++i) {
      if (texts[i].positive == positive) rows.push_back(i);
    }
    Shuffle(rows, random);
    for (const size_t row : rows)
      fold_of[row] = static_cast<int32_t>(dealt++ % static_cast<size_t>(folds));
  }
  return fold_of;
}

Result<Fitted> Fit(std::span<const LabelledText> texts, const FitOptions& options) {
  RETURN_IF_ERROR(CheckEnough(texts));
  const auto views = Views(texts);
  const auto positive = LabelsOf(texts);
  ASSIGN_OR_RETURN(auto vectorizer, CountVectorizer::Fit(views, options.vectorizer));
  ASSIGN_OR_RETURN(Features features, vectorizer.Transform(views));
  Fitted fitted{.classifier = {}, .c = options.c};
  if (fitted.c <= 0) {
    ASSIGN_OR_RETURN(fitted.c, ChooseC(texts, features, positive, options));
  }
  auto scales = ScalesOf(features, positive, options);
  Weigh(scales, options.normalize, features);
  ASSIGN_OR_RETURN(
      const LogisticModel model,
      FitLogistic(features, positive, {.c = fitted.c, .tolerance = options.tolerance}));
  ASSIGN_OR_RETURN(fitted.classifier,
                   Classifier::Make(std::move(vectorizer), std::move(scales),
                                    {model.weights.begin(), model.weights.end()},
                                    static_cast<float>(model.intercept), options.normalize));
  return fitted;
}

}  // namespace marquee::models::sentiment
