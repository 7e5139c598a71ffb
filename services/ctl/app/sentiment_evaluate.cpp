// sentiment evaluate: how well labelled texts can be told apart, without any server.
#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "ctl/app/sentiment.h"
#include "ctl/files/labelled_texts.h"
#include "ctl/terminal/terminal.h"
#include "models/paired.h"
#include "models/sentiment/logistic_regression.h"
#include "models/sentiment/metrics.h"

namespace marquee::ctl {
namespace {

namespace sentiment = models::sentiment;
using nlohmann::json;

struct Measured {
  std::string method;
  sentiment::CrossValidated validated;
  sentiment::Metrics metrics;
};

Status ParseFrequency(const std::string& text, const char* flag,
                      sentiment::DocumentFrequency& frequency) {
  if (text.empty()) return {};
  const char* end = text.data() + text.size();
  if (text.find('.') == std::string::npos) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end && number >= 1) {
      frequency = number;
      return {};
    }
  } else {
    double share = 0;
    const auto parsed = std::from_chars(text.data(), end, share);
    if (parsed.ec == std::errc{} && parsed.ptr == end && share >= 0 && share <= 1) {
      frequency = share;
      return {};
    }
  }
  return Error::InvalidArgument("frequency_malformed",
                                std::string(flag) + " is \"" + text +
                                    "\": it must be a number of texts, as in 2, or a share "
                                    "of them with a point, as in 0.5.",
                                flag);
}

json ToJson(const sentiment::Metrics& metrics) {
  return {{"accuracy", metrics.accuracy}, {"f1", metrics.f1},
          {"roc_auc", metrics.roc_auc},   {"log_loss", metrics.log_loss},
          {"brier", metrics.brier},       {"calibration_error", metrics.calibration_error}};
}

// By how much the first method is more accurate than the second, with its standard error.
models::Estimate Gain(const Measured& a, const Measured& b, const std::vector<bool>& positive) {
  return models::Difference(sentiment::Hits(a.validated.log_odds, positive),
                            sentiment::Hits(b.validated.log_odds, positive), models::Scale::kMean);
}

Status WritePredictions(const std::filesystem::path& path, const Measured& measured,
                        const std::vector<bool>& positive) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << "fold,label,probability\n";
  for (std::size_t i = 0; i < positive.size(); ++i) {
    file << fmt::format("{},{},{}\n", measured.validated.folds[i] + 1, positive[i] ? 1 : 0,
                        sentiment::Sigmoid(measured.validated.log_odds[i]));
  }
  file.close();
  if (file) return {};
  return Error::Unavailable(
      "predictions_unwritable",
      "--predictions: " + path.string() + " can't be written (" + std::strerror(errno) + ").");
}

std::string ToText(const std::vector<Measured>& methods, const std::vector<bool>& positive,
                   const SentimentFlags& flags) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(methods.size());
  for (const auto& [method, validated, m] : methods)
    rows.push_back({method, Fixed(m.accuracy, 4), Fixed(m.f1, 4), Fixed(m.roc_auc, 4),
                    Fixed(m.log_loss, 4), Fixed(m.brier, 4), Fixed(m.calibration_error, 4)});
  std::string text = fmt::format("{} texts, {} stratified folds, seed {}\n\n",
                                 Grouped(std::ssize(positive)), flags.folds, flags.seed);
  text += Table({"method", "accuracy", "F1", "ROC AUC", "log-loss", "Brier", "calibration"}, rows);
  if (methods.size() > 1) {
    const auto gain = Gain(methods[0], methods[1], positive);
    text += fmt::format("\n{} is {:+.4f} ± {:.4f} more accurate than {}.\n", methods[0].method,
                        gain.value, gain.standard_error, methods[1].method);
  }
  rows.clear();
  for (const auto& bin : sentiment::Calibration(methods[0].validated.log_odds, positive)) {
    if (bin.texts > 0)
      rows.push_back({Grouped(bin.texts), Fixed(bin.predicted, 3), Fixed(bin.positive, 3)});
  }
  return text + "\n" + methods[0].method + " says, and it is:\n" +
         Table({"texts", "probability", "positive"}, rows);
}

}  // namespace

Result<std::vector<sentiment::LabelledText>> ReadTexts(const SentimentFlags& flags) {
  return ReadLabelledTexts(
      flags.paths,
      {.text_column = flags.text_column,
       .label_column = flags.label_column,
       .encoding = flags.encoding == "utf-8" ? Encoding::kUtf8 : Encoding::kWindows1252});
}

Result<sentiment::FitOptions> FitOptionsOf(const SentimentFlags& flags) {
  sentiment::FitOptions options;
  if (flags.method == "counts") options = sentiment::PlainCounts();
  options.seed = flags.seed;
  if (flags.c > 0) options.c = flags.c;
  auto& vectorizer = options.vectorizer;
  if (flags.ngram_max > 0) vectorizer.ngram_max = flags.ngram_max;
  if (flags.max_features >= 0) vectorizer.max_features = flags.max_features;
  vectorizer.binary = vectorizer.binary || flags.binary;
  RETURN_IF_ERROR(ParseFrequency(flags.min_df, "--min-df", vectorizer.min_df));
  RETURN_IF_ERROR(ParseFrequency(flags.max_df, "--max-df", vectorizer.max_df));
  return options;
}

int EvaluateSentiment(const Context& context, const SentimentFlags& flags) {
  const auto options = FitOptionsOf(flags);
  if (!options.ok()) return Fail(context, options.error());
  const auto texts = ReadTexts(flags);
  if (!texts.ok()) return Fail(context, texts.error());
  const auto positive = sentiment::LabelsOf(*texts);
  std::vector<std::pair<std::string, sentiment::FitOptions>> planned = {{flags.method, *options}};
  if (flags.method != "counts") planned.emplace_back("counts", sentiment::PlainCounts());

  std::vector<Measured> methods;
  ProgressBar bar("Fits", flags.folds * std::ssize(planned), context.quiet);
  std::int64_t done = 0;
  for (const auto& [method, its_options] : planned) {
    auto validated = sentiment::CrossValidate(*texts, flags.folds, flags.seed, its_options,
                                              flags.threads, [&] { bar.Set(++done); });
    if (!validated.ok()) return Fail(context, validated.error());
    const auto metrics = sentiment::Measure(validated->log_odds, positive);
    methods.push_back({method, *std::move(validated), metrics});
  }
  bar.Finish();
  if (!flags.predictions.empty()) {
    if (const auto written = WritePredictions(flags.predictions, methods[0], positive);
        !written.ok())
      return Fail(context, written.error());
  }
  json value{{"texts", texts->size()}, {"folds", flags.folds}, {"seed", flags.seed}};
  for (const auto& [method, validated, metrics] : methods) {
    json one = ToJson(metrics);
    one["method"] = method;
    one["c"] = validated.c;
    value["methods"].push_back(std::move(one));
  }
  if (methods.size() > 1) {
    const auto gain = Gain(methods[0], methods[1], positive);
    value["gain"] = {{"accuracy", gain.value}, {"standard_error", gain.standard_error}};
  }
  return Show(context, value, ToText(methods, positive, flags));
}

}  // namespace marquee::ctl
