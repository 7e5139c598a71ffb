// The whole trainer over real gRPC, with the store in memory and the neighbours faked.
#include <gtest/gtest.h>

#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "rpc/testing.h"
#include "trainer/clients/ratings_client.h"
#include "trainer/rpc/trainer_handler.h"
#include "trainer/testing/fake_services.h"
#include "trainer/testing/fakes.h"
#include "trainer/testing/latent_ratings.h"
#include "trainer/testing/memory_store.h"

namespace marquee::trainer {
namespace {

using std::chrono::milliseconds;

class TrainerRpcTest : public ::testing::Test {
 protected:
  TrainerRpcTest() { ratings_service_.Behave({.snapshot = testing::LatentRatings()}); }
  ~TrainerRpcTest() override { trainer_.Stop(); }

  template <typename Request, typename Response>
  using Method = grpc::Status (v1::TrainerService::Stub::*)(grpc::ClientContext*, const Request&,
                                                            Response*);
  template <typename Request, typename Response>
  Result<Response> Call(Method<Request, Response> method, const Request& request,
                        const std::string& bearer, const std::string& key = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, milliseconds{20'000});
    if (!key.empty()) context.AddMetadata("idempotency-key", key);
    Response response;
    const auto status = ((*stub_).*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  Result<v1::TrainingRun> Start(bool force = false, const std::string& key = {}) {
    v1::StartTrainingRunRequest request;
    request.mutable_hyperparameters()->set_factors(8);
    request.mutable_hyperparameters()->set_iterations(4);
    request.set_force_promotion(force);
    ASSIGN_OR_RETURN(auto response,
                     Call(&v1::TrainerService::Stub::StartTrainingRun, request, admin_, key));
    return response.run();
  }
  // All that a watcher of the run sees.
  std::vector<v1::TrainingRun> Watch(std::int64_t run_id) {
    grpc::ClientContext context;
    rpc::ActAsService(context, admin_, milliseconds{60'000});
    v1::WatchTrainingRunRequest request;
    request.set_run_id(run_id);
    auto reader = stub_->WatchTrainingRun(&context, request);
    std::vector<v1::TrainingRun> seen;
    for (v1::WatchTrainingRunResponse response; reader->Read(&response);)
      seen.push_back(response.run());
    const auto status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return seen;
  }
  v1::TrainingRun Train(bool force = false) {
    const auto run = Start(force);
    EXPECT_TRUE(run.ok()) << run.error().ToString();
    const auto seen = Watch(run->run_id());
    EXPECT_FALSE(seen.empty());
    return seen.back();
  }
  testing::FakeAuth auth_;
  testing::FakeRatingsService ratings_service_;
  testing::FakeContent content_;
  TemporaryFolder temporary_;
  testing::MemoryStore store_;
  testing::FakeRegistry registry_;
  metrics::Metrics metrics_;
  TrainerMetrics trainer_metrics_{metrics_};
  rpc::ServiceToken token_{rpc::MakeChannel(auth_.address()), "trainer", testing::kServiceSecret,
                           SystemClock()};
  RatingsClient ratings_{rpc::MakeChannel(ratings_service_.address()), token_, {}};
  TrainingJob job_{ratings_, content_, registry_, testing::Options("1", temporary_.path()),
                   SystemClock()};
  Trainer trainer_{store_,
                   registry_,
                   job_,
                   trainer_metrics_,
                   {.owner = {"host", "session"}, .heartbeat = milliseconds{10}},
                   [] { return Status(); }};
  TrainerHandler handler_{trainer_};
  token::Verifier verifier_{{}, auth_.Keys(), SystemClock()};
  rpc::MemoryKeys keys_;
  rpc::TestServer server_{{&handler_}, verifier_, metrics_, {.keys = &keys_}};
  std::shared_ptr<grpc::Channel> channel_ = rpc::MakeChannel(server_.address());
  std::unique_ptr<v1::TrainerService::Stub> stub_ = v1::TrainerService::NewStub(channel_);
  std::string admin_ = auth_.Token("administrator", 1'000'000'001);
  std::string curator_ = auth_.Token("curator", 1'000'000'002);
  std::string user_ = auth_.Token("user", 1'000'000'003);
};

TEST_F(TrainerRpcTest, RunIsStartedWatchedAndRegistered) {
  const auto run = Start();
  ASSERT_TRUE(run.ok()) << run.error().ToString();
  EXPECT_EQ(run->state(), v1::RUN_STATE_RUNNING);
  EXPECT_EQ(run->started_by(), 1'000'000'001);
  const auto end = Watch(run->run_id()).back();
  EXPECT_EQ(end.state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(end.stage(), "done");
  EXPECT_EQ(end.progress(), 1);
  EXPECT_EQ(end.rating_count(), 7'500);
  EXPECT_EQ(end.error(), "");
  EXPECT_GE(end.ended_at().seconds(), end.started_at().seconds());
  EXPECT_TRUE(end.metrics().contains("ranking.ndcg_at_100"));
  EXPECT_TRUE(end.metrics().contains("rating.bias.rmse"));
  ASSERT_EQ(end.model_versions_size(), 2);
  for (const auto& version : end.model_versions()) {
    EXPECT_EQ(version.version(), 1);
    EXPECT_EQ(version.run_id(), end.run_id());
    EXPECT_EQ(version.artefact_state(), registry::v1::ARTEFACT_STATE_PRESENT);
  }
}

TEST_F(TrainerRpcTest, TruncatedExportIsAFailedRun) {
  ratings_service_.Behave({.snapshot = testing::LatentRatings(), .drop_last_rows = 1});
  const auto run = Train();
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run.error(), "export_truncated: The export of ratings brought 7499 of 7500 rows.");
  EXPECT_TRUE(temporary_.Files().empty());
}

TEST_F(TrainerRpcTest, HangingExportIsCancelled) {
  ratings_service_.Behave({.snapshot = testing::LatentRatings(), .hang = true});
  const auto run = Start();
  ASSERT_TRUE(run.ok());
  ratings_service_.AwaitHanging();
  v1::CancelTrainingRunRequest request;
  request.set_run_id(run->run_id());
  const auto cancelled = Call(&v1::TrainerService::Stub::CancelTrainingRun, request, admin_);
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().ToString();
  EXPECT_EQ(cancelled->run().state(), v1::RUN_STATE_CANCELLED);
  EXPECT_EQ(Watch(run->run_id()).back().state(), v1::RUN_STATE_CANCELLED);
}

TEST_F(TrainerRpcTest, SecondRunConflicts) {
  ratings_service_.Behave({.snapshot = testing::LatentRatings(), .hang = true});
  ASSERT_TRUE(Start(false, "key-1").ok());
  const auto second = Start();
  EXPECT_EQ(second.error().code, Code::kAlreadyExists);
  EXPECT_EQ(second.error().reason, "training_run_active");
  const auto repeated = Start(false, "key-1");
  ASSERT_TRUE(repeated.ok()) << repeated.error().ToString();
  EXPECT_EQ(repeated->run_id(), 1);
}

TEST_F(TrainerRpcTest, RolesAreEnforced) {
  v1::StartTrainingRunRequest start;
  v1::ListTrainingRunsRequest list;
  using Stub = v1::TrainerService::Stub;
  EXPECT_EQ(Call(&Stub::StartTrainingRun, start, "").error().code, Code::kUnauthenticated);
  EXPECT_EQ(Call(&Stub::StartTrainingRun, start, user_).error().code, Code::kPermissionDenied);
  EXPECT_EQ(Call(&Stub::StartTrainingRun, start, curator_).error().code, Code::kPermissionDenied);
  EXPECT_EQ(Call(&Stub::ListTrainingRuns, list, user_).error().code, Code::kPermissionDenied);
  EXPECT_TRUE(Call(&Stub::ListTrainingRuns, list, curator_).ok());
}

TEST_F(TrainerRpcTest, RunsAreListedInPagesWithTheirVersions) {
  for (int i = 0; i < 3; ++i) Train();
  v1::ListTrainingRunsRequest runs;
  runs.set_page_size(2);
  auto page = Call(&v1::TrainerService::Stub::ListTrainingRuns, runs, admin_);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->runs_size(), 2);
  EXPECT_EQ(page->runs(0).run_id(), 3);
  runs.set_page_token(page->next_page_token());
  page = Call(&v1::TrainerService::Stub::ListTrainingRuns, runs, admin_);
  ASSERT_EQ(page->runs_size(), 1);
  EXPECT_EQ(page->runs(0).run_id(), 1);
  EXPECT_EQ(page->next_page_token(), "");
  for (int i = 0; i < page->runs_size(); ++i) EXPECT_EQ(page->runs(i).model_versions_size(), 2);
}

TEST_F(TrainerRpcTest, WhatIsNotThereIsNotFound) {
  using Stub = v1::TrainerService::Stub;
  v1::GetTrainingRunRequest run;
  run.set_run_id(7);
  EXPECT_EQ(Call(&Stub::GetTrainingRun, run, admin_).error().reason, "training_run_unknown");
}

}  // namespace
}  // namespace marquee::trainer
