// A model to be served, and how good it is: on texts held out from the same model fitted without them,
// beside the champion on the same texts (docs/adr/0310-sentiment-is-trained-where-its-texts-are.md).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "models/sentiment/fit.h"

namespace marquee::models::sentiment {

// Whether a text is held out: a fifth, by a hash of what it says, so that the same text is always on
// the same side, however the data grow, and a champion's evaluation model hasn't seen it either.
bool IsHeldOut(std::string_view text);

struct Trained {
  Fitted served;      // of all texts, with the C that was chosen without the held-out ones
  Fitted evaluation;  // of those that aren't held out
  // Of the held-out texts: "accuracy", "f1", "roc_auc", "log_loss", "brier", "calibration_error",
  // "texts", "majority.accuracy"; with a champion "champion.accuracy", "champion.gain" and its 90 %
  // interval "champion.gain_lower", "champion.gain_upper" (models/paired.h).
  std::map<std::string, double> metrics;
};

// `champion`: its evaluation model; null: there is none to judge. InvalidArgument as Fit, of what isn't
// held out, and "not_enough_texts" when the held-out ones are of one class.
Result<Trained> Train(std::span<const LabelledText> texts, const FitOptions& options,
                      const std::shared_ptr<const Classifier>& champion);

}  // namespace marquee::models::sentiment
