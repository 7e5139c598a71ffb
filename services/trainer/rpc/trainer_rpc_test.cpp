// The whole trainer over real gRPC, with the store in memory and the neighbours faked; and, against
// it, the registry client and watcher that the recommender uses.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "artefact/registry_client.h"
#include "artefact/registry_watcher.h"
#include "artefact/sha256.h"
#include "kafka/types.h"
#include "marquee/events/v1/events.pb.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "rpc/testing.h"
#include "trainer/app/announcements.h"
#include "trainer/clients/ratings_client.h"
#include "trainer/rpc/trainer_handler.h"
#include "trainer/testing/fake_services.h"
#include "trainer/testing/fakes.h"
#include "trainer/testing/latent_ratings.h"
#include "trainer/testing/memory_store.h"

namespace marquee::trainer {
namespace {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

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
    if (!status.ok()) return rpc::FromGrpc(status, context);
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
  Result<v1::ModelVersion> SetAlias(const std::string& model, const std::string& alias,
                                    std::int64_t version) {
    v1::SetAliasRequest request;
    request.set_model(model);
    request.set_alias(alias);
    request.set_version(version);
    ASSIGN_OR_RETURN(auto response, Call(&v1::TrainerService::Stub::SetAlias, request, admin_));
    return response.model_version();
  }
  artefact::RegistryClientConfig CacheConfig() const {
    return {.cache_dir = cache_.path() / "models"};
  }

  testing::FakeAuth auth_;
  testing::FakeRatingsService ratings_service_;
  testing::TemporaryFolder temporary_;
  testing::TemporaryFolder cache_;
  testing::MemoryStore store_;
  testing::FakeAnnouncer announcer_;
  ArtefactFolder folder_{temporary_.path()};
  metrics::Metrics metrics_;
  TrainerMetrics trainer_metrics_{metrics_};
  Announcements announcements_{store_, announcer_, trainer_metrics_, milliseconds{5'000}};
  rpc::ServiceToken token_{rpc::MakeChannel(auth_.address()), "trainer", testing::kServiceSecret,
                           SystemClock()};
  RatingsClient ratings_{rpc::MakeChannel(ratings_service_.address()), token_, {}};
  TrainingJob job_{ratings_, store_, folder_, testing::Settings("1"), SystemClock()};
  Trainer trainer_{store_,
                   store_,
                   job_,
                   folder_,
                   trainer_metrics_,
                   {.owner = {"host", "session"}, .heartbeat = milliseconds{10}},
                   [this] { announcements_.Kick(); }};
  Registry registry_{store_, folder_, [this] { announcements_.Kick(); }};
  TrainerHandler handler_{trainer_, registry_};
  token::Verifier verifier_{{}, auth_.Keys(), SystemClock()};
  rpc::MemoryKeys keys_;
  rpc::TestServer server_{{&handler_}, verifier_, metrics_, {.keys = &keys_}};
  std::shared_ptr<grpc::Channel> channel_ = rpc::MakeChannel(server_.address());
  std::unique_ptr<v1::TrainerService::Stub> stub_ = v1::TrainerService::NewStub(channel_);
  std::string admin_ = auth_.Token("administrator", 1'000'000'001);
  std::string curator_ = auth_.Token("curator", 1'000'000'002);
  std::string user_ = auth_.Token("user", 1'000'000'003);
};

TEST_F(TrainerRpcTest, RunIsStartedWatchedPromotedAndAnnounced) {
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
    EXPECT_EQ(version.aliases_size(), 2);
  }
  EXPECT_EQ(announcer_.Await(4),
            (std::vector<std::string>{"ranking/candidate=1", "ranking/champion=1",
                                      "rating/candidate=1", "rating/champion=1"}));
}

TEST_F(TrainerRpcTest, CandidateThatDoesNotBeatTheChampionIsNotPromoted) {
  Train();
  const auto again = Train();
  EXPECT_EQ(again.state(), v1::RUN_STATE_SUCCEEDED);
  for (const auto& version : again.model_versions()) {
    EXPECT_EQ(version.version(), 2);
    ASSERT_EQ(version.aliases_size(), 1);
    EXPECT_EQ(version.aliases(0), "candidate");
  }
  const auto forced = Train(/*force=*/true);
  for (const auto& version : forced.model_versions()) EXPECT_EQ(version.aliases_size(), 2);
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
  v1::SetAliasRequest alias;
  alias.set_model("ranking");
  alias.set_alias("champion");
  alias.set_version(1);
  using Stub = v1::TrainerService::Stub;
  EXPECT_EQ(Call(&Stub::StartTrainingRun, start, "").error().code, Code::kUnauthenticated);
  EXPECT_EQ(Call(&Stub::StartTrainingRun, start, user_).error().code, Code::kPermissionDenied);
  EXPECT_EQ(Call(&Stub::StartTrainingRun, start, curator_).error().code, Code::kPermissionDenied);
  EXPECT_EQ(Call(&Stub::ListTrainingRuns, list, user_).error().code, Code::kPermissionDenied);
  EXPECT_TRUE(Call(&Stub::ListTrainingRuns, list, curator_).ok());
  EXPECT_EQ(Call(&Stub::SetAlias, alias, curator_).error().code, Code::kPermissionDenied);
}

TEST_F(TrainerRpcTest, RunsAndVersionsAreListedInPages) {
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

  v1::ListModelVersionsRequest versions;
  versions.set_model("ranking");
  versions.set_page_size(2);
  auto listed = Call(&v1::TrainerService::Stub::ListModelVersions, versions, admin_);
  ASSERT_EQ(listed->model_versions_size(), 2);
  EXPECT_EQ(listed->model_versions(0).version(), 3);
  const auto token = listed->next_page_token();
  versions.set_page_token(token);
  listed = Call(&v1::TrainerService::Stub::ListModelVersions, versions, admin_);
  EXPECT_EQ(listed->model_versions_size(), 1);
  versions.set_model("rating");  // a token is good for its own list only
  EXPECT_EQ(Call(&v1::TrainerService::Stub::ListModelVersions, versions, admin_).error().reason,
            "page_token_invalid");
}

TEST_F(TrainerRpcTest, WhatIsNotThereIsNotFound) {
  using Stub = v1::TrainerService::Stub;
  v1::GetTrainingRunRequest run;
  run.set_run_id(7);
  EXPECT_EQ(Call(&Stub::GetTrainingRun, run, admin_).error().reason, "training_run_unknown");
  v1::GetAliasRequest alias;
  alias.set_model("ranking");
  alias.set_alias("champion");
  EXPECT_EQ(Call(&Stub::GetAlias, alias, admin_).error().reason, "alias_unset");
  alias.set_alias("latest");
  EXPECT_EQ(Call(&Stub::GetAlias, alias, admin_).error().reason, "alias_unknown");
  alias.set_model("sorting");
  EXPECT_EQ(Call(&Stub::GetAlias, alias, admin_).error().reason, "model_unknown");
  EXPECT_EQ(SetAlias("ranking", "champion", 1).error().reason, "model_version_unknown");
}

TEST_F(TrainerRpcTest, RollbackMovesTheAliasAndAnnouncesIt) {
  Train();
  Train(/*force=*/true);
  announcer_.Await(8);
  const auto rolled_back = SetAlias("ranking", "champion", 1);
  ASSERT_TRUE(rolled_back.ok()) << rolled_back.error().ToString();
  EXPECT_EQ(rolled_back->version(), 1);
  EXPECT_EQ(announcer_.Await(9).back(), "ranking/champion=1");
  fs::remove(temporary_.path() / "ranking-run-2.safetensors");
  EXPECT_EQ(SetAlias("ranking", "champion", 2).error().reason, "artefact_missing");
}

TEST_F(TrainerRpcTest, RegistryClientFetchesACheckedModelOfEachKind) {
  Train();
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  for (const auto* name : {"ranking", "rating"}) {
    const auto version = client.GetAlias(name, "champion");
    ASSERT_TRUE(version.ok()) << version.error().ToString();
    EXPECT_EQ(version->card.data.ratings, 7'500);
    const auto model = client.Fetch(*version);
    ASSERT_TRUE(model.ok()) << model.error().ToString();
    EXPECT_EQ(model->loaded.sha256, version->sha256);
    EXPECT_EQ(model->loaded.ranker->items(), 120);
    EXPECT_EQ(artefact::Sha256HexOfFile(model->path).value_or(""), version->sha256);
  }
  EXPECT_EQ(client.GetAlias("ranking", "candidate")->version, 1);
}

TEST_F(TrainerRpcTest, RegistryClientUsesItsCacheAndDistrustsIt) {
  Train();
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  const auto version = client.GetAlias("ranking", "champion");
  ASSERT_TRUE(version.ok());
  const auto first = client.Fetch(*version);
  ASSERT_TRUE(first.ok());
  // The trainer's own file is gone: only the cache can answer.
  fs::rename(temporary_.path() / "ranking-run-1.safetensors", temporary_.path() / "away");
  EXPECT_TRUE(client.Fetch(*version).ok());
  // A flipped bit in the cache: it must be fetched anew, and can't be.
  {
    std::fstream file(first->path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('\x7f');
  }
  EXPECT_EQ(client.Fetch(*version).error().reason, "artefact_missing");
  fs::rename(temporary_.path() / "away", temporary_.path() / "ranking-run-1.safetensors");
  EXPECT_TRUE(client.Fetch(*version).ok());
}

TEST_F(TrainerRpcTest, RegistryClientRefusesWhatIsNotWhatTheRegistrySays) {
  Train();
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  const auto good = client.GetAlias("ranking", "champion");
  ASSERT_TRUE(good.ok());

  auto other_hash = *good;
  other_hash.sha256 = std::string(64, '0');
  EXPECT_EQ(client.Fetch(other_hash).error().reason, "artefact_corrupt");
  auto shorter = *good;
  shorter.size_bytes -= 1;
  EXPECT_EQ(client.Fetch(shorter).error().reason, "artefact_corrupt");
  auto longer = *good;
  longer.size_bytes += 1;
  EXPECT_EQ(client.Fetch(longer).error().reason, "artefact_corrupt");
  auto elsewhere = *good;
  elsewhere.model = "../../etc/ranking";
  EXPECT_EQ(client.Fetch(elsewhere).error().reason, "artefact_corrupt");
  auto huge = *good;
  huge.size_bytes = std::int64_t{1} << 50;
  EXPECT_EQ(client.Fetch(huge).error().reason, "artefact_too_large");
  // Whole, but a model that can't rank: the rating model under the ranking's name.
  fs::copy_file(temporary_.path() / "rating-run-1.safetensors",
                temporary_.path() / "ranking-run-1.safetensors",
                fs::copy_options::overwrite_existing);
  auto mislabelled = *client.GetAlias("rating", "champion");
  mislabelled.model = "ranking";
  EXPECT_EQ(client.Fetch(mislabelled).error().reason, "artefact_corrupt");
  EXPECT_TRUE(fs::is_empty(CacheConfig().cache_dir)) << "nothing of it stays";
}

TEST_F(TrainerRpcTest, RegistryClientKeepsOnlyTheNewestFiles) {
  auto config = CacheConfig();
  config.keep = 2;
  artefact::RegistryClient client(channel_, &token_, config);
  for (int i = 0; i < 4; ++i) {
    Train();
    ASSERT_TRUE(client.Fetch(*client.GetAlias("ranking", "candidate")).ok());
  }
  const auto files = std::distance(fs::directory_iterator(config.cache_dir), {});
  EXPECT_EQ(files, 2);
}

// Collects what a watcher installs.
class Installed {
 public:
  artefact::RegistryWatcher::Install Take() {
    return [this](std::shared_ptr<const artefact::FetchedModel> model) -> Status {
      const std::lock_guard lock(mutex_);
      versions_.push_back(model->version.version);
      changed_.notify_all();
      if (refusals_ > 0 && refusals_-- > 0) return Error::Internal("not now");
      return {};
    };
  }
  void Refuse(int times) {
    const std::lock_guard lock(mutex_);
    refusals_ = times;
  }
  std::vector<std::int64_t> Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return versions_.size() >= count; });
    return versions_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> versions_;
  int refusals_ = 0;
};

kafka::Message Announcement(const std::string& model, const std::string& alias,
                            std::int64_t version) {
  events::v1::ModelPromoted event;
  event.set_model(model);
  event.set_alias(alias);
  event.set_version(version);
  kafka::Message message;
  message.value = event.SerializeAsString();
  return message;
}

TEST_F(TrainerRpcTest, WatcherFollowsAnnouncements) {
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  Installed installed;
  // No poll within this test: only announcements move it.
  artefact::RegistryWatcher watcher(client, {.model = "ranking", .poll = milliseconds{3'600'000}},
                                    installed.Take());
  const auto announce = artefact::AnnounceTo({&watcher});
  Train();
  announce(Announcement("ranking", "champion", 1));
  EXPECT_EQ(installed.Await(1), std::vector<std::int64_t>{1});
  Train(/*force=*/true);
  kafka::Message garbage;
  garbage.value = "\xff\xff";
  announce(garbage);
  announce(Announcement("rating", "champion", 2));
  announce(Announcement("ranking", "champion", 2));
  EXPECT_EQ(installed.Await(2), (std::vector<std::int64_t>{1, 2}));
  ASSERT_TRUE(SetAlias("ranking", "champion", 1).ok());
  announce(Announcement("ranking", "champion", 1));
  EXPECT_EQ(installed.Await(3), (std::vector<std::int64_t>{1, 2, 1}));
  watcher.Stop();
  EXPECT_EQ(watcher.state().version, 1);
  EXPECT_EQ(watcher.state().installs, 3);
  EXPECT_EQ(watcher.state().failures, 0);
}

TEST_F(TrainerRpcTest, WatcherPollsAndTriesAgainWhatFailed) {
  Train();
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  Installed installed;
  installed.Refuse(1);
  artefact::RegistryWatcher watcher(client,
                                    {.model = "rating",
                                     .poll = milliseconds{20},
                                     .min_backoff = milliseconds{5},
                                     .max_backoff = milliseconds{20}},
                                    installed.Take());
  EXPECT_EQ(installed.Await(2), (std::vector<std::int64_t>{1, 1}));
  ASSERT_TRUE(Train(/*force=*/true).error().empty());
  EXPECT_EQ(installed.Await(3), (std::vector<std::int64_t>{1, 1, 2}));
  watcher.Stop();
  EXPECT_EQ(watcher.state().failures, 1);
}

TEST_F(TrainerRpcTest, WatcherCountsALostArtefactAsAFailureAndTakesItOnceItIsBack) {
  Train();
  const auto path = temporary_.path() / "ranking-run-1.safetensors";
  const auto aside = temporary_.path() / "aside";
  fs::rename(path, aside);
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  Installed installed;
  artefact::RegistryWatcher watcher(client,
                                    {.model = "ranking",
                                     .poll = milliseconds{3'600'000},
                                     .min_backoff = milliseconds{5},
                                     .max_backoff = milliseconds{20}},
                                    installed.Take());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (watcher.state().failures < 3 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_GE(watcher.state().failures, 3) << "tried again and again";
  EXPECT_EQ(watcher.state().last.error().reason, "artefact_missing");
  EXPECT_EQ(watcher.state().named, 1) << "the registry names a version";
  fs::rename(aside, path);
  EXPECT_EQ(installed.Await(1), std::vector<std::int64_t>{1});
}

TEST_F(TrainerRpcTest, WatcherTellsNoChampionFromARegistryThatCannotBeAsked) {
  const auto asked = [&](std::shared_ptr<grpc::Channel> trainer) {
    artefact::RegistryClient client(std::move(trainer), &token_, CacheConfig());
    Installed installed;
    artefact::RegistryWatcher watcher(
        client, {.model = "ranking", .poll = milliseconds{5}, .min_backoff = milliseconds{5}},
        installed.Take());
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (watcher.state().last.ok() && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return watcher.state();
  };
  const auto none = asked(channel_);
  EXPECT_EQ(none.named, 0);
  EXPECT_EQ(none.failures, 0);
  EXPECT_EQ(asked(rpc::MakeChannel("127.0.0.1:1")).named, std::nullopt);
  // NOT_FOUND of somebody else: auth's address given for the trainer's, say.
  EXPECT_EQ(asked(rpc::MakeChannel(auth_.address())).named, std::nullopt);
}

TEST_F(TrainerRpcTest, RegistrySaysWhichArtefactsAreMissingOrDamaged) {
  const auto run = Train();
  for (const auto& version : run.model_versions()) {
    EXPECT_EQ(version.artefact_state(), v1::ARTEFACT_STATE_PRESENT);
    EXPECT_EQ(version.evaluation_state(), v1::ARTEFACT_STATE_PRESENT);
  }
  Train();
  fs::remove(temporary_.path() / "ranking-run-1.safetensors");
  fs::remove(temporary_.path() / "rating-run-1.evaluation.safetensors");
  fs::resize_file(temporary_.path() / "rating-run-2.safetensors", 100);

  v1::GetAliasRequest alias;
  alias.set_model("ranking");
  alias.set_alias("champion");
  const auto champion = Call(&v1::TrainerService::Stub::GetAlias, alias, curator_);
  ASSERT_TRUE(champion.ok());
  EXPECT_EQ(champion->model_version().version(), 1);
  EXPECT_EQ(champion->model_version().artefact_state(), v1::ARTEFACT_STATE_MISSING);

  v1::ListModelVersionsRequest list;
  list.set_model("rating");
  const auto versions = Call(&v1::TrainerService::Stub::ListModelVersions, list, curator_);
  ASSERT_TRUE(versions.ok());
  ASSERT_EQ(versions->model_versions_size(), 2);
  EXPECT_EQ(versions->model_versions(0).artefact_state(), v1::ARTEFACT_STATE_DAMAGED);
  EXPECT_EQ(versions->model_versions(1).artefact_state(), v1::ARTEFACT_STATE_PRESENT);
  EXPECT_EQ(versions->model_versions(1).evaluation_state(), v1::ARTEFACT_STATE_MISSING);

  v1::GetTrainingRunRequest get;
  get.set_run_id(1);
  const auto first = Call(&v1::TrainerService::Stub::GetTrainingRun, get, curator_);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->run().model_versions_size(), 2);
  EXPECT_EQ(first->run().model_versions(0).artefact_state(), v1::ARTEFACT_STATE_MISSING);
  v1::ListTrainingRunsRequest runs;
  const auto all = Call(&v1::TrainerService::Stub::ListTrainingRuns, runs, curator_);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->runs(1).model_versions(0).artefact_state(), v1::ARTEFACT_STATE_MISSING);

  EXPECT_EQ(SetAlias("ranking", "champion", 1).error().reason, "artefact_missing");
  const auto damaged = SetAlias("rating", "champion", 2);
  EXPECT_EQ(damaged.error().reason, "artefact_corrupt");
  EXPECT_EQ(damaged.error().code, Code::kFailedPrecondition);
}

TEST_F(TrainerRpcTest, AliasIsNotMovedToAVersionOfAnotherHash) {
  Train();
  Train();
  const auto path = temporary_.path() / "ranking-run-2.safetensors";
  const auto size = fs::file_size(path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size) - 1);
  file.put('\x01');
  file.close();
  EXPECT_EQ(SetAlias("ranking", "champion", 2).error().reason, "artefact_corrupt");
}

// Accepts connections and never says a word.
class SilentPort {
 public:
  SilentPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof any;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&any), length), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&any), &length), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
  }
  ~SilentPort() { close(socket_); }
  const std::string& address() const { return address_; }

 private:
  int socket_;
  std::string address_;
};

TEST_F(TrainerRpcTest, WatcherStopsWhileNobodyAnswers) {
  const SilentPort port;
  artefact::RegistryClientConfig config = CacheConfig();
  config.call_timeout = milliseconds{60'000};
  artefact::RegistryClient client(rpc::MakeChannel(port.address()), &token_, config);
  Installed installed;
  artefact::RegistryWatcher watcher(client, {.model = "ranking"}, installed.Take());
  const auto stopped = std::async(std::launch::async, [&] { watcher.Stop(); });
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds{10}), std::future_status::ready);
}

}  // namespace
}  // namespace marquee::trainer
