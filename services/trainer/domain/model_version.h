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

namespace marquee::trainer {

inline constexpr char kChampion[] = "champion";
inline constexpr char kCandidate[] = "candidate";

Status CheckModel(std::string_view model);  // one of models::Tasks(), or NotFound "model_unknown"
Status CheckAlias(std::string_view alias);  // NotFound "alias_unknown"

// How an artefact lies in the folder.
enum class ArtefactState {
  kUnknown,  // nobody has looked
  kPresent,  // there, and nothing is known against it
  kMissing,
  kDamaged,  // of another size or hash than registered, or it doesn't load
};

// Immutable once registered, but for what points at it and what becomes of its files.
struct ModelVersion {
  std::string model = {};
  std::int64_t version = 0;
  std::int64_t run_id = 0;
  std::vector<std::string> aliases = {};
  std::string file = {};             // in the artefact folder
  std::string evaluation_file = {};  // the same model without the held-out data; see quality_gate.h
  std::string sha256 = {};
  std::int64_t size_bytes = 0;
  Time created_at = {};
  std::map<std::string, double> metrics = {};
  std::string card = {};  // JSON
  ArtefactState artefact_state = ArtefactState::kUnknown;
  ArtefactState evaluation_state = ArtefactState::kUnknown;
};

// A version that a run asks the registry to take.
struct NewVersion {
  std::string model = {};
  std::string file = {};
  std::string evaluation_file = {};
  std::string sha256 = {};
  std::int64_t size_bytes = 0;
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

}  // namespace marquee::trainer
