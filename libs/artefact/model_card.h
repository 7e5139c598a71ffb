// A model's card: what an artefact was made of and how good it is, as one JSON object beside the
// artefact and in the registry (design.md, D5). The reader is strict: a card that says more, less
// or something else than this version of the format is refused.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::artefact {

inline constexpr int kModelCardFormatVersion = 1;

// What the model was trained on.
struct DataSnapshot {
  std::int64_t ratings = 0;
  std::int64_t users = 0;
  std::int64_t movies = 0;
  std::int64_t texts = 0;  // labelled ones, of a model of texts; a card without the key has none
  // marquee.ratings.v1: the first offset of each partition (the index) that the ratings don't hold.
  std::vector<std::int64_t> next_offsets;
  std::string sha256;  // of the exported columns in the order received; lower-case hexadecimal

  friend bool operator==(const DataSnapshot&, const DataSnapshot&) = default;
};

struct ModelCard {
  std::string model;        // "ranking", "rating" or "sentiment"
  std::string algorithm;    // "ials", "bayesian_mf"
  std::int64_t run_id = 0;  // of the trainer; 0: trained elsewhere
  DataSnapshot data;
  std::int64_t seed = 0;
  std::map<std::string, double> hyperparameters;  // finite
  std::map<std::string, double> metrics;  // finite; as in the run, without the model's prefix
  std::string code_version;
  std::string artefact_sha256;  // lower-case hexadecimal
  std::int64_t artefact_bytes = 0;
  Time created_at;  // whole seconds are kept
  // Why it was promoted or not: the registry's, which puts it in; empty: not there (yet).
  std::string decision = {};

  friend bool operator==(const ModelCard&, const ModelCard&) = default;
};

// Keys in alphabetical order, indented by two: the same card gives the same text. Times are RFC
// 3339 in UTC. Numbers that are not finite are left out.
std::string ToJson(const ModelCard& card);

// DataLoss "model_card_invalid" with a message that names the key: not JSON, an unknown, missing or
// repeated key, a wrong type, a hash that is none, a negative count, another format version.
Result<ModelCard> ParseModelCard(std::string_view json);

}  // namespace marquee::artefact
