// The registry's words: models, their numbered versions, and the aliases that point at them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::registry {

inline constexpr char kChampion[] = "champion";
inline constexpr char kCandidate[] = "candidate";

Status CheckModel(std::string_view model);  // one of models::Tasks(), or NotFound "model_unknown"
Status CheckAlias(std::string_view alias);  // NotFound "alias_unknown"

// How an artefact lies in the store.
enum class ArtefactState {
  kUnknown,  // nobody has looked
  kPresent,  // there, and nothing is known against it
  kMissing,
  kDamaged,  // of another size or hash than registered
};

// An artefact as it was registered. Without an id there never was one.
struct Artefact {
  std::string id = {};  // in the artefact store
  std::string sha256 = {};
  std::int64_t bytes = 0;
  friend bool operator==(const Artefact&, const Artefact&) = default;
};

// Immutable once registered, but for what points at it and what becomes of its artefacts.
struct ModelVersion {
  std::string model = {};
  std::int64_t version = 0;
  std::int64_t run_id = 0;  // 0: trained elsewhere
  std::vector<std::string> aliases = {};
  Artefact served = {};
  Artefact evaluation = {};  // the same model without the held-out data; see quality_gate.h
  Time created_at = {};
  std::map<std::string, double> metrics = {};
  std::string card = {};  // JSON
  ArtefactState artefact_state = ArtefactState::kUnknown;
  ArtefactState evaluation_state = ArtefactState::kUnknown;
};

// A version that is to get its number.
struct NewVersion {
  std::string model = {};
  std::int64_t run_id = 0;
  Artefact served = {};
  Artefact evaluation = {};
  std::map<std::string, double> metrics = {};
  std::string card = {};
  bool promote = false;  // move "champion" here …
  // … if it still is at the version that the gate compared with (0: nowhere); with no value,
  // wherever it is.
  std::optional<std::int64_t> champion_compared = {};
};

// An alias was moved: what is announced on Kafka.
struct Promotion {
  std::int64_t promotion_id = 0;
  std::string model = {};
  std::string alias = {};
  std::int64_t version = 0;
  std::string sha256 = {};
  Time promoted_at = {};
};

}  // namespace marquee::registry
