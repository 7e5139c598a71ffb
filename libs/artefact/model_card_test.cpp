#include "artefact/model_card.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace marquee::artefact {
namespace {

ModelCard Card() {
  ModelCard card;
  card.model = "ranking";
  card.algorithm = "ials";
  card.run_id = 7;
  card.data = {.ratings = 100'836,
               .users = 610,
               .movies = 9'724,
               .next_offsets = {12, 0, 9'007'199'254'740'993},
               .sha256 = std::string(64, 'a')};
  card.seed = -9'007'199'254'740'993;
  card.hyperparameters = {{"factors", 64}, {"regularization", 0.05}};
  card.metrics = {{"ndcg_at_100", 0.403}};
  card.code_version = "0.1.0";
  card.artefact_sha256 = std::string(64, '0');
  card.artefact_bytes = 2'500'000;
  card.created_at = Time{std::chrono::seconds{1'700'000'000}};
  return card;
}

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ModelCard, ReadsBackWhatItWrote) {
  const auto parsed = ParseModelCard(ToJson(Card()));
  ASSERT_TRUE(parsed.ok()) << parsed.error().ToString();
  EXPECT_EQ(*parsed, Card());
}

TEST(ModelCard, SaysTheDecisionWhereThereIsOne) {
  auto card = Card();
  EXPECT_EQ(ToJson(card).find("decision"), std::string::npos);
  card.decision = "beats_champion";
  const auto parsed = ParseModelCard(ToJson(card));
  ASSERT_TRUE(parsed.ok()) << parsed.error().ToString();
  EXPECT_EQ(parsed->decision, "beats_champion");
}

TEST(ModelCard, SaysHowManyTextsWhereThereAreAny) {
  auto card = Card();
  EXPECT_EQ(ToJson(card).find("texts"), std::string::npos);
  card.data.texts = 10'662;
  EXPECT_EQ(ParseModelCard(ToJson(card))->data.texts, 10'662);
}

TEST(ModelCard, LeavesOutMetricsThatAreNotFinite) {
  auto card = Card();
  card.metrics["broken"] = std::nan("");
  const auto parsed = ParseModelCard(ToJson(card));
  ASSERT_TRUE(parsed.ok()) << parsed.error().ToString();
  EXPECT_EQ(parsed->metrics, Card().metrics);
}

struct Broken {
  const char* name;
  const char* from;
  const char* to;
  const char* complaint;
};

class BrokenCard : public testing::TestWithParam<Broken> {};

TEST_P(BrokenCard, IsRefusedAndTheKeyNamed) {
  const auto parsed = ParseModelCard(Replace(ToJson(Card()), GetParam().from, GetParam().to));
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, Code::kDataLoss);
  EXPECT_EQ(parsed.error().reason, "model_card_invalid");
  EXPECT_NE(parsed.error().message.find(GetParam().complaint), std::string::npos)
      << parsed.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenCard,
    testing::Values(
        Broken{"NoJson", "{", "", "it isn't JSON"},
        Broken{"UnknownKey", "\"model\"", "\"colour\": 1, \"model\"", "colour is unknown"},
        Broken{"UnknownInnerKey", "\"ratings\"", "\"rows\": 1, \"ratings\"",
               "data.rows is unknown"},
        Broken{"RepeatedKey", "\"model\"", "\"seed\": 1, \"model\"", "repeats the key seed"},
        Broken{"MissingKey", "\"run_id\": 7,", "", "run_id is missing"},
        Broken{"MissingInnerKey", "\"users\": 610", "\"movies2\": 610", "data.users is missing"},
        Broken{"WrongType", "\"ials\"", "3", "algorithm is no string"},
        Broken{"FractionForACount", "610", "610.5", "data.users is no 64-bit integer"},
        Broken{"NegativeCount", "610", "-1", "data.users is below 0"},
        Broken{"TooLargeACount", "610", "18446744073709551615", "data.users is no 64-bit integer"},
        Broken{"TextAsMetric", "0.403", "\"good\"", "metrics.ndcg_at_100 is no finite number"},
        Broken{"ShortHash", "0000\"", "\"", "artefact_sha256 is no SHA-256"},
        Broken{"UpperCaseHash", "aaa", "AAA", "data.sha256 is no SHA-256"},
        Broken{"ImpossibleDay", "2023-11-14", "2023-11-34", "created_at is no RFC 3339"},
        Broken{"OtherVersion", "\"format_version\": 1", "\"format_version\": 2", "format_version"},
        Broken{"OffsetsAreNoArray", "\"next_offsets\": [", "\"next_offsets\": 1, \"x\": [",
               "next_offsets is no array"}),
    [](const auto& info) { return info.param.name; });

TEST(ModelCard, RefusesWhatIsNoObject) {
  EXPECT_FALSE(ParseModelCard("[]").ok());
  EXPECT_FALSE(ParseModelCard("").ok());
  EXPECT_FALSE(ParseModelCard("null").ok());
}

}  // namespace
}  // namespace marquee::artefact
