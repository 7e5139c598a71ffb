// The life of a run: real training on a small audience, on a store in memory.
#include "trainer/app/trainer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "base/testing/calls.h"
#include "trainer/app/housekeeping.h"
#include "trainer/app/workspace.h"
#include "trainer/testing/fakes.h"
#include "trainer/testing/latent_ratings.h"
#include "trainer/testing/memory_store.h"

namespace marquee::trainer {
namespace {

using std::chrono::milliseconds;
using testing::LatentRatings;

constexpr Hyperparameters kSmall{.factors = 8, .iterations = 4};

class TrainerTest : public ::testing::Test {
 protected:
  TrainerTest() { ratings_.Give(LatentRatings()); }

  std::unique_ptr<Trainer> Make(const std::string& session = "session-1") {
    return std::make_unique<Trainer>(store_, registry_, job_, trainer_metrics_,
                                     TrainerOptions{.owner = {"host", session},
                                                    .heartbeat = milliseconds{10},
                                                    .settle_timeout = milliseconds{3'000}},
                                     [this] { return may_start_; });
  }
  // Watches until the end.
  static TrainingRun Await(Trainer& trainer, std::int64_t run_id) {
    TrainingRun last;
    const auto watched = trainer.Watch(
        run_id, kNoDeadline,
        [&](const TrainingRun& run) {
          last = run;
          return true;
        },
        [] { return false; });
    EXPECT_TRUE(watched.ok()) << watched.error().ToString();
    return last;
  }

  // How many runs were counted as ended so.
  int Ended(const std::string& result) const {
    const auto text = metrics_.Text();
    const auto name = "marquee_trainer_run_duration_seconds_count{result=\"" + result + "\"} ";
    const auto at = text.find(name);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + name.size()));
  }

  testing::MemoryStore store_;
  testing::FakeRatings ratings_;
  testing::FakeContent content_;
  TemporaryFolder temporary_;
  metrics::Metrics metrics_;
  TrainerMetrics trainer_metrics_{metrics_};
  testing::FakeRegistry registry_;
  TrainingJob job_{ratings_, content_, registry_, testing::Options("1", temporary_.path()),
                   SystemClock()};
  Status may_start_;
};

TEST_F(TrainerTest, RunSucceedsAndIsWatchedToItsEnd) {
  const auto trainer = Make();
  ratings_.Hold();
  const auto run = trainer->Start({.hyperparameters = kSmall, .started_by = 9}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->state, RunState::kRunning);
  std::vector<TrainingRun> seen;
  const auto watched = trainer->Watch(
      run->run_id, kNoDeadline,
      [&](const TrainingRun& now) {
        if (seen.empty()) ratings_.LetGo();
        seen.push_back(now);
        return true;
      },
      [] { return false; });
  ASSERT_TRUE(watched.ok()) << watched.error().ToString();
  ASSERT_GE(seen.size(), 2U) << "at once, and at the end";
  EXPECT_EQ(seen.front().state, RunState::kRunning);
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_GE(seen[i].progress, seen[i - 1].progress);
  const auto& end = seen.back();
  EXPECT_EQ(end.state, RunState::kSucceeded);
  EXPECT_EQ(end.stage, Stage::kDone);
  EXPECT_EQ(end.progress, 1);
  EXPECT_EQ(end.model_versions.size(), 2U);
  EXPECT_EQ(end.started_by, 9);
  trainer->Stop();
  EXPECT_NE(
      metrics_.Text().find("marquee_trainer_run_duration_seconds_count{result=\"succeeded\"} 1"),
      std::string::npos);
  EXPECT_TRUE(temporary_.Files().empty()) << "the registry has them";
}

TEST_F(TrainerTest, SecondRunIsRefusedUntilTheFirstHasEnded) {
  const auto trainer = Make();
  ratings_.Hold();
  const auto first = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(trainer->Start({}, kNoDeadline).error().reason, "training_run_active");
  ratings_.LetGo();
  EXPECT_EQ(Await(*trainer, first->run_id).state, RunState::kSucceeded);
  const auto second = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(second.ok()) << second.error().ToString();
  EXPECT_EQ(Await(*trainer, second->run_id).state, RunState::kSucceeded);
}

TEST_F(TrainerTest, WrongHyperparametersStartNothing) {
  const auto trainer = Make();
  EXPECT_EQ(trainer->Start({.hyperparameters = {.factors = 9'999}}, kNoDeadline).error().code,
            Code::kInvalidArgument);
  EXPECT_TRUE(trainer->List(0, 10, kNoDeadline)->empty());
}

TEST_F(TrainerTest, RunIsCancelledAndLeavesNothing) {
  const auto trainer = Make();
  ratings_.Hold();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  ratings_.AwaitExport();
  const auto cancelled = trainer->Cancel(run->run_id, milliseconds{10'000}, kNoDeadline);
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(cancelled->state, RunState::kCancelled);
  EXPECT_EQ(cancelled->error, "cancelled: Somebody asked for it.");
  EXPECT_EQ(trainer->Cancel(run->run_id, milliseconds{0}, kNoDeadline)->state,
            RunState::kCancelled);
  trainer->Stop();
  EXPECT_TRUE(temporary_.Files().empty());
  EXPECT_TRUE(registry_.kept().empty());
}

TEST_F(TrainerTest, RunIsCancelledByWordOfAnotherReplica) {
  const auto trainer = Make();
  const auto other = Make("session-2");
  ratings_.Hold();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  const auto cancelled = other->Cancel(run->run_id, milliseconds{10'000}, kNoDeadline);
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(cancelled->state, RunState::kCancelled);
}

TEST_F(TrainerTest, StopCancelsTheRunAndRefusesNewOnes) {
  const auto trainer = Make();
  ratings_.Hold();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  ratings_.AwaitExport();
  trainer->Stop();
  const auto stopped = store_.Get(run->run_id, kNoDeadline);
  EXPECT_EQ(stopped->state, RunState::kCancelled);
  EXPECT_EQ(stopped->error, "trainer_stopped: The trainer was stopped.");
  EXPECT_EQ(trainer->Start({}, kNoDeadline).error().reason, "trainer_stopping");
  EXPECT_TRUE(temporary_.Files().empty());
}

TEST_F(TrainerTest, WatcherOfAStoppedTrainerIsToldHowItsRunEnded) {
  const auto trainer = Make();
  ratings_.Hold();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  std::jthread stopper;
  TrainingRun last;
  const auto watched = trainer->Watch(
      run->run_id, kNoDeadline,
      [&](const TrainingRun& now) {
        if (!stopper.joinable()) stopper = std::jthread([&] { trainer->Stop(); });
        last = now;
        return true;
      },
      [] { return false; });
  EXPECT_TRUE(watched.ok()) << watched.error().ToString();
  EXPECT_EQ(last.state, RunState::kCancelled);
}

TEST_F(TrainerTest, FailedRunTellsWhy) {
  ratings_.Give(Error::DataLoss("export_truncated", "It brought 5 of 9 rows."));
  const auto trainer = Make();
  const auto run = trainer->Start({}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  const auto end = Await(*trainer, run->run_id);
  EXPECT_EQ(end.state, RunState::kFailed);
  EXPECT_EQ(end.error, "export_truncated: It brought 5 of 9 rows.");
}

TEST_F(TrainerTest, ARunWithNothingToTrainOnIsNoFailure) {
  ratings_.Give(Snapshot{});
  const auto trainer = Make();
  const auto run = trainer->Start({}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  const auto end = Await(*trainer, run->run_id);
  EXPECT_EQ(end.state, RunState::kSkipped);
  EXPECT_EQ(end.error.find("not_enough_ratings: There are 0 ratings"), 0U) << end.error;
  trainer->Stop();
  ASSERT_TRUE(trainer->Recover(kNoDeadline).ok());
  EXPECT_EQ(Ended("skipped"), 1);
  EXPECT_EQ(Ended("failed"), 0);
  EXPECT_NE(metrics_.Text().find("marquee_trainer_last_failure_timestamp_seconds 0\n"),
            std::string::npos);
}

TEST_F(TrainerTest, ADeadRunIsCountedByWhoeverStartsTheNext) {
  ASSERT_TRUE(store_.Start({}, {"host", "session-0"}, kNoDeadline).ok());
  const auto trainer = Make();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok()) << run.error().ToString();
  EXPECT_EQ(Ended("failed"), 1);
  EXPECT_EQ(Await(*trainer, run->run_id).state, RunState::kSucceeded);
}

TEST_F(TrainerTest, CrashedRunIsFailedAndItsFilesAreSwept) {
  // What a process leaves that was killed while it saved.
  const auto crashed = store_.Start({}, {"host", "session-0"}, kNoDeadline);
  ASSERT_TRUE(crashed.ok());
  std::filesystem::create_directories(temporary_.path() / "run-1");
  std::ofstream(temporary_.path() / "run-1" / "ranking.safetensors.tmp-1") << "half";
  std::ofstream(temporary_.path() / "notes.txt") << "somebody's";
  Workspace::Sweep(temporary_.path());
  EXPECT_EQ(temporary_.Files(), std::vector<std::string>{"notes.txt"});
  const auto trainer = Make();
  ASSERT_TRUE(trainer->Recover(kNoDeadline).ok());
  const auto run = store_.Get(crashed->run.run_id, kNoDeadline);
  EXPECT_EQ(run->state, RunState::kFailed);
  EXPECT_EQ(run->error.substr(0, 13), "trainer_died:");
  EXPECT_EQ(Ended("failed"), 1) << "nobody else counts it";
  EXPECT_EQ(metrics_.Text().find("marquee_trainer_last_failure_timestamp_seconds 0\n"),
            std::string::npos);
  ASSERT_TRUE(trainer->Recover(kNoDeadline).ok());
  EXPECT_EQ(Ended("failed"), 1) << "once";
  const auto next = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(Await(*trainer, next->run_id).state, RunState::kSucceeded);
}

TEST_F(TrainerTest, NoRunStartsBeforeItMay) {
  may_start_ = Error::Unavailable("handover_pending", "Not yet.");
  const auto trainer = Make();
  EXPECT_EQ(trainer->Start({}, kNoDeadline).error().reason, "handover_pending");
  EXPECT_FALSE(trainer->StartIfDue(milliseconds{1}, kNoDeadline).value());
  may_start_ = {};
  EXPECT_TRUE(trainer->StartIfDue(milliseconds{1}, kNoDeadline).value());
}

TEST_F(TrainerTest, ARegistryThatIsAwayForAMomentCostsNoRun) {
  registry_.FailNext(1, Error::Unavailable("unavailable", "It restarts."));
  const auto trainer = Make();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(Await(*trainer, run->run_id).state, RunState::kSucceeded);
  EXPECT_EQ(registry_.kept().size(), 2U);
}

TEST_F(TrainerTest, AVersionWhoseAnswerWasLostIsRegisteredOnce) {
  registry_.FailNext(1, Error::Unavailable("unavailable", "It restarts."), /*taken=*/true);
  const auto trainer = Make();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(Await(*trainer, run->run_id).model_versions.size(), 2U);
}

TEST_F(TrainerTest, WhatTheRegistryRefusesFailsTheRunWithItsReason) {
  registry_.FailNext(1, Error::InvalidArgument("artefact_broken", "A factor is not finite."));
  const auto trainer = Make();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  const auto end = Await(*trainer, run->run_id);
  EXPECT_EQ(end.state, RunState::kFailed);
  EXPECT_EQ(end.error, "artefact_broken: A factor is not finite.");
  EXPECT_TRUE(end.model_versions.empty());
}

TEST_F(TrainerTest, FencedRunStopsAndRegistersNothing) {
  const auto trainer = Make();
  ratings_.Hold();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  ratings_.AwaitExport();
  // Somebody took it for dead.
  ASSERT_EQ(store_.FailAbandoned({"host", "session-2"}, kNoDeadline)->size(), 1U);
  const auto next = Make("session-2")->Start({.hyperparameters = kSmall}, kNoDeadline);
  EXPECT_TRUE(next.ok());
  trainer->Stop();
  EXPECT_EQ(Ended("failed"), 0) << "counted by whoever ended it";
  EXPECT_EQ(store_.Get(run->run_id, kNoDeadline)->error.substr(0, 13), "trainer_died:");
  EXPECT_TRUE(registry_.kept().empty());
}

TEST_F(TrainerTest, EndIsStoredOnceTheDatabaseIsBack) {
  const auto trainer = Make();
  store_.FailEnds(2);
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(Await(*trainer, run->run_id).state, RunState::kSucceeded);
  EXPECT_EQ((*registry_.Champion(kRanking, kNoDeadline))->version, 1);
}

TEST_F(TrainerTest, CommittedRunWhoseAnswerWasLostHasSucceeded) {
  const auto trainer = Make();
  store_.FailEnds(1, /*applied=*/true);
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(Await(*trainer, run->run_id).state, RunState::kSucceeded);
  EXPECT_EQ(registry_.kept().size(), 2U);
}

TEST_F(TrainerTest, WatchOfAnUnknownRunSaysSo) {
  const auto trainer = Make();
  const auto watched = trainer->Watch(
      42, kNoDeadline, [](const TrainingRun&) { return true; }, [] { return false; });
  EXPECT_EQ(watched.error().reason, "training_run_unknown");
}

TEST_F(TrainerTest, WatchEndsWhenNobodyListens) {
  const auto trainer = Make();
  ratings_.Hold();
  const auto run = trainer->Start({.hyperparameters = kSmall}, kNoDeadline);
  ASSERT_TRUE(run.ok());
  const auto gone = trainer->Watch(
      run->run_id, kNoDeadline, [](const TrainingRun&) { return false; }, [] { return false; });
  EXPECT_EQ(gone.error().code, Code::kCancelled);
  const auto cancelled = trainer->Watch(
      run->run_id, kNoDeadline, [](const TrainingRun&) { return true; }, [] { return true; });
  EXPECT_EQ(cancelled.error().code, Code::kCancelled);
}

TEST_F(TrainerTest, ScheduleStartsARun) {
  const auto trainer = Make();
  const Housekeeping housekeeping(*trainer,
                                  {.interval = milliseconds{3'600'000}, .tick = milliseconds{5}});
  ratings_.AwaitExport();
  const auto runs = trainer->List(0, 10, kNoDeadline);
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_EQ(runs->front().started_by, 0);
  EXPECT_EQ(Await(*trainer, runs->front().run_id).state, RunState::kSucceeded);
  EXPECT_EQ(trainer->List(0, 10, kNoDeadline)->size(), 1U) << "the interval has not passed";
}

}  // namespace
}  // namespace marquee::trainer
