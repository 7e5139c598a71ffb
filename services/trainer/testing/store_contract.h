// What every implementation of RunRepository must do: a typed suite, instantiated for memory in a
// unit test and for PostgreSQL in an integration test. A fixture type gives runs() and
// LetTimePass(milliseconds), counts a run as dead kExpiry after its last heartbeat,
// and says by Available() whether it can be had here.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/calls.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer::testing {

inline constexpr std::chrono::milliseconds kExpiry{600};

inline Owner OwnerOf(const std::string& instance, const std::string& session) {
  return {instance, session};
}

template <typename Fixture>
class StoreContract : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Fixture::Available()) GTEST_SKIP() << "MARQUEE_TEST_POSTGRES_URI isn't set";
    fixture_ = std::make_unique<Fixture>();
  }
  RunRepository& runs() { return fixture_->runs(); }

  std::int64_t Start() {
    auto started = runs().Start({}, owner_, kNoDeadline);
    EXPECT_TRUE(started.ok()) << started.error().ToString();
    return started->run.run_id;
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
      this->owner_, kNoDeadline);
  ASSERT_TRUE(started.ok()) << started.error().ToString();
  EXPECT_TRUE(started->fresh);
  const auto run = this->runs().Get(started->run.run_id, kNoDeadline);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->state, RunState::kRunning);
  EXPECT_EQ(run->stage, Stage::kExport);
  EXPECT_EQ(run->hyperparameters, started->run.hyperparameters);
  EXPECT_EQ(run->hyperparameters.seed, -9);
  EXPECT_EQ(run->hyperparameters.regularization, 0.5);
  EXPECT_TRUE(run->force_promotion);
  EXPECT_EQ(run->started_by, 1'000'000'001);
  EXPECT_FALSE(run->ended_at.has_value());
  EXPECT_EQ(this->runs().Get(run->run_id + 1, kNoDeadline).error().reason, "training_run_unknown");
}

TYPED_TEST_P(StoreContract, OnlyOneRunAtATime) {
  const auto id = this->Start();
  EXPECT_EQ(this->runs().Start({}, this->other_, kNoDeadline).error().reason,
            "training_run_active");
  EXPECT_EQ(this->runs().Start({}, this->owner_, kNoDeadline).error().reason,
            "training_run_active");
  ASSERT_TRUE(this->runs().End(id, this->owner_, RunState::kFailed, "x: y", {}, kNoDeadline).ok());
  EXPECT_TRUE(this->runs().Start({}, this->other_, kNoDeadline).ok());
}

TYPED_TEST_P(StoreContract, OfManyStartsAtOnceOneWins) {
  std::atomic<int> won = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto started = this->runs().Start(
            {}, OwnerOf("host/" + std::to_string(i), "s" + std::to_string(i)), kNoDeadline);
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
  const auto first = this->runs().Start(request, this->owner_, kNoDeadline);
  const auto again = this->runs().Start(request, this->other_, kNoDeadline);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_FALSE(again->fresh);
  EXPECT_EQ(again->run.run_id, first->run.run_id);
  ASSERT_TRUE(this->runs()
                  .End(first->run.run_id, this->owner_, RunState::kFailed, "x", {}, kNoDeadline)
                  .ok());
  EXPECT_FALSE(this->runs().Start(request, this->owner_, kNoDeadline)->fresh);
  const auto others =
      this->runs().Start({.started_by = 6, .idempotency_key = "abc"}, this->owner_, kNoDeadline);
  ASSERT_TRUE(others.ok());
  EXPECT_TRUE(others->fresh) << "another person's key is another key";
}

TYPED_TEST_P(StoreContract, ScheduleWaitsForItsInterval) {
  using std::chrono::milliseconds;
  const auto first = this->runs().StartIfDue({}, this->owner_, milliseconds{400}, kNoDeadline);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  ASSERT_TRUE(first->has_value());
  EXPECT_FALSE(this->runs().StartIfDue({}, this->other_, milliseconds{1}, kNoDeadline)->has_value())
      << "one is running";
  ASSERT_TRUE(this->runs()
                  .End((*first)->run_id, this->owner_, RunState::kFailed, "x", {}, kNoDeadline)
                  .ok());
  EXPECT_FALSE(
      this->runs().StartIfDue({}, this->other_, milliseconds{3'600'000}, kNoDeadline)->has_value());
  this->fixture_->LetTimePass(milliseconds{450});
  EXPECT_TRUE(
      this->runs().StartIfDue({}, this->other_, milliseconds{400}, kNoDeadline)->has_value());
}

TYPED_TEST_P(StoreContract, HeartbeatTellsProgressAndHearsTheCancellation) {
  const auto id = this->Start();
  EXPECT_FALSE(
      this->runs().Heartbeat(id, this->owner_, Stage::kTrainRating, 0.625, kNoDeadline).value());
  EXPECT_EQ(this->runs().Get(id, kNoDeadline)->stage, Stage::kTrainRating);
  EXPECT_EQ(this->runs().Get(id, kNoDeadline)->progress, 0.625);
  ASSERT_TRUE(this->runs().RequestCancel(id, kNoDeadline).ok());
  EXPECT_TRUE(
      this->runs().Heartbeat(id, this->owner_, Stage::kTrainRating, 0.7, kNoDeadline).value());
  EXPECT_EQ(this->runs().RequestCancel(id + 1, kNoDeadline).error().reason, "training_run_unknown");
}

TYPED_TEST_P(StoreContract, EndedRunStaysAsItEnded) {
  const auto id = this->Start();
  ASSERT_TRUE(
      this->runs()
          .End(id, this->owner_, RunState::kCancelled, "cancelled: why",
               {.rating_count = 7, .hyperparameters = {.factors = 64}, .metrics = {{"a", 0.1}}},
               kNoDeadline)
          .ok());
  ASSERT_TRUE(this->runs().RequestCancel(id, kNoDeadline).ok());
  EXPECT_EQ(
      this->runs().End(id, this->owner_, RunState::kFailed, "", {}, kNoDeadline).error().reason,
      "run_fenced");
  EXPECT_EQ(this->runs().Heartbeat(id, this->owner_, Stage::kSave, 1, kNoDeadline).error().reason,
            "run_fenced");
  const auto run = this->runs().Get(id, kNoDeadline);
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
      this->runs()
          .End(id, this->owner_, RunState::kSkipped, "not_enough_ratings: None.", {}, kNoDeadline)
          .ok());
  EXPECT_EQ(this->runs().Get(id, kNoDeadline)->state, RunState::kSkipped);
  EXPECT_TRUE(this->runs().LastEnd(RunState::kSkipped, kNoDeadline)->has_value());
  EXPECT_FALSE(this->runs().LastEnd(RunState::kFailed, kNoDeadline)->has_value());
}

TYPED_TEST_P(StoreContract, RestartedInstanceFailsItsPredecessorsRunAtOnce) {
  const auto id = this->Start();
  EXPECT_TRUE(this->runs().FailAbandoned(this->owner_, kNoDeadline)->empty()) << "its own run";
  EXPECT_TRUE(this->runs().FailAbandoned(this->other_, kNoDeadline)->empty())
      << "a living replica's run";
  EXPECT_EQ(this->runs().FailAbandoned(this->restarted_, kNoDeadline).value(),
            std::vector<std::int64_t>{id});
  const auto run = this->runs().Get(id, kNoDeadline);
  EXPECT_EQ(run->state, RunState::kFailed);
  EXPECT_EQ(run->error.substr(0, 13), "trainer_died:");
  EXPECT_EQ(
      this->runs().End(id, this->owner_, RunState::kSucceeded, "", {}, kNoDeadline).error().reason,
      "run_fenced");
}

TYPED_TEST_P(StoreContract, RunWithoutHeartbeatsIsDead) {
  const auto id = this->Start();
  this->fixture_->LetTimePass(kExpiry / 2);
  ASSERT_TRUE(this->runs().Heartbeat(id, this->owner_, Stage::kExport, 0, kNoDeadline).ok());
  EXPECT_TRUE(this->runs().FailAbandoned(this->other_, kNoDeadline)->empty());
  this->fixture_->LetTimePass(kExpiry + std::chrono::milliseconds{100});
  EXPECT_FALSE(this->runs().LastEnd(RunState::kFailed, kNoDeadline)->has_value());
  EXPECT_EQ(this->runs().FailAbandoned(this->other_, kNoDeadline).value(),
            std::vector<std::int64_t>{id});
  EXPECT_EQ(this->runs().Get(id, kNoDeadline)->state, RunState::kFailed);
  EXPECT_TRUE(this->runs().LastEnd(RunState::kFailed, kNoDeadline)->has_value());
  ASSERT_TRUE(this->runs().Start({}, this->other_, kNoDeadline).ok()) << "a dead run blocks nobody";
}

TYPED_TEST_P(StoreContract, ListsRunsLatestFirstInPages) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(this->Start());
    ASSERT_TRUE(
        this->runs().End(ids.back(), this->owner_, RunState::kFailed, "", {}, kNoDeadline).ok());
  }
  const auto first = this->runs().List(0, 2, kNoDeadline);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_EQ((*first)[0].run_id, ids[2]);
  EXPECT_EQ((*first)[1].run_id, ids[1]);
  const auto rest = this->runs().List(ids[1], 2, kNoDeadline);
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ((*rest)[0].run_id, ids[0]);
}

TYPED_TEST_P(StoreContract, ARunThatSucceededIsDone) {
  EXPECT_FALSE(this->runs().LastEnd(RunState::kSucceeded, kNoDeadline)->has_value());
  const auto id = this->Start();
  ASSERT_TRUE(this->runs()
                  .End(id, this->owner_, RunState::kSucceeded, "",
                       {.rating_count = 42, .metrics = {{"rating.rmse", 0.8}}}, kNoDeadline)
                  .ok());
  const auto run = this->runs().Get(id, kNoDeadline);
  EXPECT_EQ(run->state, RunState::kSucceeded);
  EXPECT_EQ(run->stage, Stage::kDone);
  EXPECT_EQ(run->progress, 1);
  EXPECT_EQ(run->rating_count, 42);
  EXPECT_EQ(run->metrics, (std::map<std::string, double>{{"rating.rmse", 0.8}}));
  EXPECT_TRUE(this->runs().LastEnd(RunState::kSucceeded, kNoDeadline)->has_value());
  EXPECT_FALSE(this->runs().LastEnd(RunState::kFailed, kNoDeadline)->has_value());
}

REGISTER_TYPED_TEST_SUITE_P(StoreContract, KeepsWhatARunWasStartedWith, OnlyOneRunAtATime,
                            OfManyStartsAtOnceOneWins, RepeatedRequestIsTheSameRun,
                            ScheduleWaitsForItsInterval,
                            HeartbeatTellsProgressAndHearsTheCancellation, EndedRunStaysAsItEnded,
                            ARunWithTooLittleToTrainOnIsSkipped,
                            RestartedInstanceFailsItsPredecessorsRunAtOnce,
                            RunWithoutHeartbeatsIsDead, ListsRunsLatestFirstInPages,
                            ARunThatSucceededIsDone);

}  // namespace marquee::trainer::testing
