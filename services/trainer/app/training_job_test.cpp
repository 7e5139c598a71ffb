// Real training on a small audience, with everything outside faked.
#include "trainer/app/training_job.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <fstream>
#include <numeric>
#include <thread>

#include "artefact/model_card.h"
#include "artefact/model_file.h"
#include "base/testing/calls.h"
#include "trainer/testing/fakes.h"
#include "trainer/testing/latent_ratings.h"
#include "trainer/testing/memory_store.h"

namespace marquee::trainer {
namespace {

using testing::LatentRatings;

class TrainingJobTest : public ::testing::Test {
 protected:
  TrainingJobTest() { ratings_.Give(LatentRatings()); }

  TrainingRun NextRun(bool force = false) {
    auto started =
        store_.Start({.hyperparameters = {.factors = 8, .iterations = 6}, .force_promotion = force},
                     owner_, kNoDeadline);
    EXPECT_TRUE(started.ok()) << started.error().ToString();
    return started->run;
  }
  // Runs to the registry: what it got, ranking first.
  std::vector<testing::FakeRegistry::Kept> Complete(bool force = false) {
    const auto run = NextRun(force);
    RunMonitor monitor;
    outcome_ = {};
    const auto before = registry_.kept().size();
    const auto done = job_.Run(run, monitor, outcome_);
    EXPECT_TRUE(done.ok()) << done.error().ToString();
    EXPECT_TRUE(
        store_.End(run.run_id, owner_, RunState::kSucceeded, "", outcome_, kNoDeadline).ok());
    auto kept = registry_.kept();
    kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(before));
    EXPECT_EQ(kept.size(), 2U);
    return kept;
  }
  Error Fail() {
    RunMonitor monitor;
    outcome_ = {};
    auto done = job_.Run(NextRun(), monitor, outcome_);
    EXPECT_FALSE(done.ok());
    return done.error();
  }

  Owner owner_{"host", "session"};
  testing::MemoryStore store_;
  testing::FakeRatings ratings_;
  testing::FakeContent content_;
  TemporaryFolder temporary_;
  testing::FakeRegistry registry_;
  TrainingJob job_{ratings_, content_, registry_, testing::Options("1.2.3", temporary_.path()),
                   SystemClock()};
  RunOutcome outcome_;
};

TEST_F(TrainingJobTest, BeatsPopularityAndTheBiases) {
  Complete();
  const auto& metrics = outcome_.metrics;
  EXPECT_GT(metrics.at("ranking.ndcg_at_100"), 1.1 * metrics.at("ranking.popularity.ndcg_at_100"));
  EXPECT_LT(metrics.at("rating.rmse"), 0.99 * metrics.at("rating.bias.rmse"));
  for (const auto* name :
       {"ranking.recall_at_20", "ranking.recall_at_50", "ranking.precision_at_10",
        "ranking.map_at_10", "ranking.coverage", "rating.mae"}) {
    ASSERT_TRUE(metrics.contains(name)) << name;
    EXPECT_GT(metrics.at(name), 0) << name;
  }
  EXPECT_NEAR(metrics.at("rating.coverage_80"), 0.8, 0.06);
  EXPECT_GT(metrics.at("rating.log_loss"), 0);
  EXPECT_GT(metrics.at("rating.convergence.bayesian_mf.held_out_rmse.steps"), 0);
  EXPECT_FALSE(metrics.contains("ranking.champion.ndcg_at_100")) << "there was none";
  EXPECT_EQ(outcome_.rating_count, 300 * 25);
}

TEST_F(TrainingJobTest, SaysWhichHyperparametersADefaultStoodFor) {
  Complete();
  EXPECT_EQ(outcome_.hyperparameters.factors, 8);
  EXPECT_EQ(outcome_.hyperparameters.iterations, 6);
  EXPECT_GT(outcome_.hyperparameters.regularization, 0);
  EXPECT_GT(outcome_.hyperparameters.alpha, 0);
}

TEST_F(TrainingJobTest, EveryTrialOfTheSearchIsInTheRunAndTheCard) {
  const auto versions = Complete();
  const auto& metrics = outcome_.metrics;
  for (const auto* trial : {"00", "01", "02"})
    EXPECT_GT(metrics.at("ranking.search." + std::string(trial) + ".objective"), 0);
  EXPECT_FALSE(metrics.contains("ranking.search.03.objective"));
  EXPECT_GT(metrics.at("ranking.search.users"), 0);
  EXPECT_EQ(metrics.at("ranking.search.complete"), 0) << "the tests' budget is small";
  EXPECT_GE(metrics.at("ranking.search.best.objective"),
            metrics.at("ranking.search.start.objective"));
  const auto card = artefact::ParseModelCard(versions[0].version.card);
  ASSERT_TRUE(card.ok());
  EXPECT_EQ(card->metrics.at("search.00.objective"), metrics.at("ranking.search.00.objective"));
  EXPECT_TRUE(card->hyperparameters.contains("ranking.popularity_exponent"));
}

TEST_F(TrainingJobTest, DeliversArtefactsThatLoadWithTheirCards) {
  const auto versions = Complete();
  ASSERT_EQ(versions.size(), 2U);
  for (const auto& kept : versions) {
    const auto& version = kept.version;
    const auto loaded = artefact::LoadModel(kept.file);
    ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
    EXPECT_EQ(loaded->sha256, version.sha256);
    EXPECT_EQ(loaded->bytes, version.size_bytes);
    EXPECT_EQ(loaded->ranker->items(), 120);
    EXPECT_EQ(loaded->metadata.at("model"), version.model);
    EXPECT_EQ(loaded->metadata.at("snapshot_sha256"), std::string(64, 'a'));
    const auto& parameters = loaded->ranker->model().parameters;
    EXPECT_EQ(parameters.Has("ials.item_factors"), version.model == kRanking);
    EXPECT_EQ(parameters.Has("bayesian_mf.item_bias"), version.model == kRating);

    const auto card = artefact::ParseModelCard(version.card);
    ASSERT_TRUE(card.ok()) << card.error().ToString();
    EXPECT_EQ(card->model, version.model);
    EXPECT_EQ(card->artefact_sha256, version.sha256);
    EXPECT_EQ(card->data.ratings, 7'500);
    EXPECT_EQ(card->data.users, 300);
    EXPECT_EQ(card->data.next_offsets, (std::vector<std::int64_t>{7'500, 0}));
    EXPECT_EQ(card->code_version, "1.2.3");
    EXPECT_EQ(card->metrics, version.metrics);
  }
  EXPECT_TRUE(temporary_.Files().empty()) << "nothing stays in the scratch folder";
}

TEST_F(TrainingJobTest, TheServedModelHasSeenEveryoneAndTheEvaluationModelHasNot) {
  const auto versions = Complete();
  const auto served = artefact::LoadModel(versions[1].file);
  const auto evaluation = artefact::LoadModel(versions[1].evaluation_file);
  ASSERT_TRUE(served.ok() && evaluation.ok());
  const auto mean = [](const artefact::LoadedModel& loaded) {
    return *loaded.ranker->model().parameters.Number("bayesian_mf.mean");
  };
  const auto all = LatentRatings().values;
  const float everyone =
      std::accumulate(all.begin(), all.end(), 0.0F) / static_cast<float>(all.size());
  EXPECT_NEAR(mean(*served), everyone, 1e-4F);
  EXPECT_GT(std::abs(mean(*evaluation) - everyone), 1e-4F);
}

TEST_F(TrainingJobTest, TheSameDataAgainMeasureAsTheChampionDoes) {
  const auto first = Complete();
  EXPECT_EQ(first[0].compared_with, 0) << "there was none";
  const auto again = Complete();
  EXPECT_EQ(outcome_.metrics.at("ranking.champion.ndcg_at_100"),
            outcome_.metrics.at("ranking.ndcg_at_100"))
      << "judged on the same users without having seen them";
  EXPECT_NEAR(outcome_.metrics.at("rating.champion.rmse"), outcome_.metrics.at("rating.rmse"),
              1e-6);
  EXPECT_EQ(outcome_.metrics.at("ranking.champion.gain"), 0);
  EXPECT_EQ(outcome_.metrics.at("ranking.champion.gain_people"), 100);
  EXPECT_EQ(outcome_.metrics.at("ranking.held_out_users"), 100) << "a third of 300";
  EXPECT_EQ(again[0].compared_with, 1);
  EXPECT_FALSE(again[0].force);
  const auto forced = Complete(/*force=*/true);
  EXPECT_TRUE(forced[0].force && forced[1].force);
}

TEST_F(TrainingJobTest, MoreDataBeatAChampionThatKnewLess) {
  // Of each user the first six ratings only, and half of the movies.
  const auto all = LatentRatings();
  Snapshot few;
  for (std::size_t i = 0; i < all.values.size(); ++i) {
    if (i % 25 >= 6 || all.movie_ids[i] > 1060) continue;
    few.user_ids.push_back(all.user_ids[i]);
    few.movie_ids.push_back(all.movie_ids[i]);
    few.values.push_back(all.values[i]);
  }
  few.sha256 = all.sha256;
  ratings_.Give(few);
  Complete();
  ratings_.Give(all);
  Complete();
  EXPECT_GT(outcome_.metrics.at("ranking.ndcg_at_100"),
            outcome_.metrics.at("ranking.champion.ndcg_at_100"));
  EXPECT_LT(outcome_.metrics.at("rating.rmse"), outcome_.metrics.at("rating.champion.rmse"));
  for (const std::string task : {"ranking", "rating"}) {
    const auto of = [&](const char* name) { return outcome_.metrics.at(task + name); };
    EXPECT_GT(of(".champion.gain_lower"), 0) << task << ": beyond chance";
    EXPECT_LT(of(".champion.gain_lower"), of(".champion.gain"));
    EXPECT_GT(of(".champion.gain_upper"), of(".champion.gain"));
  }
  EXPECT_NEAR(outcome_.metrics.at("ranking.champion.gain"),
              outcome_.metrics.at("ranking.ndcg_at_100") -
                  outcome_.metrics.at("ranking.champion.ndcg_at_100"),
              1e-9);
  EXPECT_NEAR(outcome_.metrics.at("rating.champion.gain"),
              outcome_.metrics.at("rating.champion.rmse") - outcome_.metrics.at("rating.rmse"),
              1e-9);
}

// Why evaluation models are kept (docs/adr/0301): on its own training data the champion can't lose.
TEST_F(TrainingJobTest, JudgedByItsServedArtefactTheChampionWouldBeFlattered) {
  Complete();
  const auto all = LatentRatings();
  const auto matrix = models::RatingMatrix::Build(all.user_ids, all.movie_ids, all.values);
  ASSERT_TRUE(matrix.ok());
  RunMonitor monitor;
  Hyperparameters hyperparameters{.factors = 8, .iterations = 6};
  const auto train = [&](const std::string& task) {
    auto served = artefact::LoadModel(registry_.Of(task, 1).file)->ranker;
    return TrainModel(*models::FindTask(task), *matrix, hyperparameters, {}, std::move(served),
                      nullptr, monitor);
  };
  const auto ranking = train(kRanking);
  const auto rating = train(kRating);
  ASSERT_TRUE(ranking.ok() && rating.ok());
  EXPECT_GT(ranking->metrics.at("champion.ndcg_at_100"), 1.02 * ranking->metrics.at("ndcg_at_100"));
  EXPECT_LT(rating->metrics.at("champion.rmse"), 0.98 * rating->metrics.at("rmse"));
}

// No room for more than a little in one file, as on a disk that is full.
TEST_F(TrainingJobTest, AFullDiskFailsTheRunAndLeavesNothing) {
  Complete();
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  // The champion isn't fetched: only what is saved meets the limit.
  std::filesystem::remove(registry_.Of(kRanking, 1).evaluation_file);
  const rlimit small{.rlim_cur = 1'000, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto error = Fail();
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.reason, "artefact_write_failed");
  EXPECT_EQ(error.code, Code::kUnavailable);
  EXPECT_TRUE(temporary_.Files().empty()) << "nothing half written stays";
  EXPECT_EQ(registry_.kept().size(), 2U);
}

TEST_F(TrainingJobTest, AChampionThatCannotBeFetchedOrReadIsNotJudgedAnew) {
  Complete();
  std::filesystem::remove(registry_.Of(kRanking, 1).evaluation_file);
  std::ofstream(registry_.Of(kRating, 1).evaluation_file, std::ios::trunc) << "something else";
  const auto versions = Complete();
  EXPECT_FALSE(outcome_.metrics.contains("ranking.champion.ndcg_at_100"));
  EXPECT_FALSE(outcome_.metrics.contains("rating.champion.rmse"));
  EXPECT_EQ(versions[0].compared_with, 0) << "the registry then goes by its record";
  EXPECT_EQ(versions[1].compared_with, 0);
}

TEST_F(TrainingJobTest, TooFewRatingsFailWithTheNumbers) {
  ratings_.Give(LatentRatings({.users = 9, .movies = 20, .ratings_per_user = 5}));
  const auto error = Fail();
  EXPECT_EQ(error.reason, "not_enough_ratings");
  EXPECT_NE(error.message.find("45 ratings by 9 users"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("at least 200 ratings"), std::string::npos) << error.message;
  EXPECT_EQ(outcome_.rating_count, 45);
  EXPECT_TRUE(temporary_.Files().empty());
}

TEST_F(TrainingJobTest, NoRatingsAtAllFailTheSameWay) {
  ratings_.Give(Snapshot{});
  EXPECT_EQ(Fail().reason, "not_enough_ratings");
}

TEST_F(TrainingJobTest, AFailedExportIsTheRunsError) {
  ratings_.Give(Error::DataLoss("export_truncated", "It brought 5 of 9 rows."));
  EXPECT_EQ(Fail(), Error::DataLoss("export_truncated", "It brought 5 of 9 rows."));
}

// At each stage: a run cancelled there ends with the reason, and soon.
class CancelledAt : public TrainingJobTest, public ::testing::WithParamInterface<Stage> {};

TEST_P(CancelledAt, EndsWithTheReason) {
  Complete();  // so that there is a champion to evaluate, too
  const auto run = NextRun();
  RunMonitor monitor;
  std::jthread canceller([&] {
    while (monitor.position().stage < GetParam()) std::this_thread::yield();
    monitor.Cancel(Error::Cancelled("trainer_stopped", "The trainer was stopped."));
  });
  ratings_.Give(LatentRatings({.users = 3'000, .movies = 400, .ratings_per_user = 40}));
  const auto versions = job_.Run(run, monitor, outcome_);
  ASSERT_FALSE(versions.ok());
  EXPECT_EQ(versions.error().reason, "trainer_stopped");
  EXPECT_LE(monitor.position().stage, GetParam()) << "went on";
}

INSTANTIATE_TEST_SUITE_P(EachStage, CancelledAt,
                         ::testing::Values(Stage::kTrainRanking, Stage::kEvaluateRanking,
                                           Stage::kTrainRating, Stage::kEvaluateRating),
                         [](const auto& info) {
                           std::string name(Name(info.param));
                           std::erase(name, '_');
                           return name;
                         });

}  // namespace
}  // namespace marquee::trainer
