// Models as somebody delivers them, small and whole; a test breaks them as it likes.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "artefact/model_card.h"
#include "artefact/model_file.h"
#include "base/clock.h"
#include "base/testing/temporary_folder.h"
#include "models/registry.h"

namespace marquee::registry::testing {

struct Delivered {
  artefact::ModelCard card;
  std::string bytes;

  std::string Card() const { return artefact::ToJson(card); }
};

// A model of two words, whose weight the seed is.
inline Result<artefact::WrittenFile> SaveSentiment(const std::filesystem::path& path, int seed) {
  namespace sentiment = models::sentiment;
  auto vocabulary = sentiment::Vocabulary::Make("badgood", {0, 3, 7});
  const auto weight = static_cast<float>(seed);
  const auto classifier =
      sentiment::Classifier::Make({{}, *std::move(vocabulary)}, {}, {-weight, weight}, 0, false);
  return artefact::SaveModel(path, **classifier, {{"made_by", "a test"}});
}

// Movies 1 to `movies`; `seed` makes it another artefact than that of another seed.
inline Delivered Deliver(const std::string& model, int seed, double metric, int movies = 6) {
  std::vector<std::int64_t> ids;
  std::vector<float> values;
  for (int i = 1; i <= movies; ++i) {
    ids.push_back(i);
    values.push_back(static_cast<float>(i * seed));
  }
  models::Model made;
  made.item_ids = ids;
  const std::vector<float> mean{3.5F};
  const bool ranking = model == "ranking";
  const bool texts = model == models::kSentiment;
  made.algorithm = texts ? models::sentiment::kAlgorithm : ranking ? "popularity" : "biased_als";
  if (ranking) {
    made.parameters.Add("popularity.counts", values);
  } else {
    made.parameters.Add("biased_als.global_mean", mean);
    made.parameters.Add("biased_als.item_bias", values);
    made.parameters.numbers = {{"biased_als.user_damping", 4}, {"biased_als.regularization", 1}};
  }
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  const auto written =
      texts ? SaveSentiment(path, seed) : artefact::SaveModel(path, made, {{"made_by", "a test"}});
  EXPECT_TRUE(written.ok()) << written.error().ToString();
  std::ifstream stream(path, std::ios::binary);
  Delivered delivered;
  delivered.bytes.assign(std::istreambuf_iterator<char>(stream), {});
  auto& card = delivered.card;
  card.model = model;
  card.algorithm = made.algorithm;
  card.data = {.ratings = 10,
               .users = 5,
               .movies = movies,
               .next_offsets = {},
               .sha256 = std::string(64, 'd')};
  card.metrics = {{std::string(models::FindTask(model)->metric), metric}};
  card.code_version = "test";
  card.artefact_sha256 = written->sha256;
  card.artefact_bytes = written->bytes;
  card.created_at = Time{std::chrono::seconds{1'700'000'000}};
  return delivered;
}

}  // namespace marquee::registry::testing
