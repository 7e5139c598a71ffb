#include "models/sentiment/training.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "models/paired.h"
#include "models/random.h"
#include "models/sentiment/metrics.h"

namespace marquee::models::sentiment {
namespace {

std::vector<double> LogOddsOf(const Classifier& classifier, std::span<const LabelledText> texts) {
  std::vector<double> log_odds;
  log_odds.reserve(texts.size());
  for (const auto& text : texts) log_odds.push_back(classifier.Judge(text.text).log_odds);
  return log_odds;
}

}  // namespace

bool IsHeldOut(std::string_view text) {
  uint64_t hash = 0;
  for (const char c : text) hash = Mix(hash, static_cast<unsigned char>(c));
  return hash % 5 == 0;
}

Result<Trained> Train(std::span<const LabelledText> texts, const FitOptions& options,
                      const std::shared_ptr<const Classifier>& champion) {
  std::vector<LabelledText> train;
  std::vector<LabelledText> held_out;
  for (const auto& text : texts) (IsHeldOut(text.text) ? held_out : train).push_back(text);
  Trained trained;
  ASSIGN_OR_RETURN(trained.evaluation, Fit(train, options));
  const auto positive = LabelsOf(held_out);
  const auto positives = std::count(positive.begin(), positive.end(), true);
  if (positives == 0 || positives == std::ssize(positive))
    return Error::InvalidArgument("not_enough_texts",
                                  "The texts that are held out to judge the model (a fifth) are of "
                                  "one label: more labelled texts are needed.");
  const auto log_odds = LogOddsOf(*trained.evaluation.classifier, held_out);
  const Metrics measured = Measure(log_odds, positive);
  const double share = static_cast<double>(positives) / static_cast<double>(positive.size());
  trained.metrics = {{"accuracy", measured.accuracy},
                     {"f1", measured.f1},
                     {"roc_auc", measured.roc_auc},
                     {"log_loss", measured.log_loss},
                     {"brier", measured.brier},
                     {"calibration_error", measured.calibration_error},
                     {"texts", static_cast<double>(measured.texts)},
                     {"majority.accuracy", std::max(share, 1 - share)}};
  if (champion != nullptr) {
    const auto its = LogOddsOf(*champion, held_out);
    const auto gain = Bootstrap(Hits(log_odds, positive), Hits(its, positive), Scale::kMean,
                                {.seed = options.seed});
    trained.metrics["champion.accuracy"] = Measure(its, positive).accuracy;
    trained.metrics["champion.gain"] = gain.difference;
    trained.metrics["champion.gain_lower"] = gain.lower;
    trained.metrics["champion.gain_upper"] = gain.upper;
  }
  FitOptions final_options = options;
  final_options.c = trained.evaluation.c;
  ASSIGN_OR_RETURN(trained.served, Fit(texts, final_options));
  return trained;
}

}  // namespace marquee::models::sentiment
