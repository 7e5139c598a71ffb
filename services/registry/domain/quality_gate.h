// Whether a fresh model takes the champion's place (design.md, D5). Both are judged on the same
// held-out data by models that have not seen it: a run keeps, beside the artefact that is served
// (trained on everything), the one that its own evaluation used. Judging the champion's served
// artefact instead would measure it on its own training data, and nothing would ever beat it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "models/registry.h"

namespace marquee::registry {

struct Objective {
  std::string metric;
  bool higher_is_better = true;
  std::string baseline;  // the metric of what needs no training, on the same data
};
Objective ObjectiveOf(const models::Task& task);

// What a champion that can't be judged anew would measure on today's held-out data. On the data
// that it was recorded on, what was recorded; on others that times what the same baseline measures
// today over what it measured then, since a metric goes with how hard the data are. Nothing where
// the champion has no record.
std::optional<double> FromRecord(const Objective& objective,
                                 const std::map<std::string, double>& recorded,
                                 const std::map<std::string, double>& today, bool same_data);

struct GateInput {
  double candidate = 0;
  bool champion_exists = false;
  bool champion_servable = true;  // its artefact is there, whole, and loads
  // On the same held-out data, or, when its evaluation artefact is lost, FromRecord; nothing when
  // neither is known.
  std::optional<double> champion = {};
  // The lower end of the interval of what the candidate gains (in the metric's unit, more is
  // better), where both were judged on the same people.
  std::optional<double> gain_lower = {};
  bool force = false;
  // How much better the candidate's metric must be, in the metric's own unit. 0: any better.
  double min_improvement = 0;
};

struct GateDecision {
  bool promote = false;
  // "first_version", "forced", "champion_not_servable", "beats_champion", "does_not_beat_champion",
  // "gain_within_noise", …
  std::string reason;
};

// A candidate that is equal, or not better by min_improvement, doesn't beat the champion, nor one
// whose gain may be chance (docs/adr/0308-a-gain-must-be-more-than-chance.md). One whose
// metric is not finite is never promoted, not even by force; one whose champion can't be compared
// only by force. A champion that can't be served loses to every candidate with a finite metric:
// what serves nobody is worth nothing, however well it was measured.
GateDecision Decide(const Objective& objective, const GateInput& input);

}  // namespace marquee::registry
