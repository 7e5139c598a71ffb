#include "trainer/domain/run.h"

#include <gtest/gtest.h>

#include <limits>

namespace marquee::trainer {
namespace {

constexpr Stage kAll[] = {Stage::kExport,      Stage::kTrainRanking,   Stage::kEvaluateRanking,
                          Stage::kTrainRating, Stage::kEvaluateRating, Stage::kSave,
                          Stage::kDone};

TEST(Run, NamesOfStatesAndStagesReadBack) {
  for (const auto state : {RunState::kRunning, RunState::kSucceeded, RunState::kFailed,
                           RunState::kCancelled, RunState::kSkipped})
    EXPECT_EQ(ParseRunState(Name(state)), state);
  for (const auto stage : kAll) EXPECT_EQ(ParseStage(Name(stage)), stage);
  EXPECT_EQ(ParseRunState("paused"), std::nullopt);
  EXPECT_EQ(ParseStage(""), std::nullopt);
}

TEST(Run, OnlyARunningRunHasNotEnded) {
  EXPECT_FALSE(HasEnded(RunState::kRunning));
  EXPECT_TRUE(HasEnded(RunState::kSucceeded));
  EXPECT_TRUE(HasEnded(RunState::kFailed));
  EXPECT_TRUE(HasEnded(RunState::kCancelled));
  EXPECT_TRUE(HasEnded(RunState::kSkipped));
}

TEST(Run, ProgressNeverFallsAndEndsAtOne) {
  double last = 0;
  for (const auto stage : kAll) {
    for (const double within : {0.0, 0.3, 1.0}) {
      EXPECT_GE(OverallProgress(stage, within), last) << Name(stage);
      last = OverallProgress(stage, within);
    }
  }
  EXPECT_EQ(last, 1.0);
}

TEST(Run, ProgressIsClampedToItsStage) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(OverallProgress(Stage::kExport, -1), 0);
  EXPECT_EQ(OverallProgress(Stage::kExport, nan), 0);
  EXPECT_EQ(OverallProgress(Stage::kExport, 7), OverallProgress(Stage::kTrainRanking, 0));
}

TEST(Run, HyperparametersOutOfRangeAreNamed) {
  EXPECT_TRUE(Validate({}).ok());
  EXPECT_TRUE(
      Validate({.factors = 512, .iterations = 200, .regularization = 0.05, .alpha = 10}).ok());
  EXPECT_EQ(Validate({.factors = 513}).error().field, "hyperparameters.factors");
  EXPECT_EQ(Validate({.iterations = -1}).error().field, "hyperparameters.iterations");
  EXPECT_EQ(Validate({.regularization = -0.1}).error().field, "hyperparameters.regularization");
  EXPECT_EQ(Validate({.alpha = std::numeric_limits<double>::quiet_NaN()}).error().field,
            "hyperparameters.alpha");
}

TEST(Run, ErrorBeginsWithItsReason) {
  EXPECT_EQ(RunError(Error::DataLoss("export_truncated", "It ended early.")),
            "export_truncated: It ended early.");
  EXPECT_EQ(RunError({Code::kUnavailable, "", "Nobody answers.", ""}),
            "UNAVAILABLE: Nobody answers.");
}

}  // namespace
}  // namespace marquee::trainer
