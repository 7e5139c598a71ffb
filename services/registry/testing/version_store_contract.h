// What every implementation of VersionStore must do: a typed suite, instantiated for memory in a
// unit test and for PostgreSQL in an integration test. A fixture type gives versions(), and says by
// Available() whether it can be had here.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/calls.h"
#include "registry/domain/ports.h"

namespace marquee::registry::testing {

inline NewVersion Version(const std::string& model, std::int64_t number, bool promote,
                          std::optional<std::int64_t> compared = {}) {
  const auto mark = std::to_string(number % 10);
  const auto id = model + "-" + std::to_string(number);
  return {.model = model,
          .run_id = number,
          .served = {id, std::string(63, 'a') + mark, 100 + number},
          .evaluation = {id + "-evaluation", std::string(63, 'b') + mark, 90 + number},
          .metrics = {{"ndcg_at_100", 0.25}},
          .card = "{}",
          .promote = promote,
          .champion_compared = compared};
}

template <typename Fixture>
class VersionStoreContract : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Fixture::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
    fixture_ = std::make_unique<Fixture>();
  }
  VersionStore& versions() { return fixture_->versions(); }

  // The next version of "ranking".
  ModelVersion Add(bool promote, std::optional<std::int64_t> compared = {}) {
    const auto added = versions().Add(Version("ranking", ++added_, promote, compared), kNoDeadline);
    EXPECT_TRUE(added.ok()) << added.error().ToString();
    EXPECT_TRUE(added->fresh);
    return added->version;
  }
  std::int64_t Alias(const std::string& alias) {
    const auto version = versions().GetAlias("ranking", alias, kNoDeadline);
    return version.ok() ? version->version : 0;
  }
  std::vector<std::string> Announced() {
    std::vector<std::string> seen;
    const auto count =
        versions().AnnouncePending(kNoDeadline, [&](const Promotion& promotion) -> Status {
          seen.push_back(promotion.model + "/" + promotion.alias + "=" +
                         std::to_string(promotion.version));
          return {};
        });
    EXPECT_TRUE(count.ok());
    EXPECT_EQ(count.value_or(-1), static_cast<int>(seen.size()));
    return seen;
  }

  std::unique_ptr<Fixture> fixture_;
  std::int64_t added_ = 0;
};

TYPED_TEST_SUITE_P(VersionStoreContract);

TYPED_TEST_P(VersionStoreContract, KeepsWhatWasRegistered) {
  const auto added = this->Add(true, 0);
  const auto version = this->versions().GetVersion("ranking", 1, kNoDeadline);
  ASSERT_TRUE(version.ok()) << version.error().ToString();
  const auto given = Version("ranking", 1, true);
  EXPECT_EQ(version->run_id, 1);
  EXPECT_EQ(version->served, given.served);
  EXPECT_EQ(version->evaluation, given.evaluation);
  EXPECT_EQ(version->metrics, given.metrics);
  EXPECT_EQ(version->card, "{}");
  EXPECT_EQ(version->aliases, (std::vector<std::string>{"candidate", "champion"}));
  EXPECT_EQ(version->created_at, added.created_at);
  EXPECT_EQ(this->versions().GetVersion("ranking", 2, kNoDeadline).error().reason,
            "model_version_unknown");
  EXPECT_EQ(this->versions().GetAlias("rating", "champion", kNoDeadline).error().reason,
            "alias_unset");
  EXPECT_EQ(this->versions().Artefacts(kNoDeadline)->size(), 2U);
}

TYPED_TEST_P(VersionStoreContract, AVersionMayHaveNoEvaluationArtefact) {
  auto version = Version("rating", 1, true, 0);
  version.evaluation = {};
  version.run_id = 0;
  ASSERT_TRUE(this->versions().Add(version, kNoDeadline).ok());
  EXPECT_EQ(this->versions().GetVersion("rating", 1, kNoDeadline)->evaluation, Artefact{});
  EXPECT_EQ(this->versions().Artefacts(kNoDeadline).value(), std::vector<std::string>{"rating-1"});
}

TYPED_TEST_P(VersionStoreContract, TheSameArtefactAgainIsTheSameVersion) {
  this->Add(true, 0);
  this->Add(true, 1);
  this->Announced();
  auto again = Version("ranking", 1, true);
  again.served.id = "another";
  const auto added = this->versions().Add(again, kNoDeadline);
  ASSERT_TRUE(added.ok()) << added.error().ToString();
  EXPECT_FALSE(added->fresh);
  EXPECT_EQ(added->version.version, 1);
  EXPECT_EQ(added->version.served.id, "ranking-1");
  EXPECT_EQ(this->Alias("champion"), 2);
  EXPECT_TRUE(this->Announced().empty());
  auto other = Version("rating", 1, true);
  other.served.sha256 = again.served.sha256;
  EXPECT_TRUE(this->versions().Add(other, kNoDeadline)->fresh) << "of another model";
}

TYPED_TEST_P(VersionStoreContract, OfManyAtOnceEachGetsItsNumber) {
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i <= 8; ++i) {
      threads.emplace_back([&, i] {
        const auto added = this->versions().Add(Version("ranking", i, false), kNoDeadline);
        EXPECT_TRUE(added.ok()) << added.error().ToString();
      });
    }
  }
  const auto versions = this->versions().ListVersions("ranking", 0, 20, kNoDeadline);
  ASSERT_EQ(versions->size(), 8U);
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_EQ((*versions)[i].version, static_cast<std::int64_t>(8 - i));
}

TYPED_TEST_P(VersionStoreContract, VersionsOfRunsAreFound) {
  this->Add(true, 0);
  this->Add(true, 1);
  ASSERT_TRUE(this->versions().Add(Version("rating", 2, true), kNoDeadline).ok());
  const auto found = this->versions().OfRuns({2, 7}, kNoDeadline);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].model, "ranking");
  EXPECT_EQ((*found)[1].model, "rating");
  EXPECT_TRUE(this->versions().OfRuns({}, kNoDeadline)->empty());
}

TYPED_TEST_P(VersionStoreContract, TakesOverByNumberWithAliases) {
  const auto before = [](std::int64_t number, std::vector<std::string> aliases) {
    const auto fresh = Version("ranking", number, false);
    ModelVersion version{.model = "ranking", .version = number, .run_id = number};
    version.aliases = std::move(aliases);
    version.served = fresh.served;
    version.evaluation = fresh.evaluation;
    version.created_at = Time{std::chrono::seconds{1'700'000'000}};
    version.metrics = fresh.metrics;
    version.card = fresh.card;
    return version;
  };
  auto without = before(1, {"champion"});
  without.served.id.clear();
  without.evaluation = {};
  ASSERT_TRUE(this->versions().TakeOver(without, kNoDeadline).ok());
  ASSERT_TRUE(this->versions().TakeOver(before(4, {"candidate"}), kNoDeadline).ok());
  EXPECT_EQ(this->Alias("champion"), 1);
  EXPECT_EQ(this->Alias("candidate"), 4);
  EXPECT_EQ(this->versions().GetVersion("ranking", 4, kNoDeadline)->created_at,
            Time{std::chrono::seconds{1'700'000'000}});
  EXPECT_EQ(this->Announced(),
            (std::vector<std::string>{"ranking/champion=1", "ranking/candidate=4"}));
  // Again, with the file that wasn't there the first time.
  const auto again = this->versions().TakeOver(before(1, {"champion", "candidate"}), kNoDeadline);
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  EXPECT_EQ(again->served.id, "ranking-1");
  EXPECT_EQ(again->evaluation.id, "ranking-1-evaluation");
  EXPECT_EQ(this->Alias("candidate"), 4) << "an alias that is here stays where it is";
  EXPECT_TRUE(this->Announced().empty());
  auto other = before(4, {});
  other.served.sha256 = std::string(64, 'f');
  EXPECT_EQ(this->versions().TakeOver(other, kNoDeadline).error().reason, "model_version_taken");
  // New ones are numbered after them.
  this->added_ = 4;
  EXPECT_EQ(this->Add(false).version, 5);
}

TYPED_TEST_P(VersionStoreContract, CandidateAlwaysMovesAndChampionByTheGate) {
  this->Add(true, 0);
  EXPECT_EQ(this->Alias("champion"), 1);
  this->Add(false);
  EXPECT_EQ(this->Alias("candidate"), 2);
  EXPECT_EQ(this->Alias("champion"), 1);
  this->Add(true, 1);
  EXPECT_EQ(this->Alias("champion"), 3);
  EXPECT_EQ(this->versions().ListVersions("ranking", 3, 10, kNoDeadline)->size(), 2U);
  EXPECT_EQ(this->versions().ListVersions("ranking", 0, 10, kNoDeadline)->front().version, 3);
}

TYPED_TEST_P(VersionStoreContract, ChampionMovedMeanwhileIsNotOverruled) {
  this->Add(true, 0);
  this->Add(true, 1);
  ASSERT_EQ(this->Alias("champion"), 2);
  this->Add(true, 1);  // compared with 1, which somebody has replaced since
  EXPECT_EQ(this->Alias("champion"), 2);
  EXPECT_EQ(this->Alias("candidate"), 3);
  this->Add(true);  // forced
  EXPECT_EQ(this->Alias("champion"), 4);
}

TYPED_TEST_P(VersionStoreContract, AliasMovesBackToAnOlderVersion) {
  this->Add(true, 0);
  this->Add(true, 1);
  this->Announced();
  const auto moved = this->versions().SetAlias("ranking", "champion", 1, kNoDeadline);
  ASSERT_TRUE(moved.ok()) << moved.error().ToString();
  EXPECT_EQ(moved->version, 1);
  EXPECT_EQ(moved->aliases, std::vector<std::string>{"champion"});
  EXPECT_EQ(this->Alias("champion"), 1);
  EXPECT_EQ(this->Announced(), std::vector<std::string>{"ranking/champion=1"});
  EXPECT_EQ(this->versions().SetAlias("ranking", "champion", 9, kNoDeadline).error().reason,
            "model_version_unknown");
  EXPECT_EQ(this->versions().SetAlias("rating", "champion", 1, kNoDeadline).error().reason,
            "model_version_unknown");
  EXPECT_TRUE(this->Announced().empty()) << "a refused move announces nothing";
}

TYPED_TEST_P(VersionStoreContract, PromotionsAreAnnouncedOnceInOrder) {
  this->Add(true, 0);
  EXPECT_EQ(this->versions().PendingAnnouncements(kNoDeadline).value(), 2);
  EXPECT_EQ(this->Announced(),
            (std::vector<std::string>{"ranking/candidate=1", "ranking/champion=1"}));
  EXPECT_TRUE(this->Announced().empty());
  EXPECT_EQ(this->versions().PendingAnnouncements(kNoDeadline).value(), 0);
}

TYPED_TEST_P(VersionStoreContract, WhatKafkaDidNotTakeIsAnnouncedLater) {
  this->Add(true, 0);
  int calls = 0;
  const auto first = this->versions().AnnouncePending(kNoDeadline, [&](const Promotion&) -> Status {
    if (++calls == 2) return Error::Unavailable("kafka_unavailable", "Kafka is away.");
    return {};
  });
  EXPECT_EQ(first.error().reason, "kafka_unavailable");
  EXPECT_EQ(this->versions().PendingAnnouncements(kNoDeadline).value(), 1);
  EXPECT_EQ(this->Announced(), std::vector<std::string>{"ranking/champion=1"});
}

REGISTER_TYPED_TEST_SUITE_P(VersionStoreContract, KeepsWhatWasRegistered,
                            AVersionMayHaveNoEvaluationArtefact,
                            TheSameArtefactAgainIsTheSameVersion, OfManyAtOnceEachGetsItsNumber,
                            VersionsOfRunsAreFound, TakesOverByNumberWithAliases,
                            CandidateAlwaysMovesAndChampionByTheGate,
                            ChampionMovedMeanwhileIsNotOverruled, AliasMovesBackToAnOlderVersion,
                            PromotionsAreAnnouncedOnceInOrder, WhatKafkaDidNotTakeIsAnnouncedLater);

}  // namespace marquee::registry::testing
