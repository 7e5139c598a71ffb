// What the trainer knows of the registry's versions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace marquee::trainer {

inline constexpr char kChampion[] = "champion";

// How the registry says that an artefact lies there; the wire's numbers.
enum class ArtefactState { kUnknown = 0, kPresent = 1, kMissing = 2, kDamaged = 3 };

struct ModelVersion {
  std::string model = {};
  std::int64_t version = 0;
  std::int64_t run_id = 0;
  std::vector<std::string> aliases = {};
  std::string sha256 = {};
  std::int64_t size_bytes = 0;
  Time created_at = {};
  std::map<std::string, double> metrics = {};
  std::string card = {};  // JSON
  ArtefactState artefact_state = ArtefactState::kUnknown;
  ArtefactState evaluation_state = ArtefactState::kUnknown;
};

}  // namespace marquee::trainer
