// What every implementation of RunRepository and ModelRegistry must do: a typed suite, instantiated
// for memory in a unit test and for PostgreSQL in an integration test. A fixture type gives runs(),
// registry() and LetTimePass(milliseconds), counts a run as dead kExpiry after its last heartbeat,
// and says by Available() whether it can be had here.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "trainer/domain/ports.h"

namespace marquee::trainer::testing {

inline constexpr std::chrono::milliseconds kExpiry{600};

inline Owner OwnerOf(const std::string& instance, const std::string& session) {
  return {instance, session};
}

inline NewVersion Version(const std::string& model, std::int64_t run_id, bool promote,
                          std::optional<std::int64_t> compared = {}) {
  const auto stem = model + "-run-" + std::to_string(run_id);
  return {.model = model,
          .file = stem + ".safetensors",
          .evaluation_file = stem + ".evaluation.safetensors",
          .sha256 = std::string(63, 'a') + std::to_string(run_id % 10),
          .size_bytes = 100 + run_id,
          .metrics = {{"ndcg_at_100", 0.25}},
          .card = "{}",
          .promote = promote,
          .champion_compared = compared};
}

template <typename Fixture>
class StoreContract : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Fixture::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
    fixture_ = std::make_unique<Fixture>();
  }
  RunRepository& runs() { return fixture_->runs(); }
  ModelRegistry& registry() { return fixture_->registry(); }

  std::int64_t Start() {
    auto started = runs().Start({}, owner_);
    EXPECT_TRUE(started.ok()) << started.error().ToString();
    return started->run.run_id;
  }
  // A run that registers one version of "ranking".
  std::int64_t Complete(bool promote, std::optional<std::int64_t> compared = {}) {
    const auto id = Start();
    const auto completed = registry().Complete(id, owner_, {.rating_count = 10},
                                               {Version("ranking", id, promote, compared)});
    EXPECT_TRUE(completed.ok()) << completed.error().ToString();
    return id;
  }
  std::int64_t Alias(const std::string& alias) {
    const auto version = registry().GetAlias("ranking", alias);
    return version.ok() ? version->version : 0;
  }
  std::vector<std::string> Announced() {
    std::vector<std::string> seen;
    const auto count = registry().AnnouncePending([&](const Promotion& promotion) -> Status {
      seen.push_back(promotion.model + "/" + promotion.alias + "=" +
                     std::to_string(promotion.version));
      return {};
    });
    EXPECT_TRUE(count.ok());
    EXPECT_EQ(count.value_or(-1), static_cast<int>(seen.size()));
    return seen;
  }

  std::unique_ptr<Fixture> fixture_;
  Owner owner_ = OwnerOf("host/1", "session-1");
  Owner restarted_ = OwnerOf("host/1", "session-2");
  Owner other_ = OwnerOf("host/2", "session-3");
};

TYPED_TEST_SUITE_P(StoreContract);

TYPED_TEST_P(StoreContract, KeepsWhatARunWasStartedWith) {
  const auto started = this->runs().Start(
      {.hyperparameters =
           {.factors = 8, .iterations = 3, .regularization = 0.5, .alpha = 4, .seed = -9},
       .force_promotion = true,
       .started_by = 1'000'000'001},
      this->owner_);
  ASSERT_TRUE(started.ok()) << started.error().ToString();
  EXPECT_TRUE(started->fresh);
  const auto run = this->runs().Get(started->run.run_id);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->state, RunState::kRunning);
  EXPECT_EQ(run->stage, Stage::kExport);
  EXPECT_EQ(run->hyperparameters, started->run.hyperparameters);
  EXPECT_EQ(run->hyperparameters.seed, -9);
  EXPECT_EQ(run->hyperparameters.regularization, 0.5);
  EXPECT_TRUE(run->force_promotion);
  EXPECT_EQ(run->started_by, 1'000'000'001);
  EXPECT_FALSE(run->ended_at.has_value());
  EXPECT_EQ(this->runs().Get(run->run_id + 1).error().reason, "training_run_unknown");
}

TYPED_TEST_P(StoreContract, OnlyOneRunAtATime) {
  const auto id = this->Start();
  EXPECT_EQ(this->runs().Start({}, this->other_).error().reason, "training_run_active");
  EXPECT_EQ(this->runs().Start({}, this->owner_).error().reason, "training_run_active");
  ASSERT_TRUE(this->runs().End(id, this->owner_, RunState::kFailed, "x: y", {}).ok());
  EXPECT_TRUE(this->runs().Start({}, this->other_).ok());
}

TYPED_TEST_P(StoreContract, OfManyStartsAtOnceOneWins) {
  std::atomic<int> won = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto started =
            this->runs().Start({}, OwnerOf("host/" + std::to_string(i), "s" + std::to_string(i)));
        if (started.ok()) ++won;
        if (!started.ok() && started.error().reason == "training_run_active") ++refused;
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 7);
}

TYPED_TEST_P(StoreContract, RepeatedRequestIsTheSameRun) {
  const NewRun request{.started_by = 5, .idempotency_key = "abc"};
  const auto first = this->runs().Start(request, this->owner_);
  const auto again = this->runs().Start(request, this->other_);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_FALSE(again->fresh);
  EXPECT_EQ(again->run.run_id, first->run.run_id);
  ASSERT_TRUE(this->runs().End(first->run.run_id, this->owner_, RunState::kFailed, "x", {}).ok());
  EXPECT_FALSE(this->runs().Start(request, this->owner_)->fresh);
  const auto others = this->runs().Start({.started_by = 6, .idempotency_key = "abc"}, this->owner_);
  ASSERT_TRUE(others.ok());
  EXPECT_TRUE(others->fresh) << "another person's key is another key";
}

TYPED_TEST_P(StoreContract, ScheduleWaitsForItsInterval) {
  using std::chrono::milliseconds;
  const auto first = this->runs().StartIfDue({}, this->owner_, milliseconds{400});
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  ASSERT_TRUE(first->has_value());
  EXPECT_FALSE(this->runs().StartIfDue({}, this->other_, milliseconds{1})->has_value())
      << "one is running";
  ASSERT_TRUE(this->runs().End((*first)->run_id, this->owner_, RunState::kFailed, "x", {}).ok());
  EXPECT_FALSE(this->runs().StartIfDue({}, this->other_, milliseconds{3'600'000})->has_value());
  this->fixture_->LetTimePass(milliseconds{450});
  EXPECT_TRUE(this->runs().StartIfDue({}, this->other_, milliseconds{400})->has_value());
}

TYPED_TEST_P(StoreContract, HeartbeatTellsProgressAndHearsTheCancellation) {
  const auto id = this->Start();
  EXPECT_FALSE(this->runs().Heartbeat(id, this->owner_, Stage::kTrainRating, 0.625).value());
  EXPECT_EQ(this->runs().Get(id)->stage, Stage::kTrainRating);
  EXPECT_EQ(this->runs().Get(id)->progress, 0.625);
  ASSERT_TRUE(this->runs().RequestCancel(id).ok());
  EXPECT_TRUE(this->runs().Heartbeat(id, this->owner_, Stage::kTrainRating, 0.7).value());
  EXPECT_EQ(this->runs().RequestCancel(id + 1).error().reason, "training_run_unknown");
}

TYPED_TEST_P(StoreContract, EndedRunStaysAsItEnded) {
  const auto id = this->Start();
  ASSERT_TRUE(
      this->runs()
          .End(id, this->owner_, RunState::kCancelled, "cancelled: why",
               {.rating_count = 7, .hyperparameters = {.factors = 64}, .metrics = {{"a", 0.1}}})
          .ok());
  ASSERT_TRUE(this->runs().RequestCancel(id).ok());
  EXPECT_EQ(this->runs().End(id, this->owner_, RunState::kFailed, "", {}).error().reason,
            "run_fenced");
  EXPECT_EQ(this->runs().Heartbeat(id, this->owner_, Stage::kSave, 1).error().reason, "run_fenced");
  EXPECT_EQ(this->registry().Complete(id, this->owner_, {}, {}).error().reason, "run_fenced");
  const auto run = this->runs().Get(id);
  EXPECT_EQ(run->state, RunState::kCancelled);
  EXPECT_EQ(run->error, "cancelled: why");
  EXPECT_EQ(run->rating_count, 7);
  EXPECT_EQ(run->hyperparameters.factors, 64);
  EXPECT_EQ(run->metrics, (std::map<std::string, double>{{"a", 0.1}}));
  EXPECT_TRUE(run->ended_at.has_value());
}

TYPED_TEST_P(StoreContract, ARunWithTooLittleToTrainOnIsSkipped) {
  const auto id = this->Start();
  ASSERT_TRUE(
      this->runs().End(id, this->owner_, RunState::kSkipped, "not_enough_ratings: None.", {}).ok());
  EXPECT_EQ(this->runs().Get(id)->state, RunState::kSkipped);
  EXPECT_TRUE(this->runs().LastEnd(RunState::kSkipped)->has_value());
  EXPECT_FALSE(this->runs().LastEnd(RunState::kFailed)->has_value());
}

TYPED_TEST_P(StoreContract, RestartedInstanceFailsItsPredecessorsRunAtOnce) {
  const auto id = this->Start();
  EXPECT_TRUE(this->runs().FailAbandoned(this->owner_)->empty()) << "its own run";
  EXPECT_TRUE(this->runs().FailAbandoned(this->other_)->empty()) << "a living replica's run";
  EXPECT_EQ(this->runs().FailAbandoned(this->restarted_).value(), std::vector<std::int64_t>{id});
  const auto run = this->runs().Get(id);
  EXPECT_EQ(run->state, RunState::kFailed);
  EXPECT_EQ(run->error.substr(0, 13), "trainer_died:");
  EXPECT_EQ(this->registry()
                .Complete(id, this->owner_, {}, {Version("ranking", id, true)})
                .error()
                .reason,
            "run_fenced");
  EXPECT_EQ(this->Alias("candidate"), 0) << "a fenced run registers nothing";
}

TYPED_TEST_P(StoreContract, RunWithoutHeartbeatsIsDead) {
  const auto id = this->Start();
  this->fixture_->LetTimePass(kExpiry / 2);
  ASSERT_TRUE(this->runs().Heartbeat(id, this->owner_, Stage::kExport, 0).ok());
  EXPECT_TRUE(this->runs().FailAbandoned(this->other_)->empty());
  this->fixture_->LetTimePass(kExpiry + std::chrono::milliseconds{100});
  EXPECT_FALSE(this->runs().LastEnd(RunState::kFailed)->has_value());
  EXPECT_EQ(this->runs().FailAbandoned(this->other_).value(), std::vector<std::int64_t>{id});
  EXPECT_EQ(this->runs().Get(id)->state, RunState::kFailed);
  EXPECT_TRUE(this->runs().LastEnd(RunState::kFailed)->has_value());
  ASSERT_TRUE(this->runs().Start({}, this->other_).ok()) << "a dead run blocks nobody";
}

TYPED_TEST_P(StoreContract, ListsRunsLatestFirstInPages) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(this->Start());
    ASSERT_TRUE(this->runs().End(ids.back(), this->owner_, RunState::kFailed, "", {}).ok());
  }
  const auto first = this->runs().List(0, 2);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_EQ((*first)[0].run_id, ids[2]);
  EXPECT_EQ((*first)[1].run_id, ids[1]);
  const auto rest = this->runs().List(ids[1], 2);
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ((*rest)[0].run_id, ids[0]);
}

TYPED_TEST_P(StoreContract, CompletedRunHasItsVersions) {
  EXPECT_FALSE(this->runs().LastEnd(RunState::kSucceeded)->has_value());
  const auto id = this->Start();
  ASSERT_TRUE(this->registry()
                  .Complete(id, this->owner_,
                            {.rating_count = 42, .metrics = {{"rating.rmse", 0.8}}},
                            {Version("ranking", id, true, 0), Version("rating", id, false)})
                  .ok());
  const auto run = this->runs().Get(id);
  EXPECT_EQ(run->state, RunState::kSucceeded);
  EXPECT_EQ(run->stage, Stage::kDone);
  EXPECT_EQ(run->progress, 1);
  EXPECT_EQ(run->rating_count, 42);
  ASSERT_EQ(run->model_versions.size(), 2U);
  const auto& ranking =
      run->model_versions[0].model == "ranking" ? run->model_versions[0] : run->model_versions[1];
  EXPECT_EQ(ranking.version, 1);
  EXPECT_EQ(ranking.run_id, id);
  EXPECT_EQ(ranking.sha256, Version("ranking", id, true).sha256);
  EXPECT_EQ(ranking.size_bytes, 100 + id);
  EXPECT_EQ(ranking.metrics, (std::map<std::string, double>{{"ndcg_at_100", 0.25}}));
  EXPECT_EQ(ranking.aliases, (std::vector<std::string>{"candidate", "champion"}));
  EXPECT_EQ(this->registry().GetAlias("rating", "champion").error().reason, "alias_unset");
  EXPECT_EQ(this->registry().RegisteredFiles()->size(), 4U);
  EXPECT_TRUE(this->runs().LastEnd(RunState::kSucceeded)->has_value());
  EXPECT_FALSE(this->runs().LastEnd(RunState::kFailed)->has_value());
}

TYPED_TEST_P(StoreContract, CandidateAlwaysMovesAndChampionByTheGate) {
  this->Complete(true, 0);
  EXPECT_EQ(this->Alias("champion"), 1);
  this->Complete(false);
  EXPECT_EQ(this->Alias("candidate"), 2);
  EXPECT_EQ(this->Alias("champion"), 1);
  this->Complete(true, 1);
  EXPECT_EQ(this->Alias("champion"), 3);
  EXPECT_EQ(this->registry().ListVersions("ranking", 3, 10)->size(), 2U);
  EXPECT_EQ(this->registry().ListVersions("ranking", 0, 10)->front().version, 3);
}

TYPED_TEST_P(StoreContract, ChampionMovedMeanwhileIsNotOverruled) {
  this->Complete(true, 0);
  this->Complete(true, 1);
  ASSERT_EQ(this->Alias("champion"), 2);
  this->Complete(true, 1);  // compared with 1, which somebody has replaced since
  EXPECT_EQ(this->Alias("champion"), 2);
  EXPECT_EQ(this->Alias("candidate"), 3);
  this->Complete(true);  // forced
  EXPECT_EQ(this->Alias("champion"), 4);
}

TYPED_TEST_P(StoreContract, AliasMovesBackToAnOlderVersion) {
  this->Complete(true, 0);
  this->Complete(true, 1);
  this->Announced();
  const auto moved = this->registry().SetAlias("ranking", "champion", 1, 77);
  ASSERT_TRUE(moved.ok()) << moved.error().ToString();
  EXPECT_EQ(moved->version, 1);
  EXPECT_EQ(moved->aliases, std::vector<std::string>{"champion"});
  EXPECT_EQ(this->Alias("champion"), 1);
  EXPECT_EQ(this->Announced(), std::vector<std::string>{"ranking/champion=1"});
  EXPECT_EQ(this->registry().SetAlias("ranking", "champion", 9, 77).error().reason,
            "model_version_unknown");
  EXPECT_EQ(this->registry().SetAlias("rating", "champion", 1, 77).error().reason,
            "model_version_unknown");
  EXPECT_TRUE(this->Announced().empty()) << "a refused move announces nothing";
}

TYPED_TEST_P(StoreContract, PromotionsAreAnnouncedOnceInOrder) {
  this->Complete(true, 0);
  EXPECT_EQ(this->registry().PendingAnnouncements().value(), 2);
  EXPECT_EQ(this->Announced(),
            (std::vector<std::string>{"ranking/candidate=1", "ranking/champion=1"}));
  EXPECT_TRUE(this->Announced().empty());
  EXPECT_EQ(this->registry().PendingAnnouncements().value(), 0);
}

TYPED_TEST_P(StoreContract, WhatKafkaDidNotTakeIsAnnouncedLater) {
  this->Complete(true, 0);
  int calls = 0;
  const auto first = this->registry().AnnouncePending([&](const Promotion&) -> Status {
    if (++calls == 2) return Error::Unavailable("kafka_unavailable", "Kafka is away.");
    return {};
  });
  EXPECT_EQ(first.error().reason, "kafka_unavailable");
  EXPECT_EQ(this->registry().PendingAnnouncements().value(), 1);
  EXPECT_EQ(this->Announced(), std::vector<std::string>{"ranking/champion=1"});
}

REGISTER_TYPED_TEST_SUITE_P(StoreContract, KeepsWhatARunWasStartedWith, OnlyOneRunAtATime,
                            OfManyStartsAtOnceOneWins, RepeatedRequestIsTheSameRun,
                            ScheduleWaitsForItsInterval,
                            HeartbeatTellsProgressAndHearsTheCancellation, EndedRunStaysAsItEnded,
                            ARunWithTooLittleToTrainOnIsSkipped,
                            RestartedInstanceFailsItsPredecessorsRunAtOnce,
                            RunWithoutHeartbeatsIsDead, ListsRunsLatestFirstInPages,
                            CompletedRunHasItsVersions, CandidateAlwaysMovesAndChampionByTheGate,
                            ChampionMovedMeanwhileIsNotOverruled, AliasMovesBackToAnOlderVersion,
                            PromotionsAreAnnouncedOnceInOrder, WhatKafkaDidNotTakeIsAnnouncedLater);

}  // namespace marquee::trainer::testing
