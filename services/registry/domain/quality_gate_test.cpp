#include "registry/domain/quality_gate.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>

#include "models/registry.h"
#include "registry/domain/model_version.h"

namespace marquee::registry {
namespace {

constexpr char kRanking[] = "ranking";
constexpr char kRating[] = "rating";
const double kNan = std::numeric_limits<double>::quiet_NaN();

struct Case {
  const char* name;
  const char* model;
  GateInput input;
  bool promote;
  const char* reason;
};

class Gate : public testing::TestWithParam<Case> {};

TEST_P(Gate, Decides) {
  const auto decision = Decide(ObjectiveOf(*models::FindTask(GetParam().model)), GetParam().input);
  EXPECT_EQ(decision.promote, GetParam().promote);
  EXPECT_EQ(decision.reason, GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    All, Gate,
    testing::Values(
        Case{"FirstVersion", kRanking, {.candidate = 0.1}, true, "first_version"},
        Case{"BetterRanking",
             kRanking,
             {.candidate = 0.41, .champion_exists = true, .champion = 0.40},
             true,
             "beats_champion"},
        Case{"WorseRanking",
             kRanking,
             {.candidate = 0.39, .champion_exists = true, .champion = 0.40},
             false,
             "does_not_beat_champion"},
        Case{"EqualRanking",
             kRanking,
             {.candidate = 0.40, .champion_exists = true, .champion = 0.40},
             false,
             "does_not_beat_champion"},
        Case{"LowerRmseIsBetter",
             kRating,
             {.candidate = 0.84, .champion_exists = true, .champion = 0.85},
             true,
             "beats_champion"},
        Case{"HigherRmseIsWorse",
             kRating,
             {.candidate = 0.86, .champion_exists = true, .champion = 0.85},
             false,
             "does_not_beat_champion"},
        Case{"BetterByLessThanTheLeast",
             kRating,
             {.candidate = 0.849999,
              .champion_exists = true,
              .champion = 0.85,
              .min_improvement = 1e-4},
             false,
             "does_not_beat_champion"},
        Case{"BetterByMoreThanTheLeast",
             kRating,
             {.candidate = 0.8498,
              .champion_exists = true,
              .champion = 0.85,
              .min_improvement = 1e-4},
             true,
             "beats_champion"},
        Case{"RankingBetterByLessThanTheLeast",
             kRanking,
             {.candidate = 0.40005,
              .champion_exists = true,
              .champion = 0.40,
              .min_improvement = 1e-4},
             false,
             "does_not_beat_champion"},
        Case{"BetterButMaybeByChance",
             kRanking,
             {.candidate = 0.41, .champion_exists = true, .champion = 0.40, .gain_lower = -0.002},
             false,
             "gain_within_noise"},
        Case{"BetterBeyondChance",
             kRating,
             {.candidate = 0.84, .champion_exists = true, .champion = 0.85, .gain_lower = 0.002},
             true,
             "beats_champion"},
        Case{"WorseIsNoMatterOfChance",
             kRanking,
             {.candidate = 0.39, .champion_exists = true, .champion = 0.40, .gain_lower = -0.02},
             false,
             "does_not_beat_champion"},
        Case{"ForcedThoughMaybeByChance",
             kRanking,
             {.candidate = 0.41,
              .champion_exists = true,
              .champion = 0.40,
              .gain_lower = -0.002,
              .force = true},
             true,
             "forced"},
        Case{"AnyBetterWithoutALeast",
             kRating,
             {.candidate = 0.849999, .champion_exists = true, .champion = 0.85},
             true,
             "beats_champion"},
        Case{"ForcedThoughWorse",
             kRanking,
             {.candidate = 0.1, .champion_exists = true, .champion = 0.4, .force = true},
             true,
             "forced"},
        Case{"ChampionNotServable",
             kRanking,
             {.candidate = 0.1,
              .champion_exists = true,
              .champion_servable = false,
              .champion = 0.4},
             true,
             "champion_not_servable"},
        Case{"ChampionNotServableOfUnknownQuality",
             kRating,
             {.candidate = 0.9, .champion_exists = true, .champion_servable = false},
             true,
             "champion_not_servable"},
        Case{"NotFiniteThoughTheChampionIsNotServable",
             kRanking,
             {.candidate = kNan, .champion_exists = true, .champion_servable = false},
             false,
             "metric_not_finite"},
        Case{"NotFinite", kRanking, {.candidate = kNan}, false, "metric_not_finite"},
        Case{"NotFiniteThoughForced",
             kRating,
             {.candidate = kNan, .force = true},
             false,
             "metric_not_finite"},
        Case{"ChampionUnknown",
             kRanking,
             {.candidate = 0.4, .champion_exists = true},
             false,
             "champion_not_comparable"},
        Case{"ChampionNotFinite",
             kRanking,
             {.candidate = 0.4, .champion_exists = true, .champion = kNan},
             false,
             "champion_not_comparable"}),
    [](const auto& info) { return info.param.name; });

TEST(FromRecord, GoesWithTheBaseline) {
  const auto rating = ObjectiveOf(*models::FindTask(kRating));
  const std::map<std::string, double> record = {{"rmse", 0.80}, {"bias.rmse", 0.88}};
  EXPECT_EQ(FromRecord(rating, record, {{"bias.rmse", 0.99}}, true), 0.80);
  EXPECT_DOUBLE_EQ(FromRecord(rating, record, {{"bias.rmse", 0.99}}, false).value(), 0.90);
  EXPECT_EQ(FromRecord(rating, record, {}, false), 0.80) << "no baseline today";
  EXPECT_EQ(FromRecord(rating, {{"rmse", 0.80}}, {{"bias.rmse", 0.99}}, false), 0.80);
  EXPECT_EQ(FromRecord(rating, {{"rmse", 0.8}, {"bias.rmse", 0}}, {{"bias.rmse", 0.99}}, false),
            0.8);
  EXPECT_EQ(FromRecord(rating, {}, {{"bias.rmse", 0.99}}, false), std::nullopt);
}

TEST(ModelVersion, KnowsItsModelsAndAliases) {
  EXPECT_TRUE(CheckModel("ranking").ok());
  EXPECT_TRUE(CheckModel("rating").ok());
  EXPECT_EQ(CheckModel("../rating").error().reason, "model_unknown");
  EXPECT_TRUE(CheckAlias("champion").ok());
  EXPECT_TRUE(CheckAlias("candidate").ok());
  EXPECT_EQ(CheckAlias("latest").error().reason, "alias_unknown");
}

}  // namespace
}  // namespace marquee::registry
