// The service over real gRPC, against fakes of the ratings, the trainer and auth that are gRPC
// servers too.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "artefact/model_card.h"
#include "artefact/model_file.h"
#include "marquee/auth/v1/auth.grpc.pb.h"
#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "marquee/recommender/v1/recommender.grpc.pb.h"
#include "marquee/registry/v1/registry.grpc.pb.h"
#include "recommender/app/catalogue_follower.h"
#include "recommender/app/recommender.h"
#include "recommender/clients/champions.h"
#include "recommender/clients/ratings_client.h"
#include "recommender/rpc/recommender_handler.h"
#include "recommender/testing/fixtures.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace marquee::recommender {
namespace {

using namespace std::chrono_literals;
using testing_::FakeLog;
using testing_::Ids;

bool Carries(const grpc::ServerContext& context, const std::string& key, const std::string& value) {
  const auto range = context.client_metadata().equal_range(key);
  return std::any_of(range.first, range.second,
                     [&](const auto& entry) { return entry.second == value; });
}

grpc::Status Refused() { return {grpc::StatusCode::UNAUTHENTICATED, "no token"}; }

class FakeAuth final : public auth::v1::AuthService::Service {
  grpc::Status IssueServiceToken(grpc::ServerContext*,
                                 const auth::v1::IssueServiceTokenRequest* request,
                                 auth::v1::IssueServiceTokenResponse* response) override {
    if (request->secret() != "secret") return Refused();
    response->set_access_token("service-token");
    response->set_expires_in(600);
    return grpc::Status::OK;
  }
};

class FakeRatings final : public ratings::v1::RatingsService::Service {
 public:
  void Set(std::int64_t user_id, std::vector<Rated> ratings) {
    const std::lock_guard lock(mutex_);
    ratings_[user_id] = std::move(ratings);
  }
  std::atomic<bool> down = false;
  std::string bearer;
  std::string position;

 private:
  grpc::Status GetUserHistory(grpc::ServerContext* context,
                              const ratings::v1::GetUserHistoryRequest* request,
                              ratings::v1::GetUserHistoryResponse* response) override {
    if (down) return {grpc::StatusCode::UNAVAILABLE, "down"};
    const std::lock_guard lock(mutex_);
    const auto& metadata = context->client_metadata();
    const auto text = [&](const char* key) {
      const auto found = metadata.find(key);
      return found == metadata.end() ? std::string()
                                     : std::string(found->second.data(), found->second.size());
    };
    bearer = text("authorization");
    position = text("marquee-position");
    for (const auto& rated : ratings_[request->user_id()]) {
      response->add_movie_ids(rated.movie_id);
      response->add_values(rated.value);
      response->add_rated_at_seconds(1);
    }
    response->set_partition(0);
    response->set_next_offset(10);
    return grpc::Status::OK;
  }
  std::mutex mutex_;
  std::map<std::int64_t, std::vector<Rated>> ratings_;
};

class FakeRegistry final : public registry::v1::RegistryService::Service {
 public:
  struct Version {
    std::int64_t version = 0;
    std::string bytes;
    std::string sha256;
    std::string card;
  };
  void Promote(const std::string& model, Version version) {
    const std::lock_guard lock(mutex_);
    champions_[model] = std::move(version);
  }
  std::atomic<bool> down = false;
  std::atomic<bool> lost = false;  // the artefacts, not the registry
  std::atomic<int> asked = 0;
  std::atomic<int> downloads = 0;

 private:
  static grpc::Status NotFound(grpc::ServerContext* context, const std::string& reason) {
    return rpc::ToGrpc(Error::NotFound(reason, reason), *context);
  }
  grpc::Status GetAlias(grpc::ServerContext* context, const registry::v1::GetAliasRequest* request,
                        registry::v1::GetAliasResponse* response) override {
    ++asked;
    if (down) return {grpc::StatusCode::UNAVAILABLE, "down"};
    if (!Carries(*context, "authorization", "Bearer service-token")) return Refused();
    const std::lock_guard lock(mutex_);
    const auto found = champions_.find(request->model());
    if (found == champions_.end()) return NotFound(context, "alias_unset");
    auto& wire = *response->mutable_model_version();
    wire.set_model(request->model());
    wire.set_version(found->second.version);
    wire.set_sha256(found->second.sha256);
    wire.set_size_bytes(static_cast<std::int64_t>(found->second.bytes.size()));
    wire.set_card(found->second.card);
    return grpc::Status::OK;
  }
  grpc::Status DownloadArtefact(
      grpc::ServerContext* context, const registry::v1::DownloadArtefactRequest* request,
      grpc::ServerWriter<registry::v1::DownloadArtefactResponse>* writer) override {
    ++downloads;
    if (lost) return NotFound(context, "artefact_missing");
    const std::lock_guard lock(mutex_);
    registry::v1::DownloadArtefactResponse response;
    response.set_chunk(champions_[request->model()].bytes);
    writer->Write(response);
    return grpc::Status::OK;
  }
  std::mutex mutex_;
  std::map<std::string, Version> champions_;
};

FakeRegistry::Version MakeVersion(const std::filesystem::path& folder, const std::string& model,
                                  std::int64_t version, const std::vector<std::int64_t>& movies) {
  const auto served = testing_::MakeModel(model, movies, static_cast<unsigned>(version));
  const auto path = folder / "made.safetensors";
  const auto written = artefact::SaveModel(path, served, {});
  if (!written.ok()) throw std::runtime_error(written.error().ToString());
  FakeRegistry::Version made{
      .version = version, .bytes = {}, .sha256 = written->sha256, .card = {}};
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  made.bytes = bytes.str();
  artefact::ModelCard card;
  card.model = model;
  card.algorithm = served.algorithm;
  card.run_id = 1;
  card.code_version = "test";
  card.data.sha256 = written->sha256;
  card.artefact_sha256 = written->sha256;
  card.artefact_bytes = written->bytes;
  made.card = artefact::ToJson(card);
  std::filesystem::remove(path);
  return made;
}

template <typename Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class RecommenderRpcTest : public testing::Test {
 protected:
  using Stub = v1::RecommenderService::Stub;

  RecommenderRpcTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("recommender-rpc-" + Uuid::V7(SystemClock().Now()).ToString())),
        key_(token::SigningKey::Generate()),
        verifier_(
            {},
            [this]() -> Result<std::vector<token::PublicKey>> {
              return std::vector{key_.public_key()};
            },
            SystemClock()) {
    std::filesystem::create_directories(folder_);
    log_.Set(0, 10);
    ratings_.Set(7, {{1, 5.0F}, {2, 4.0F}});
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&auth_);
    builder.RegisterService(&ratings_);
    builder.RegisterService(&registry_);
    others_ = builder.BuildAndStart();
    others_address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~RecommenderRpcTest() override {
    Stop();
    others_->Shutdown();
    std::filesystem::remove_all(folder_);
  }

  // The whole service but Kafka, as main composes it.
  struct Running {
    explicit Running(RecommenderRpcTest& test)
        : channel(rpc::MakeChannel(test.others_address_)),
          token(channel, "recommender", "secret", SystemClock()),
          catalogue(serving, {.look_every = 2ms, .pause = 2ms}, metrics),
          registry(channel, &token, {.cache_dir = test.folder_}),
          champions(registry, {.cache_dir = test.folder_, .poll = 20ms}, nullptr, serving,
                    SystemClock(), metrics),
          store({}, SystemClock()),
          ratings(channel),
          histories(store, ratings, test.log_, {.read_wait = 200ms, .fill_timeout = 2s},
                    SystemClock(), metrics),
          recommender(serving, histories, SystemClock(), metrics),
          handler(recommender),
          server({&handler}, test.verifier_, metrics) {}

    metrics::Metrics metrics;
    std::shared_ptr<grpc::Channel> channel;
    rpc::ServiceToken token;
    ServingHolder serving;
    CatalogueFollower catalogue;
    artefact::RegistryClient registry;
    Champions champions;
    HistoryStore store;
    RatingsClient ratings;
    Histories histories;
    Recommender recommender;
    RecommenderHandler handler;
    rpc::TestServer server;
  };

  void Start() {
    running_ = std::make_unique<Running>(*this);
    testing_::Tell(running_->catalogue, Ids(1, 70));
    stub_ = v1::RecommenderService::NewStub(rpc::MakeChannel(running_->server.address()));
    ASSERT_TRUE(Eventually([&] { return running_->serving.Get()->catalogue() != nullptr; }));
  }
  void Stop() {
    stub_.reset();
    running_.reset();
  }
  void Promote(const std::string& model, std::int64_t version, std::int64_t last = 60) {
    registry_.Promote(model, MakeVersion(folder_, model, version, Ids(1, last)));
  }
  bool AwaitRanking(std::int64_t version) {
    return Eventually([&] {
      const auto serving = running_->serving.Get();
      return serving->ranking() != nullptr && serving->ranking()->version == version;
    });
  }
  bool AwaitRating(std::int64_t version) {
    return Eventually([&] {
      const auto serving = running_->serving.Get();
      return serving->rating() != nullptr && serving->rating()->version == version;
    });
  }

  std::string UserToken(std::int64_t user_id) {
    token::Claims claims;
    claims.user_id = user_id;
    claims.subject = std::to_string(user_id);
    claims.roles = {"user"};
    claims.issued_at = SystemClock().Now() - 1min;
    claims.expires_at = SystemClock().Now() + 5min;
    return key_.Sign(claims, {});
  }

  template <typename Response, typename Method, typename Request>
  Result<Response> Do(Method method, const Request& request, const std::string& bearer = {},
                      const std::string& position = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, 5s);
    if (!position.empty()) context.AddMetadata("marquee-position", position);
    Response response;
    const auto status = (*stub_.*method)(&context, request, &response);
    if (status.ok()) return response;
    return rpc::FromGrpc(status);
  }
  Result<v1::ListRecommendationsResponse> List(std::int64_t user_id, int count = 10,
                                               const std::string& position = {}) {
    v1::ListRecommendationsRequest request;
    request.set_count(count);
    return Do<v1::ListRecommendationsResponse>(&Stub::ListRecommendations, request,
                                               UserToken(user_id), position);
  }

  std::filesystem::path folder_;
  FakeLog log_;
  FakeAuth auth_;
  FakeRatings ratings_;
  FakeRegistry registry_;
  token::SigningKey key_;
  token::Verifier verifier_;
  std::unique_ptr<grpc::Server> others_;
  std::string others_address_;
  std::unique_ptr<Running> running_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(RecommenderRpcTest, ServesAPersonalListWithReasons) {
  Promote("ranking", 3);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  const auto list = List(7);
  ASSERT_TRUE(list.ok()) << list.error().ToString();
  EXPECT_EQ(list->model_version(), 3);
  EXPECT_FALSE(list->degraded());
  EXPECT_EQ(list->history_size(), 2);
  ASSERT_EQ(list->recommendations_size(), 10);
  const auto& first = list->recommendations(0);
  EXPECT_EQ(first.title(), "Movie " + std::to_string(first.movie_id()));
  EXPECT_EQ(first.year(), 1980 + first.movie_id() % 40);
  ASSERT_EQ(first.genres_size(), 1);
  ASSERT_GE(first.because_size(), 1);
  EXPECT_EQ(first.because(0).title(), "Movie " + std::to_string(first.because(0).movie_id()));
  // The history was read in the caller's own name.
  EXPECT_EQ(ratings_.bearer.substr(0, 7), "Bearer ");
  EXPECT_NE(ratings_.bearer, "Bearer service-token");
}

TEST_F(RecommenderRpcTest, AnswersFromPopularityUntilAModelIsPromotedAndThenFromTheModel) {
  Start();
  ASSERT_TRUE(Eventually([&] { return running_->champions.Ready().ok(); }));
  auto list = List(7);
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->degraded());
  EXPECT_EQ(list->model_version(), 0);
  EXPECT_EQ(list->recommendations(0).movie_id(), 70);
  EXPECT_EQ(list->recommendations(0).score(), 70);
  Promote("ranking", 1);
  ASSERT_TRUE(AwaitRanking(1));
  list = List(7);
  ASSERT_TRUE(list.ok());
  EXPECT_FALSE(list->degraded());
  EXPECT_EQ(list->model_version(), 1);
}

TEST_F(RecommenderRpcTest, IsNotReadyBeforeTheRegistryAnswered) {
  registry_.down = true;
  Start();
  ASSERT_TRUE(Eventually([&] { return registry_.asked >= 2; }));
  EXPECT_FALSE(running_->champions.Ready().ok());
  EXPECT_TRUE(List(7)->degraded());
  registry_.down = false;
  EXPECT_TRUE(Eventually([&] { return running_->champions.Ready().ok(); }));
}

TEST_F(RecommenderRpcTest, SaysThatItHasNoModelWhileTheChampionsArtefactIsLost) {
  Promote("ranking", 3);
  Promote("rating", 4);
  registry_.lost = true;
  Start();
  ASSERT_TRUE(Eventually([&] { return registry_.downloads >= 6; })) << "it keeps trying";
  const auto ready = running_->champions.Ready();
  ASSERT_FALSE(ready.ok());
  EXPECT_EQ(ready.error().reason, "model_unavailable");
  EXPECT_NE(ready.error().message.find("artefact_missing"), std::string::npos)
      << ready.error().message;
  const auto text = running_->metrics.Text();
  for (const std::string model : {"ranking", "rating"}) {
    const auto version = model == "ranking" ? "3" : "4";
    EXPECT_NE(text.find("marquee_recommender_champion_version{model=\"" + model + "\"} " + version),
              std::string::npos);
    EXPECT_NE(text.find("marquee_recommender_model_version{model=\"" + model + "\"} 0"),
              std::string::npos);
    EXPECT_EQ(text.find("marquee_recommender_model_failures{model=\"" + model + "\"} 0"),
              std::string::npos);
  }

  const auto unavailable = [](const auto& answer) {
    return !answer.ok() && answer.error().code == Code::kUnavailable &&
           answer.error().reason == "model_unavailable";
  };
  EXPECT_TRUE(unavailable(List(7))) << "so that the gateway falls back, and says so";
  v1::RecommendForRatingsRequest visitor;
  visitor.add_ratings()->set_movie_id(1);
  visitor.mutable_ratings(0)->set_value(5);
  EXPECT_TRUE(
      unavailable(Do<v1::RecommendForRatingsResponse>(&Stub::RecommendForRatings, visitor)));
  v1::ListSimilarMoviesRequest similar;
  similar.set_movie_id(1);
  EXPECT_TRUE(unavailable(Do<v1::ListSimilarMoviesResponse>(&Stub::ListSimilarMovies, similar)));
  v1::PredictRatingRequest predict;
  predict.set_movie_id(40);
  EXPECT_TRUE(
      unavailable(Do<v1::PredictRatingResponse>(&Stub::PredictRating, predict, UserToken(7))));
  v1::ExplainRecommendationRequest explain;
  explain.set_movie_id(40);
  EXPECT_TRUE(unavailable(
      Do<v1::ExplainRecommendationResponse>(&Stub::ExplainRecommendation, explain, UserToken(7))));

  registry_.lost = false;
  ASSERT_TRUE(AwaitRanking(3)) << "by itself";
  ASSERT_TRUE(AwaitRating(4));
  EXPECT_TRUE(running_->champions.Ready().ok());
  EXPECT_FALSE(List(7)->degraded());
}

TEST_F(RecommenderRpcTest, ServesFromMemoryWhenTheChampionVanishes) {
  Promote("ranking", 3);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  registry_.lost = true;
  for (const auto& file : std::filesystem::directory_iterator(folder_))
    std::filesystem::remove_all(file);  // and its own copy
  Promote("ranking", 4);                // named, and not to be had
  const int before = registry_.downloads;
  ASSERT_TRUE(Eventually([&] { return registry_.downloads >= before + 3; }));
  EXPECT_TRUE(running_->champions.Ready().ok());
  const auto list = List(7);
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->model_version(), 3);
}

// A registry that has lost the rating model alone keeps nobody from a list.
TEST_F(RecommenderRpcTest, IsReadyWithoutTheRatingModelOnceItIsKnownToBeLost) {
  Promote("ranking", 3);
  auto lost = MakeVersion(folder_, "rating", 4, Ids(1, 60));
  lost.bytes[lost.bytes.size() / 2] ^= 1;
  registry_.Promote("rating", lost);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  EXPECT_TRUE(Eventually([&] { return running_->champions.Ready().ok(); }));
  EXPECT_FALSE(List(7)->degraded());
}

TEST_F(RecommenderRpcTest, RestartsFromItsCacheWithoutTheTrainer) {
  Promote("ranking", 3);
  Promote("rating", 4);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  ASSERT_TRUE(AwaitRating(4));
  Stop();
  registry_.down = true;
  Start();
  EXPECT_TRUE(running_->champions.Ready().ok());
  const auto list = List(7);
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->model_version(), 3);
  EXPECT_NE(running_->serving.Get()->rating(), nullptr);
}

TEST_F(RecommenderRpcTest, ANoteThatIsNotStrictlyJsonIsNotBelieved) {
  Promote("ranking", 3);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  Stop();
  registry_.down = true;
  const auto path = folder_ / "ranking.in-use.json";
  std::stringstream sound;
  sound << std::ifstream(path).rdbuf();
  const std::string repeated = R"({"version": 3, )" + sound.str().substr(1);
  for (const std::string& note : {sound.str() + std::string("\0", 1), repeated}) {
    std::ofstream(path, std::ios::binary) << note;
    Start();
    EXPECT_EQ(running_->serving.Get()->ranking(), nullptr) << note;
    Stop();
  }
  std::ofstream(path) << sound.str();
  Start();
  EXPECT_NE(running_->serving.Get()->ranking(), nullptr);
}

// Another registry counts from 1 too: a suite that was set up anew over an old cache.
TEST_F(RecommenderRpcTest, TellsArtefactsOfTheSameVersionApart) {
  const auto knows = [&](std::int64_t movies) {
    return Eventually([&] {
      const auto serving = running_->serving.Get();
      return serving->ranking() != nullptr && serving->ranking()->version == 1 &&
             serving->ranking()->ranker->items() == movies;
    });
  };
  Promote("ranking", 1, 60);
  Start();
  ASSERT_TRUE(knows(60));
  Promote("ranking", 1, 50);
  EXPECT_TRUE(knows(50)) << "while running";
  Stop();
  Promote("ranking", 1, 40);
  Start();
  EXPECT_TRUE(knows(40)) << "after a restart with the others in the cache";
}

TEST_F(RecommenderRpcTest, KeepsTheLastGoodModelWhenTheNextIsBroken) {
  Promote("ranking", 3);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  auto broken = MakeVersion(folder_, "ranking", 4, Ids(1, 60));
  broken.bytes[broken.bytes.size() / 2] ^= 1;  // its SHA-256 is no longer what the card says
  registry_.Promote("ranking", broken);
  const int before = registry_.asked;
  ASSERT_TRUE(Eventually([&] { return registry_.asked >= before + 4; }));
  EXPECT_EQ(List(7)->model_version(), 3);
  Promote("ranking", 5);
  EXPECT_TRUE(AwaitRanking(5));
  EXPECT_EQ(List(7)->model_version(), 5);
}

TEST_F(RecommenderRpcTest, FollowsARollback) {
  Promote("ranking", 4);
  Start();
  ASSERT_TRUE(AwaitRanking(4));
  Promote("ranking", 3);
  EXPECT_TRUE(AwaitRanking(3));
}

TEST_F(RecommenderRpcTest, CountsTheRatingThatWasJustGiven) {
  Promote("ranking", 3);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  ASSERT_EQ(List(7)->history_size(), 2);
  const ratings::RatingChange change{.event_id = Uuid::V7(SystemClock().Now()),
                                     .user_id = 7,
                                     .movie_id = 40,
                                     .value = 5.0F,
                                     .occurred_at_us = 1,
                                     .source = ratings::Source::kLive};
  std::thread consumer([&] {
    log_.AwaitWaiters(1);
    running_->store.Apply({0, 10 + 1, 0}, &change);
    log_.Set(0, 11);
  });
  const auto list = List(7, 100, "ratings:0:11");
  consumer.join();
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->history_size(), 3);
  for (const auto& movie : list->recommendations()) EXPECT_NE(movie.movie_id(), 40);
}

TEST_F(RecommenderRpcTest, HidesAMovieThatWasDeleted) {
  Promote("ranking", 3);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  const auto best = List(7)->recommendations(0).movie_id();
  running_->catalogue.Remove(best);
  ASSERT_TRUE(Eventually([&] { return running_->serving.Get()->catalogue()->size() == 69; }));
  const auto list = List(7, 100);
  ASSERT_TRUE(list.ok());
  for (const auto& movie : list->recommendations()) EXPECT_NE(movie.movie_id(), best);
  v1::ListSimilarMoviesRequest request;
  request.set_movie_id(best);
  const auto gone = Do<v1::ListSimilarMoviesResponse>(&Stub::ListSimilarMovies, request);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, Code::kNotFound);
}

TEST_F(RecommenderRpcTest, FallsBackToThePopularListWhenRatingsAreDown) {
  Promote("ranking", 3);
  ratings_.down = true;
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  const auto list = List(7);
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->degraded());
  v1::ExplainRecommendationRequest request;
  request.set_movie_id(40);
  const auto explanation =
      Do<v1::ExplainRecommendationResponse>(&Stub::ExplainRecommendation, request, UserToken(7));
  ASSERT_FALSE(explanation.ok());
  EXPECT_EQ(explanation.error().code, Code::kUnavailable);
  ratings_.down = false;
  EXPECT_FALSE(List(7)->degraded());
}

TEST_F(RecommenderRpcTest, RecommendsForTheRatingsOfAVisitor) {
  Promote("ranking", 3);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  v1::RecommendForRatingsRequest request;
  const auto add = [&](std::int64_t movie_id, float value) {
    auto& given = *request.add_ratings();
    given.set_movie_id(movie_id);
    given.set_value(value);
  };
  add(1, 5.0F);
  add(2, 4.0F);
  add(69, 4.0F);
  request.set_count(10);
  const auto call = [&] {
    return Do<v1::RecommendForRatingsResponse>(&Stub::RecommendForRatings, request);
  };
  const auto list = call();
  ASSERT_TRUE(list.ok()) << list.error().ToString();
  EXPECT_EQ(list->history_size(), 2);
  const auto own = List(7);
  ASSERT_TRUE(own.ok());
  for (int at = 0; at < 10; ++at) {
    EXPECT_EQ(list->recommendations(at).movie_id(), own->recommendations(at).movie_id());
  }
  add(2, 3.0F);
  EXPECT_EQ(call().error().field, "ratings[3].movie_id");
  request.mutable_ratings()->RemoveLast();
  add(3, 3.3F);
  EXPECT_EQ(call().error().field, "ratings[3].value");
}

TEST_F(RecommenderRpcTest, PredictsAndExplains) {
  Promote("ranking", 3);
  Promote("rating", 4);
  Start();
  ASSERT_TRUE(AwaitRanking(3));
  ASSERT_TRUE(AwaitRating(4));
  v1::PredictRatingRequest predict;
  predict.set_movie_id(40);
  const auto prediction =
      Do<v1::PredictRatingResponse>(&Stub::PredictRating, predict, UserToken(7));
  ASSERT_TRUE(prediction.ok()) << prediction.error().ToString();
  EXPECT_EQ(prediction->model_version(), 4);
  EXPECT_EQ(prediction->history_size(), 2);
  EXPECT_GE(prediction->predicted_rating(), 0.5);
  EXPECT_LE(prediction->predicted_rating(), 5.0);
  EXPECT_FALSE(prediction->has_interval_80()) << "an artefact of before";
  EXPECT_FALSE(prediction->has_standard_deviation());
  EXPECT_EQ(prediction->distribution_size(), 0);

  v1::ExplainRecommendationRequest explain;
  explain.set_movie_id(40);
  const auto call = [&] {
    return Do<v1::ExplainRecommendationResponse>(&Stub::ExplainRecommendation, explain,
                                                 UserToken(7));
  };
  const auto explanation = call();
  ASSERT_TRUE(explanation.ok());
  double sum = 0;
  for (const auto& part : explanation->contributions()) sum += part.contribution();
  EXPECT_NEAR(sum, explanation->score(), 1e-4);
  EXPECT_EQ(explanation->title(), "Movie 40");
  EXPECT_EQ(explanation->contributions_size(), 2);
  explain.set_movie_id(4000);
  EXPECT_EQ(call().error().code, Code::kNotFound);
}

TEST_F(RecommenderRpcTest, OnlyUsersHaveAListOfTheirOwn) {
  Start();
  const auto anonymous = Do<v1::ListRecommendationsResponse>(&Stub::ListRecommendations,
                                                             v1::ListRecommendationsRequest());
  EXPECT_EQ(anonymous.error().code, Code::kUnauthenticated);
  token::Claims claims;
  claims.subject = "service:test";
  claims.roles = {"service"};
  claims.issued_at = SystemClock().Now();
  claims.expires_at = SystemClock().Now() + 5min;
  const auto service = Do<v1::ListRecommendationsResponse>(
      &Stub::ListRecommendations, v1::ListRecommendationsRequest(), key_.Sign(claims, {}));
  EXPECT_EQ(service.error().reason, "user_required");
}

TEST_F(RecommenderRpcTest, NoRequestFailsWhileChampionsChange) {
  Promote("ranking", 1);
  Start();
  ASSERT_TRUE(AwaitRanking(1));
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0;
  std::set<std::int64_t> versions;
  std::thread reader([&] {
    while (!stop) {
      const auto list = List(7);
      if (!list.ok() || list->degraded()) {
        ++failed;
      } else {
        versions.insert(list->model_version());
      }
    }
  });
  for (int version = 2; version <= 11; ++version) {
    Promote("ranking", version);
    EXPECT_TRUE(AwaitRanking(version));
  }
  stop = true;
  reader.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(versions.size(), 1U);
}

}  // namespace
}  // namespace marquee::recommender
