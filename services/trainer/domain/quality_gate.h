// Whether a fresh model takes the champion's place (design.md, D5). Both are judged on the same
// held-out data by models that have not seen it: a run keeps, beside the artefact that is served
// (trained on everything), the one that its own evaluation used. Judging the champion's served
// artefact instead would measure it on its own training data, and nothing would ever beat it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::trainer {

struct Objective {
  std::string_view metric;
  bool higher_is_better = true;
};
// ranking: ndcg_at_100; rating: rmse, lower is better. Requires CheckModel(model).ok().
Objective ObjectiveOf(std::string_view model);

struct GateInput {
  double candidate = 0;
  bool champion_exists = false;
  // On the same held-out data, or, when its evaluation artefact is lost, as recorded when it was
  // made; nothing when neither is known.
  std::optional<double> champion = {};
  bool force = false;
  // How much better the candidate's metric must be, in the metric's own unit. 0: any better.
  double min_improvement = 0;
};

struct GateDecision {
  bool promote = false;
  std::string reason;  // "first_version", "forced", "beats_champion", "does_not_beat_champion", …
};

// A candidate that is equal, or not better by min_improvement, doesn't beat the champion. One whose
// metric is not finite is never promoted, not even by force; one whose champion can't be compared
// only by force.
GateDecision Decide(const Objective& objective, const GateInput& input);

}  // namespace marquee::trainer
