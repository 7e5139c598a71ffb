// The whole registry over real gRPC, with the stores in memory; and, against it, the client and
// watcher that the recommender uses.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "artefact/registry_client.h"
#include "artefact/registry_transfer.h"
#include "artefact/registry_watcher.h"
#include "artefact/sha256.h"
#include "base/testing/calls.h"
#include "kafka/types.h"
#include "marquee/events/v1/events.pb.h"
#include "metrics/metrics.h"
#include "registry/app/announcements.h"
#include "registry/app/housekeeping.h"
#include "registry/rpc/registry_handler.h"
#include "registry/testing/deliveries.h"
#include "registry/testing/fake_announcer.h"
#include "registry/testing/memory_stores.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "rpc/testing.h"
#include "rpc/testing/fake_auth.h"

namespace marquee::registry {
namespace {

using std::chrono::milliseconds;
using testing::Deliver;
using testing::Delivered;
namespace fs = std::filesystem;
using Stub = v1::RegistryService::Stub;

class RegistryRpcTest : public ::testing::Test {
 protected:
  template <typename Request, typename Response>
  using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);
  template <typename Request, typename Response>
  Result<Response> Call(Method<Request, Response> method, const Request& request,
                        const std::string& bearer) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, milliseconds{20'000});
    Response response;
    const auto status = ((*stub_).*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  fs::path File(const std::string& bytes, const std::string& name = "upload") {
    const auto path = files_.path() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  struct How {
    bool force = false;
    std::int64_t compared_with = 0;
    std::string evaluation = {};
    std::string bearer = {};
  };
  Result<v1::RegisterModelVersionResponse> Send(const std::string& card, const std::string& bytes,
                                                const How& how) {
    grpc::ClientContext context;
    rpc::ActAsService(context, how.bearer.empty() ? service_ : how.bearer, milliseconds{20'000});
    v1::NewModelVersion version;
    version.set_card(card);
    version.set_force_promotion(how.force);
    version.set_compared_with(how.compared_with);
    v1::RegisterModelVersionResponse response;
    const auto evaluation =
        how.evaluation.empty() ? fs::path() : File(how.evaluation, "evaluation");
    ASSIGN_OR_RETURN(const auto status, artefact::Register(*stub_, context, version,
                                                           {File(bytes), evaluation}, response));
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  Result<v1::RegisterModelVersionResponse> Send(const Delivered& delivered) {
    return Send(delivered.Card(), delivered.bytes, How{});
  }
  // A next version of each model, forced: as if trained.
  void Train(bool force = true) {
    const int seed = ++trained_;
    for (const auto* model : {"ranking", "rating"}) {
      auto delivered = Deliver(model, seed, 0.5);
      delivered.card.run_id = seed;
      const auto sent = Send(delivered.Card(), delivered.bytes,
                             {.force = force, .evaluation = Deliver(model, 100 + seed, 0.5).bytes});
      ASSERT_TRUE(sent.ok()) << sent.error().ToString();
    }
  }
  Result<v1::ModelVersion> SetAlias(const std::string& model, const std::string& alias,
                                    std::int64_t version) {
    v1::SetAliasRequest request;
    request.set_model(model);
    request.set_alias(alias);
    request.set_version(version);
    ASSIGN_OR_RETURN(auto response, Call(&Stub::SetAlias, request, admin_));
    return response.model_version();
  }
  std::int64_t Champion(const std::string& model) {
    const auto version = versions_.GetAlias(model, kChampion, kNoDeadline);
    return version.ok() ? version->version : 0;
  }
  std::string IdOf(const std::string& model, std::int64_t version, bool evaluation = false) {
    const auto found = versions_.GetVersion(model, version, kNoDeadline).value();
    return evaluation ? found.evaluation.id : found.served.id;
  }
  artefact::RegistryClientConfig CacheConfig() const {
    return {.cache_dir = cache_.path() / "models"};
  }

  rpc::FakeAuth auth_{"secret"};
  TemporaryFolder scratch_;
  TemporaryFolder files_;
  TemporaryFolder cache_;
  testing::MemoryVersions versions_;
  testing::MemoryArtefacts artefacts_;
  testing::FakeAnnouncer announcer_;
  metrics::Metrics metrics_;
  RegistryMetrics registry_metrics_{metrics_};
  Announcements announcements_{versions_, announcer_, registry_metrics_, milliseconds{5'000}};
  rpc::ServiceToken token_{rpc::MakeChannel(auth_.address()), "recommender", "secret",
                           SystemClock()};
  Registry registry_{versions_, artefacts_, {.min_improvement = 0.0001}, SystemClock(), [this] {
                       announcements_.Kick();
                     }};
  RegistryHandler handler_{registry_, {.scratch = scratch_.path(), .max_bytes = 1 << 20}};
  token::Verifier verifier_{{}, auth_.Keys(), SystemClock()};
  rpc::MemoryKeys keys_;
  rpc::TestServer server_{{&handler_}, verifier_, metrics_, {.keys = &keys_}};
  std::shared_ptr<grpc::Channel> channel_ = rpc::MakeChannel(server_.address());
  std::unique_ptr<Stub> stub_ = v1::RegistryService::NewStub(channel_);
  std::string service_ = auth_.Token("service");
  std::string admin_ = auth_.Token("administrator", 1'000'000'001);
  std::string curator_ = auth_.Token("curator", 1'000'000'002);
  std::string user_ = auth_.Token("user", 1'000'000'003);
  int trained_ = 0;
};

TEST_F(RegistryRpcTest, RegistersPromotesAndAnnouncesAModelFromElsewhere) {
  const auto delivered = Deliver("ranking", 1, 0.3);
  const auto sent = Send(delivered.Card(), delivered.bytes, {.bearer = admin_});
  ASSERT_TRUE(sent.ok()) << sent.error().ToString();
  EXPECT_EQ(sent->decision(), "first_version");
  const auto& version = sent->model_version();
  EXPECT_EQ(version.version(), 1);
  EXPECT_EQ(version.run_id(), 0);
  EXPECT_EQ(version.aliases_size(), 2);
  EXPECT_EQ(version.sha256(), delivered.card.artefact_sha256);
  EXPECT_EQ(version.metrics().at("ndcg_at_100"), 0.3);
  EXPECT_EQ(version.artefact_state(), v1::ARTEFACT_STATE_PRESENT);
  EXPECT_EQ(version.evaluation_state(), v1::ARTEFACT_STATE_MISSING);
  EXPECT_EQ(announcer_.Await(2),
            (std::vector<std::string>{"ranking/candidate=1", "ranking/champion=1"}));
  EXPECT_TRUE(fs::is_empty(scratch_.path()));
}

TEST_F(RegistryRpcTest, TheGateIsTheSameForAll) {
  ASSERT_TRUE(Send(Deliver("ranking", 1, 0.3)).ok());
  EXPECT_EQ(Send(Deliver("ranking", 2, 0.3))->decision(), "does_not_beat_champion");
  EXPECT_EQ(Send(Deliver("ranking", 3, 0.4))->decision(), "beats_champion");
  EXPECT_EQ(Champion("ranking"), 3);
  const auto worse = Deliver("ranking", 4, 0.1);
  EXPECT_EQ(Send(worse.Card(), worse.bytes, {.force = true})->decision(), "forced");
  EXPECT_EQ(Champion("ranking"), 4);
  ASSERT_TRUE(Send(Deliver("rating", 1, 0.9)).ok());
  EXPECT_EQ(Send(Deliver("rating", 2, 0.95))->decision(), "does_not_beat_champion");
  EXPECT_EQ(Send(Deliver("rating", 3, 0.8))->decision(), "beats_champion") << "less is better";
  EXPECT_EQ(Send(Deliver("sentiment", 1, 0.78))->decision(), "first_version");
  EXPECT_EQ(Send(Deliver("sentiment", 2, 0.77))->decision(), "does_not_beat_champion");
  EXPECT_EQ(Send(Deliver("sentiment", 3, 0.79))->decision(), "beats_champion");
  EXPECT_EQ(Champion("sentiment"), 3);
}

TEST_F(RegistryRpcTest, AModelOfTextsIsNoModelOfMovies) {
  auto delivered = Deliver("sentiment", 1, 0.8);
  delivered.card.model = "ranking";
  EXPECT_EQ(Send(delivered).error().reason, "artefact_broken");
  delivered = Deliver("ranking", 1, 0.8);
  delivered.card.model = "sentiment";
  EXPECT_EQ(Send(delivered).error().reason, "artefact_broken");
  EXPECT_EQ(Champion("sentiment"), 0);
}

TEST_F(RegistryRpcTest, AChampionThatWasJudgedAnewCountsAsItWasJudged) {
  ASSERT_TRUE(Send(Deliver("ranking", 1, 0.3)).ok());
  auto candidate = Deliver("ranking", 2, 0.25);
  candidate.card.metrics["champion.ndcg_at_100"] = 0.2;
  EXPECT_EQ(Send(candidate.Card(), candidate.bytes, {.compared_with = 7})->decision(),
            "does_not_beat_champion")
      << "another version was judged: the record counts";
  candidate = Deliver("ranking", 3, 0.25);
  candidate.card.metrics["champion.ndcg_at_100"] = 0.2;
  EXPECT_EQ(Send(candidate.Card(), candidate.bytes, {.compared_with = 1})->decision(),
            "beats_champion");
}

TEST_F(RegistryRpcTest, AGainThatMayBeChanceIsNotPromotedAndTheCardSaysWhy) {
  ASSERT_TRUE(Send(Deliver("ranking", 1, 0.3)).ok());
  auto candidate = Deliver("ranking", 2, 0.31);
  candidate.card.metrics["champion.ndcg_at_100"] = 0.3;
  candidate.card.metrics["champion.gain_lower"] = -0.002;
  const auto sent = Send(candidate.Card(), candidate.bytes, {.compared_with = 1});
  EXPECT_EQ(sent->decision(), "gain_within_noise");
  EXPECT_EQ(Champion("ranking"), 1);
  const auto card = artefact::ParseModelCard(sent->model_version().card());
  ASSERT_TRUE(card.ok()) << card.error().ToString();
  EXPECT_EQ(card->decision, "gain_within_noise");
  EXPECT_EQ(card->metrics, candidate.card.metrics);
  candidate = Deliver("ranking", 3, 0.31);
  candidate.card.metrics["champion.ndcg_at_100"] = 0.3;
  candidate.card.metrics["champion.gain_lower"] = 0.002;
  EXPECT_EQ(Send(candidate.Card(), candidate.bytes, {.compared_with = 1})->decision(),
            "beats_champion");
}

TEST_F(RegistryRpcTest, OnOtherDataTheRecordGoesByTheBaseline) {
  auto first = Deliver("ranking", 1, 0.3);
  first.card.metrics["popularity.ndcg_at_100"] = 0.2;
  ASSERT_TRUE(Send(first).ok());
  auto harder = Deliver("ranking", 2, 0.2);
  harder.card.data.sha256 = std::string(64, 'e');
  harder.card.metrics["popularity.ndcg_at_100"] = 0.1;
  EXPECT_EQ(Send(harder)->decision(), "beats_champion") << "0.3 there is 0.15 here";
}

TEST_F(RegistryRpcTest, WithoutAMetricNothingIsPromoted) {
  auto unmeasured = Deliver("ranking", 1, 0);
  unmeasured.card.metrics.clear();
  const auto sent = Send(unmeasured);
  ASSERT_TRUE(sent.ok()) << sent.error().ToString();
  EXPECT_EQ(sent->decision(), "metric_not_finite");
  EXPECT_EQ(Champion("ranking"), 0);
  EXPECT_TRUE(SetAlias("ranking", "champion", 1).ok()) << "an administrator may";
}

TEST_F(RegistryRpcTest, TheSameArtefactAgainIsTheSameVersion) {
  const auto delivered = Deliver("ranking", 1, 0.3);
  ASSERT_TRUE(Send(delivered).ok());
  const auto again = Send(delivered);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->model_version().version(), 1);
  EXPECT_EQ(again->decision(), "");
  EXPECT_EQ(artefacts_.Ids().size(), 1U);
  ASSERT_TRUE(artefacts_.Remove(IdOf("ranking", 1), kNoDeadline).ok());
  const auto mended = Send(delivered);
  ASSERT_TRUE(mended.ok());
  EXPECT_EQ(mended->model_version().artefact_state(), v1::ARTEFACT_STATE_PRESENT) << "it is mended";
}

// What can be wrong with a delivery.
struct Fault {
  const char* name;
  const char* reason;
  const char* says;
  void (*happens)(Delivered& delivered);
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

void Sign(Delivered& delivered) {
  delivered.card.artefact_sha256 = artefact::Sha256Hex(delivered.bytes);
  delivered.card.artefact_bytes = static_cast<std::int64_t>(delivered.bytes.size());
}
void Replace(Delivered& delivered, const std::string& what, const std::string& by) {
  delivered.bytes.replace(delivered.bytes.find(what), what.size(), by);
  Sign(delivered);
}

const std::vector<Fault> kFaults = {
    {"Truncated", "artefact_size_differs", "artefact_bytes",
     [](Delivered& it) { it.bytes.resize(it.bytes.size() - 1); }},
    {"Nothing", "artefact_size_differs", "has 0 bytes", [](Delivered& it) { it.bytes.clear(); }},
    {"ABitFlipped", "artefact_hash_differs", "SHA-256",
     [](Delivered& it) { it.bytes.back() = static_cast<char>(it.bytes.back() ^ 1); }},
    {"NotANumber", "artefact_broken", "finite",
     [](Delivered& it) {
       it.bytes.replace(it.bytes.size() - 4, 4, std::string("\x00\x00\xc0\x7f", 4));
       Sign(it);
     }},
    {"AnotherFormat", "artefact_broken", "format version",
     [](Delivered& it) { Replace(it, R"("format_version":"2")", R"("format_version":"9")"); }},
    {"NoSafetensors", "artefact_broken", "",
     [](Delivered& it) {
       it.bytes = "hello";
       Sign(it);
     }},
    {"AnotherAlgorithm", "artefact_broken", "no-such-al",
     [](Delivered& it) {
       Replace(it, R"("algorithm":"popularity")", R"("algorithm":"no-such-al")");
     }},
    {"WrongShapes", "artefact_broken", "popularity.counts",
     [](Delivered& it) {
       // Six counts, and ids that say that there are three movies.
       Replace(it, "popularity.counts", "popularity.kounts");
     }},
    {"AModelForAnotherTask", "artefact_broken", "no model for ranking",
     [](Delivered& it) {
       it.bytes = Deliver("rating", 1, 0.9).bytes;
       Sign(it);
     }},
    {"ACardOfAnotherAlgorithm", "model_card_invalid", "algorithm",
     [](Delivered& it) { it.card.algorithm = "ials"; }},
    {"ACardWithoutItsHash", "model_card_invalid", "artefact_sha256",
     [](Delivered& it) { it.card.artefact_sha256 = "none"; }},
    {"AModelThatThereIsNot", "model_unknown", "There is no such model",
     [](Delivered& it) { it.card.model = "sorting"; }},
};

class Refused : public RegistryRpcTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(Refused, WithTheReasonAndLeavesNothing) {
  auto delivered = Deliver("ranking", 1, 0.3);
  GetParam().happens(delivered);
  const auto sent = Send(delivered);
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().reason, GetParam().reason) << sent.error().message;
  EXPECT_NE(sent.error().message.find(GetParam().says), std::string::npos) << sent.error().message;
  EXPECT_TRUE(versions_.ListVersions("ranking", 0, 10, kNoDeadline)->empty());
  EXPECT_TRUE(artefacts_.Ids().empty());
  EXPECT_TRUE(fs::is_empty(scratch_.path()));
}

INSTANTIATE_TEST_SUITE_P(Each, Refused, ::testing::ValuesIn(kFaults),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(RegistryRpcTest, ATooLongArtefactIsRefusedWhileItComes) {
  auto delivered = Deliver("ranking", 1, 0.3);
  delivered.bytes.resize((1 << 20) + 1);
  EXPECT_EQ(Send(delivered).error().reason, "artefact_too_long");
  EXPECT_TRUE(fs::is_empty(scratch_.path()));
}

TEST_F(RegistryRpcTest, ABrokenEvaluationArtefactIsRefusedToo) {
  const auto delivered = Deliver("ranking", 1, 0.3);
  const auto sent = Send(delivered.Card(), delivered.bytes, {.evaluation = "nonsense"});
  EXPECT_EQ(sent.error().reason, "artefact_broken");
  EXPECT_NE(sent.error().message.find("evaluation"), std::string::npos);
}

TEST_F(RegistryRpcTest, MessagesOutOfOrderAreRefused) {
  grpc::ClientContext context;
  rpc::ActAsService(context, service_, milliseconds{20'000});
  v1::RegisterModelVersionResponse response;
  auto writer = stub_->RegisterModelVersion(&context, &response);
  v1::RegisterModelVersionRequest chunk;
  chunk.set_chunk("bytes first");
  writer->Write(chunk);
  writer->WritesDone();
  const auto status = writer->Finish();
  EXPECT_EQ(rpc::FromGrpc(status).reason, "upload_malformed");
}

TEST_F(RegistryRpcTest, AnUploadThatIsCutOffLeavesNothing) {
  const auto delivered = Deliver("ranking", 1, 0.3);
  {
    grpc::ClientContext context;
    rpc::ActAsService(context, service_, milliseconds{20'000});
    v1::RegisterModelVersionResponse response;
    auto writer = stub_->RegisterModelVersion(&context, &response);
    v1::RegisterModelVersionRequest message;
    message.mutable_version()->set_card(delivered.Card());
    ASSERT_TRUE(writer->Write(message));
    message.set_chunk(delivered.bytes);
    ASSERT_TRUE(writer->Write(message));
    context.TryCancel();  // as a killed process does
    writer->Finish();
  }
  // Another call comes after it on the same connection: by then it has been dealt with, or will be.
  ASSERT_TRUE(Send(Deliver("ranking", 2, 0.3)).ok());
  EXPECT_EQ(versions_.ListVersions("ranking", 0, 10, kNoDeadline)->size(), 1U);
  EXPECT_EQ(artefacts_.Ids().size(), 1U);
}

// Killed between the artefact and its row: the artefact is nobody's, and is swept.
TEST_F(RegistryRpcTest, AnArtefactWithoutAVersionIsSwept) {
  const auto delivered = Deliver("ranking", 1, 0.3);
  versions_.FailNextAdd();
  EXPECT_EQ(Send(delivered).error().code, Code::kUnavailable);
  EXPECT_EQ(artefacts_.Ids().size(), 1U);
  Train();
  EXPECT_EQ(registry_.SweepArtefacts(milliseconds{3'600'000}, kNoDeadline).value_or(-1), 0)
      << "not yet";
  EXPECT_EQ(registry_.SweepArtefacts(milliseconds{0}, kNoDeadline).value_or(-1), 1);
  EXPECT_EQ(artefacts_.Ids().size(), 4U) << "what has an owner stays";
}

TEST_F(RegistryRpcTest, TakesOverAVersionOfBefore) {
  const auto delivered = Deliver("ranking", 1, 0.3);
  v1::ModelVersion before;
  before.set_model("ranking");
  before.set_version(3);
  before.set_run_id(9);
  before.add_aliases("champion");
  before.set_sha256(delivered.card.artefact_sha256);
  before.set_size_bytes(delivered.card.artefact_bytes);
  before.set_card(delivered.Card());
  (*before.mutable_metrics())["ndcg_at_100"] = 0.3;
  before.mutable_created_at()->set_seconds(1'700'000'000);
  const auto take_over = [&](const artefact::ModelFiles& files) -> Result<v1::ModelVersion> {
    grpc::ClientContext context;
    rpc::ActAsService(context, service_, milliseconds{20'000});
    v1::TakeOverModelVersionResponse response;
    ASSIGN_OR_RETURN(const auto status,
                     artefact::TakeOver(*stub_, context, before, files, response));
    if (!status.ok()) return rpc::FromGrpc(status);
    return response.model_version();
  };
  const auto damaged = take_over({File("half of i"), {}});
  ASSERT_TRUE(damaged.ok()) << damaged.error().ToString();
  EXPECT_EQ(damaged->artefact_state(), v1::ARTEFACT_STATE_MISSING) << "left out, not refused";
  EXPECT_TRUE(artefacts_.Ids().empty());
  const auto whole = take_over({File(delivered.bytes), File(delivered.bytes, "evaluation")});
  ASSERT_TRUE(whole.ok()) << whole.error().ToString();
  EXPECT_EQ(whole->version(), 3);
  EXPECT_EQ(whole->artefact_state(), v1::ARTEFACT_STATE_PRESENT);
  EXPECT_EQ(whole->evaluation_state(), v1::ARTEFACT_STATE_PRESENT);
  EXPECT_EQ(whole->created_at().seconds(), 1'700'000'000);
  EXPECT_EQ(Champion("ranking"), 3);
  ASSERT_TRUE(take_over({File(delivered.bytes), {}}).ok()) << "again changes nothing";
  EXPECT_EQ(artefacts_.Ids().size(), 2U);
  EXPECT_EQ(Send(Deliver("ranking", 2, 0.2))->model_version().version(), 4);
}

TEST_F(RegistryRpcTest, RolesAreEnforced) {
  const auto delivered = Deliver("ranking", 1, 0.3);
  for (const auto& bearer : {curator_, user_})
    EXPECT_EQ(Send(delivered.Card(), delivered.bytes, {.bearer = bearer}).error().code,
              Code::kPermissionDenied);
  v1::SetAliasRequest alias;
  alias.set_model("ranking");
  alias.set_alias("champion");
  alias.set_version(1);
  EXPECT_EQ(Call(&Stub::SetAlias, alias, curator_).error().code, Code::kPermissionDenied);
  v1::ListModelVersionsRequest list;
  list.set_model("ranking");
  EXPECT_EQ(Call(&Stub::ListModelVersions, list, user_).error().code, Code::kPermissionDenied);
  EXPECT_TRUE(Call(&Stub::ListModelVersions, list, curator_).ok());
}

TEST_F(RegistryRpcTest, VersionsAreListedInPages) {
  for (int i = 0; i < 3; ++i) Train();
  v1::ListModelVersionsRequest versions;
  versions.set_model("ranking");
  versions.set_page_size(2);
  auto listed = Call(&Stub::ListModelVersions, versions, admin_);
  ASSERT_EQ(listed->model_versions_size(), 2);
  EXPECT_EQ(listed->model_versions(0).version(), 3);
  const auto token = listed->next_page_token();
  versions.set_page_token(token);
  listed = Call(&Stub::ListModelVersions, versions, admin_);
  EXPECT_EQ(listed->model_versions_size(), 1);
  versions.set_model("rating");  // a token is good for its own list only
  EXPECT_EQ(Call(&Stub::ListModelVersions, versions, admin_).error().reason, "page_token_invalid");
}

TEST_F(RegistryRpcTest, WhatIsNotThereIsNotFound) {
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

TEST_F(RegistryRpcTest, RollbackMovesTheAliasAndAnnouncesIt) {
  Train();
  Train();
  announcer_.Await(8);
  const auto rolled_back = SetAlias("ranking", "champion", 1);
  ASSERT_TRUE(rolled_back.ok()) << rolled_back.error().ToString();
  EXPECT_EQ(announcer_.Await(9).back(), "ranking/champion=1");
  ASSERT_TRUE(artefacts_.Remove(IdOf("ranking", 2), kNoDeadline).ok());
  EXPECT_EQ(SetAlias("ranking", "champion", 2).error().reason, "artefact_missing");
}

TEST_F(RegistryRpcTest, AChampionThatCannotBeServedLosesToAWorseCandidate) {
  Train();
  artefacts_.Change(IdOf("ranking", 1), [](std::string& bytes) { bytes.back() ^= 1; });
  EXPECT_EQ(Send(Deliver("ranking", 50, 0.01))->decision(), "champion_not_servable");
  EXPECT_EQ(Champion("ranking"), 2);
}

TEST_F(RegistryRpcTest, OldArtefactsAreDroppedButForThoseInUse) {
  Train();
  for (int i = 0; i < 3; ++i) Train(/*force=*/false);  // the first stays champion
  EXPECT_EQ(registry_.DropOldArtefacts(1, kNoDeadline).value_or(-1), 4)
      << "versions 2 and 3 of both models";
  for (const auto* model : {"ranking", "rating"}) {
    for (const std::int64_t version : {1, 2, 3, 4}) {
      const bool kept = version == 1 || version == 4;
      EXPECT_EQ(artefacts_.Identify(IdOf(model, version), kNoDeadline)->has_value(), kept);
      EXPECT_EQ(artefacts_.Identify(IdOf(model, version, true), kNoDeadline)->has_value(), kept);
    }
  }
  EXPECT_EQ(registry_.DropOldArtefacts(1, kNoDeadline).value_or(-1), 0);
}

TEST_F(RegistryRpcTest, ALostArtefactIsToldByMetric) {
  Train();
  const Housekeeping housekeeping(registry_, registry_metrics_, {.tick = milliseconds{5}});
  const auto awaits = [&](const std::string& line) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (metrics_.Text().find(line) == std::string::npos) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  };
  const auto usable = [](const char* artefact, const char* model, int value) {
    return "marquee_registry_artefact_usable{alias=\"champion\",artefact=\"" +
           std::string(artefact) + "\",model=\"" + model + "\"} " + std::to_string(value);
  };
  EXPECT_TRUE(awaits(usable("served", "ranking", 1)));
  EXPECT_TRUE(awaits(usable("evaluation", "rating", 1)));
  EXPECT_TRUE(awaits("marquee_registry_model_version{alias=\"champion\",model=\"rating\"} 1"));
  const auto restore = [&](std::string& bytes) { bytes.back() ^= 1; };
  artefacts_.Change(IdOf("ranking", 1), restore);
  ASSERT_TRUE(artefacts_.Remove(IdOf("rating", 1, true), kNoDeadline).ok());
  EXPECT_TRUE(awaits(usable("served", "ranking", 0)));
  EXPECT_TRUE(awaits(usable("evaluation", "rating", 0)));
  EXPECT_TRUE(awaits(usable("served", "rating", 1)));
  artefacts_.Change(IdOf("ranking", 1), restore);
  EXPECT_TRUE(awaits(usable("served", "ranking", 1)));
}

TEST_F(RegistryRpcTest, PromotionsAreAnnouncedOnceKafkaIsBack) {
  announcer_.FailWith(Error::Unavailable("kafka_unavailable", "Kafka is away."));
  ASSERT_TRUE(Send(Deliver("ranking", 1, 0.3)).ok());
  ASSERT_TRUE(announcer_.AwaitAttempts(2));
  announcer_.FailWith({});
  EXPECT_EQ(announcer_.Await(2),
            (std::vector<std::string>{"ranking/candidate=1", "ranking/champion=1"}));
}

TEST_F(RegistryRpcTest, RegistryClientFetchesACheckedModelOfEachKind) {
  Train();
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  for (const auto* name : {"ranking", "rating"}) {
    const auto version = client.GetAlias(name, "champion");
    ASSERT_TRUE(version.ok()) << version.error().ToString();
    EXPECT_EQ(version->card.data.ratings, 10);
    const auto model = client.Fetch(*version);
    ASSERT_TRUE(model.ok()) << model.error().ToString();
    EXPECT_EQ(model->loaded.sha256, version->sha256);
    EXPECT_EQ(model->loaded.ranker->items(), 6);
    EXPECT_EQ(artefact::Sha256HexOfFile(model->path).value_or(""), version->sha256);
  }
  EXPECT_EQ(client.GetAlias("ranking", "candidate")->version, 1);
}

TEST_F(RegistryRpcTest, RegistryClientUsesItsCacheAndDistrustsIt) {
  Train();
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  const auto version = client.GetAlias("ranking", "champion");
  ASSERT_TRUE(version.ok());
  const auto first = client.Fetch(*version);
  ASSERT_TRUE(first.ok());
  // The registry's own is gone: only the cache can answer.
  const auto id = IdOf("ranking", 1);
  ASSERT_TRUE(artefacts_.Remove(id, kNoDeadline).ok());
  EXPECT_TRUE(client.Fetch(*version).ok());
  // A flipped bit in the cache: it must be fetched anew, and can't be.
  {
    std::fstream file(first->path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('\x7f');
  }
  EXPECT_EQ(client.Fetch(*version).error().reason, "artefact_missing");
  ASSERT_TRUE(artefacts_.Put(id, File(Deliver("ranking", 1, 0.5).bytes), kNoDeadline).ok());
  EXPECT_TRUE(client.Fetch(*version).ok());
}

TEST_F(RegistryRpcTest, RegistryClientRefusesWhatIsNotWhatTheRegistrySays) {
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
  const auto rating = Deliver("rating", 1, 0.5).bytes;
  artefacts_.Change(IdOf("ranking", 1), [&](std::string& bytes) { bytes = rating; });
  auto mislabelled = *client.GetAlias("rating", "champion");
  mislabelled.model = "ranking";
  EXPECT_EQ(client.Fetch(mislabelled).error().reason, "artefact_corrupt");
  EXPECT_TRUE(fs::is_empty(CacheConfig().cache_dir)) << "nothing of it stays";
}

TEST_F(RegistryRpcTest, RegistryClientKeepsOnlyTheNewestFiles) {
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

TEST_F(RegistryRpcTest, WatcherFollowsAnnouncements) {
  artefact::RegistryClient client(channel_, &token_, CacheConfig());
  Installed installed;
  // No poll within this test: only announcements move it.
  artefact::RegistryWatcher watcher(client, {.model = "ranking", .poll = milliseconds{3'600'000}},
                                    installed.Take());
  const auto announce = artefact::AnnounceTo({&watcher});
  Train();
  announce(Announcement("ranking", "champion", 1));
  EXPECT_EQ(installed.Await(1), std::vector<std::int64_t>{1});
  Train();
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

TEST_F(RegistryRpcTest, WatcherPollsAndTriesAgainWhatFailed) {
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
  Train();
  EXPECT_EQ(installed.Await(3), (std::vector<std::int64_t>{1, 1, 2}));
  watcher.Stop();
  EXPECT_EQ(watcher.state().failures, 1);
}

TEST_F(RegistryRpcTest, WatcherCountsALostArtefactAsAFailureAndTakesItOnceItIsBack) {
  Train();
  const auto id = IdOf("ranking", 1);
  ASSERT_TRUE(artefacts_.Remove(id, kNoDeadline).ok());
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
  ASSERT_TRUE(artefacts_.Put(id, File(Deliver("ranking", 1, 0.5).bytes), kNoDeadline).ok());
  EXPECT_EQ(installed.Await(1), std::vector<std::int64_t>{1});
}

TEST_F(RegistryRpcTest, WatcherTellsNoChampionFromARegistryThatCannotBeAsked) {
  const auto asked = [&](std::shared_ptr<grpc::Channel> registry) {
    artefact::RegistryClient client(std::move(registry), &token_, CacheConfig());
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
  // NOT_FOUND of somebody else: auth's address given for the registry's, say.
  EXPECT_EQ(asked(rpc::MakeChannel(auth_.address())).named, std::nullopt);
}

TEST_F(RegistryRpcTest, SaysWhichArtefactsAreMissingOrDamaged) {
  Train();
  Train();
  ASSERT_TRUE(artefacts_.Remove(IdOf("ranking", 1), kNoDeadline).ok());
  ASSERT_TRUE(artefacts_.Remove(IdOf("rating", 1, true), kNoDeadline).ok());
  artefacts_.Change(IdOf("rating", 2), [](std::string& bytes) { bytes.resize(100); });
  v1::ListModelVersionsRequest list;
  list.set_model("rating");
  const auto versions = Call(&Stub::ListModelVersions, list, curator_);
  ASSERT_TRUE(versions.ok());
  ASSERT_EQ(versions->model_versions_size(), 2);
  EXPECT_EQ(versions->model_versions(0).artefact_state(), v1::ARTEFACT_STATE_DAMAGED);
  EXPECT_EQ(versions->model_versions(1).artefact_state(), v1::ARTEFACT_STATE_PRESENT);
  EXPECT_EQ(versions->model_versions(1).evaluation_state(), v1::ARTEFACT_STATE_MISSING);
  v1::ListVersionsOfRunsRequest runs;
  runs.add_run_ids(1);
  const auto first = Call(&Stub::ListVersionsOfRuns, runs, service_);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->model_versions_size(), 2);
  EXPECT_EQ(first->model_versions(0).artefact_state(), v1::ARTEFACT_STATE_MISSING);
  EXPECT_EQ(SetAlias("ranking", "champion", 1).error().reason, "artefact_missing");
  const auto damaged = SetAlias("rating", "champion", 2);
  EXPECT_EQ(damaged.error().reason, "artefact_corrupt");
  EXPECT_EQ(damaged.error().code, Code::kFailedPrecondition);
}

TEST_F(RegistryRpcTest, AliasIsNotMovedToAVersionOfAnotherHash) {
  Train();
  Train();
  artefacts_.Change(IdOf("ranking", 2), [](std::string& bytes) { bytes.back() ^= 1; });
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

TEST_F(RegistryRpcTest, WatcherStopsWhileNobodyAnswers) {
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
}  // namespace marquee::registry
