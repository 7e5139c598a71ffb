// The whole service over gRPC, on a real PostgreSQL and a real Kafka; the catalogue is a stand-in.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <deque>
#include <pqxx/pqxx>
#include <set>
#include <thread>

#include "idempotency/pg_idempotency_store.h"
#include "kafka/testing.h"
#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "pg/testing.h"
#include "rating-ingest/app/known_movies.h"
#include "rating-ingest/clients/catalog_client.h"
#include "rating-ingest/clients/kafka_log.h"
#include "rating-ingest/consume/writer_steps.h"
#include "rating-ingest/rpc/ratings_handler.h"
#include "rating-ingest/store/batch_steps.h"
#include "rating-ingest/store/pg_rating_reader.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace marquee::rating_ingest {
namespace {

namespace v1 = ratings::v1;

// Movies 1 to 1000 exist; of those to 900 the service has heard.
class CatalogStandIn final : public catalog::v1::CatalogService::Service {
 public:
  grpc::Status GetMovie(grpc::ServerContext*, const catalog::v1::GetMovieRequest* request,
                        catalog::v1::GetMovieResponse*) override {
    ++asked;
    if (request->movie_id() > 1000) return {grpc::StatusCode::NOT_FOUND, "no such movie"};
    return grpc::Status::OK;
  }
  std::atomic<int> asked{0};
};

class RatingIngestTest : public testing::Test {
 protected:
  RatingIngestTest() {
    database_.Migrate("services/rating-ingest/migrations");
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&catalog_service_);
    catalog_server_ = builder.BuildAndStart();
    catalog_.emplace(rpc::MakeChannel("127.0.0.1:" + std::to_string(port)),
                     std::chrono::milliseconds(500), SystemClock());
    known_movies_.emplace(*catalog_, metrics_);
    for (std::int64_t movie = 1; movie <= 900; ++movie) known_movies_->Put({.movie_id = movie}, "");
    intake_.emplace(log_, log_, *known_movies_, SystemClock());
    handler_.emplace(*intake_, queries_, applied_, log_, SystemClock());
    server_.emplace(std::vector<rpc::ServiceBase*>{&*handler_}, verifier_, metrics_,
                    rpc::ServeHooks{.keys = &keys_});
    stub_ = v1::RatingsService::NewStub(rpc::MakeChannel(server_->address()));
    StartWriter();
  }
  ~RatingIngestTest() override { catalog_server_->Shutdown(SystemClock().Now()); }

  void StartWriter() {
    ratings::RatingConsumerConfig config{
        .consumer = {.cluster = kafka::TestCluster(),
                     .group = topic_,
                     .topic = topic_,
                     .session_timeout = std::chrono::milliseconds(6'000),
                     .check_every = std::chrono::milliseconds(200)},
        .service = "rating_ingest"};
    auto& metrics = writer_metrics_.emplace_back();
    const BatchSteps steps{ApplyToRatings(metrics), CountDeadLetters};
    writer_.emplace(config, pool_, WriterSteps(steps, config, producer_, applied_, metrics),
                    metrics);
  }

  std::string Token(std::int64_t user, std::vector<std::string> roles) {
    const Time now = SystemClock().Now();
    return key_.Sign({.subject = user > 0 ? std::to_string(user) : "service:test",
                      .user_id = user,
                      .roles = std::move(roles),
                      .session_id = "s",
                      .token_id = "t",
                      .issued_at = now,
                      .expires_at = now + std::chrono::minutes(5)},
                     {});
  }
  // A call of a user (or, as 0, of a service); position is what an earlier answer carried.
  struct Caller {
    grpc::ClientContext context;
    std::string position() const {
      for (const auto* metadata :
           {&context.GetServerInitialMetadata(), &context.GetServerTrailingMetadata()}) {
        const auto found = metadata->find(rpc::kPositionKey);
        if (found != metadata->end()) return {found->second.data(), found->second.size()};
      }
      return "";
    }
  };
  std::unique_ptr<Caller> As(std::int64_t user, const std::string& position = "",
                             const std::string& key = "") {
    auto caller = std::make_unique<Caller>();
    caller->context.set_deadline(SystemClock().Now() + std::chrono::seconds(20));
    caller->context.AddMetadata("authorization",
                                "Bearer " + Token(user, {user > 0 ? "user" : "service"}));
    if (!position.empty()) caller->context.AddMetadata(rpc::kPositionKey, position);
    if (!key.empty()) caller->context.AddMetadata(rpc::kIdempotencyKey, key);
    return caller;
  }
  // Rates and gives the position, or fails the test.
  std::string Rate(std::int64_t user, std::int64_t movie, float value,
                   const std::string& key = "") {
    auto caller = As(user, "", key);
    v1::PutRatingRequest request;
    request.set_movie_id(movie);
    request.set_value(value);
    v1::PutRatingResponse response;
    const auto status = stub_->PutRating(&caller->context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.rating().value(), value);
    return caller->position();
  }
  Error Refusal(std::int64_t user, std::int64_t movie, float value, const std::string& key = "") {
    auto caller = As(user, "", key);
    v1::PutRatingRequest request;
    request.set_movie_id(movie);
    request.set_value(value);
    v1::PutRatingResponse response;
    const auto status = stub_->PutRating(&caller->context, request, &response);
    EXPECT_FALSE(status.ok());
    return rpc::FromGrpc(status);
  }
  std::optional<float> Read(std::int64_t user, std::int64_t movie, const std::string& position) {
    auto caller = As(user, position);
    v1::GetRatingRequest request;
    request.set_movie_id(movie);
    v1::GetRatingResponse response;
    const auto status = stub_->GetRating(&caller->context, request, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) return std::nullopt;
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.rating().value();
  }
  std::int64_t Number(const std::string& sql) {
    return pool_
        .Read([&](pg::Transaction& tx) -> Result<std::int64_t> {
          return tx.exec(sql)[0][0].as<std::int64_t>();
        })
        .value();
  }
  Result<v1::BulkIngestResponse> Import(const std::vector<v1::BulkIngestRequest>& requests) {
    auto caller = As(0);
    v1::BulkIngestResponse response;
    const auto writer = stub_->BulkIngest(&caller->context, &response);
    for (const auto& request : requests) {
      if (!writer->Write(request)) break;
    }
    writer->WritesDone();
    const auto status = writer->Finish();
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  void WaitApplied(const v1::BulkIngestResponse& response) {
    for (const auto& one : response.partitions()) {
      const std::string position =
          "SELECT coalesce(sum(next_offset), 0)::bigint FROM"
          " consumer_offsets WHERE partition = " +
          std::to_string(one.partition());
      ASSERT_TRUE(Eventually([&] { return Number(position) >= one.end_offset(); }));
    }
  }
  template <typename Check>
  static bool Eventually(Check check) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!check()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  pg::TestDatabase database_;
  const std::string topic_ = kafka::MakeTestTopic(4);
  token::SigningKey key_ = token::SigningKey::Generate();
  token::Verifier verifier_{
      {},
      [this]() -> Result<std::vector<token::PublicKey>> { return std::vector{key_.public_key()}; },
      SystemClock()};
  metrics::Metrics metrics_;
  std::deque<metrics::Metrics> writer_metrics_;
  pg::Pool pool_{{.uri = database_.uri()}};
  kafka::Producer producer_{{.cluster = kafka::TestCluster()}};
  PgRatingReader reader_{pool_, topic_};
  KafkaLog log_{producer_, metrics_, topic_};
  AppliedPositions applied_{reader_, log_, {.most_wait = std::chrono::seconds(15)}, metrics_};
  idempotency::PgIdempotencyStore keys_{pool_};
  RatingQueries queries_{reader_, log_, applied_};
  CatalogStandIn catalog_service_;
  std::unique_ptr<grpc::Server> catalog_server_;
  std::optional<CatalogClient> catalog_;
  std::optional<KnownMovies> known_movies_;
  std::optional<RatingIntake> intake_;
  std::optional<RatingsHandler> handler_;
  std::optional<rpc::TestServer> server_;
  std::unique_ptr<v1::RatingsService::Stub> stub_;
  std::optional<ratings::RatingConsumer> writer_;
};

TEST_F(RatingIngestTest, ReadsItsOwnWrites) {
  for (int round = 1; round <= 10; ++round) {
    const float value = static_cast<float>(round) / 2;
    const auto position = Rate(7, 1, value);
    EXPECT_EQ(position.substr(0, 8), "ratings:");
    EXPECT_EQ(Read(7, 1, position), value);
  }
  EXPECT_EQ(catalog_service_.asked, 0);
  auto caller = As(7);
  v1::DeleteRatingRequest request;
  request.set_movie_id(1);
  v1::DeleteRatingResponse response;
  ASSERT_TRUE(stub_->DeleteRating(&caller->context, request, &response).ok());
  EXPECT_EQ(Read(7, 1, caller->position()), std::nullopt);
  EXPECT_EQ(Number("SELECT revision FROM ratings WHERE user_id = 7"), 11);
}

TEST_F(RatingIngestTest, ARepeatedKeyIsOneEvent) {
  Rate(7, 1, 4.0F, "once");
  const auto position = Rate(7, 1, 4.0F, "once");
  EXPECT_EQ(Read(7, 1, position), 4.0F);
  EXPECT_EQ(Number("SELECT revision FROM ratings WHERE user_id = 7 AND movie_id = 1"), 1);
  // Another value or movie under the same key is refused, and not stored.
  EXPECT_EQ(Refusal(7, 1, 5.0F, "once").reason, "idempotency_key_reused");
  EXPECT_EQ(Refusal(7, 2, 4.0F, "once").reason, "idempotency_key_reused");
  EXPECT_EQ(Read(7, 1, Rate(7, 1, 3.0F, "twice")), 3.0F);
  EXPECT_EQ(Number("SELECT count(*) FROM ratings WHERE user_id = 7"), 1);
  // A day later the key is as good as new.
  database_.Execute("UPDATE idempotency_keys SET first_used = first_used - interval '25 hours'");
  EXPECT_EQ(Read(7, 1, Rate(7, 1, 5.0F, "once")), 5.0F);
}

TEST_F(RatingIngestTest, RefusesBadInput) {
  EXPECT_EQ(Refusal(7, 1, 4.4F).field, "value");
  EXPECT_EQ(Refusal(7, 1, 6.0F).code, Code::kInvalidArgument);
  EXPECT_EQ(Refusal(7, 0, 4.0F).field, "movie_id");
  EXPECT_EQ(Refusal(7, 5000, 4.0F).reason, "movie_unknown");
  EXPECT_EQ(Refusal(0, 1, 4.0F).reason, "user_required");
}

TEST_F(RatingIngestTest, TakesARatingOfAKnownMovieWithoutTheCatalogue) {
  EXPECT_EQ(Read(7, 1000, Rate(7, 1000, 3.0F)), 3.0F) << "created a moment ago";
  EXPECT_EQ(catalog_service_.asked, 1);
  catalog_server_->Shutdown(SystemClock().Now());
  EXPECT_EQ(Read(7, 2, Rate(7, 2, 4.0F)), 4.0F);
  const auto refusal = Refusal(7, 5000, 4.0F);
  EXPECT_EQ(refusal.reason, "catalog_unavailable") << "it may have been created a moment ago";
  EXPECT_EQ(refusal.code, Code::kUnavailable);
}

TEST_F(RatingIngestTest, ListsTheLatestFirstPageByPage) {
  std::string position;
  for (int movie = 1; movie <= 5; ++movie) position = Rate(7, movie, 3.0F);
  Rate(8, 1, 1.0F);
  std::vector<std::int64_t> movies;
  v1::ListRatingsRequest request;
  request.set_page_size(2);
  do {
    auto caller = As(7, position);
    v1::ListRatingsResponse response;
    const auto status = stub_->ListRatings(&caller->context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    for (const auto& rating : response.ratings()) movies.push_back(rating.movie_id());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(movies, (std::vector<std::int64_t>{5, 4, 3, 2, 1}));
}

TEST_F(RatingIngestTest, GivesAHistoryWithItsPosition) {
  Rate(7, 1, 3.0F);
  const auto position = Position::Parse(Rate(7, 2, 4.0F));
  ASSERT_TRUE(position.has_value());
  auto caller = As(0, position->ToString());
  v1::GetUserHistoryRequest request;
  request.set_user_id(7);
  v1::GetUserHistoryResponse response;
  const auto status = stub_->GetUserHistory(&caller->context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.partition(), position->at.partition);
  EXPECT_EQ(response.next_offset(), position->at.next_offset);
  EXPECT_EQ(response.fingerprint(), position->at.fingerprint);
  ASSERT_EQ(response.movie_ids_size(), 2);
  EXPECT_EQ(response.movie_ids(0), 2);
  EXPECT_EQ(response.values(0), 4.0F);
  auto other = As(8);
  EXPECT_EQ(stub_->GetUserHistory(&other->context, request, &response).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(RatingIngestTest, AHistoryKnowsWhatWasRatedBeforeItsLatestRatings) {
  constexpr int kRated = 6'000;
  v1::BulkIngestRequest request;
  for (int movie = 1; movie <= kRated; ++movie) {
    request.add_user_ids(7);
    request.add_movie_ids(movie);
    request.add_values(4.0F);
    request.add_rated_at_seconds(1'000'000'000 + movie);
  }
  const auto imported = Import({request});
  ASSERT_TRUE(imported.ok()) << imported.error().ToString();
  WaitApplied(*imported);
  v1::GetUserHistoryRequest ask;
  ask.set_user_id(7);
  v1::GetUserHistoryResponse history;
  auto caller = As(0);
  const auto status = stub_->GetUserHistory(&caller->context, ask, &history);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(history.movie_ids_size(), RatingQueries::kHistoryLimit);
  EXPECT_EQ(history.movie_ids(0), kRated) << "the latest first";
  std::set<std::int64_t> known(history.movie_ids().begin(), history.movie_ids().end());
  known.insert(history.older_movie_ids().begin(), history.older_movie_ids().end());
  EXPECT_EQ(known.size(), static_cast<std::size_t>(kRated)) << "each once, none left out";
  EXPECT_EQ(history.older_movie_ids_size(), kRated - RatingQueries::kHistoryLimit);
}

TEST_F(RatingIngestTest, ImportsExportsAndASecondImportChangesNothing) {
  const auto live = Rate(3, 5, 1.0F);
  EXPECT_EQ(Read(3, 5, live), 1.0F);
  std::vector<v1::BulkIngestRequest> requests(3);
  for (int i = 0; i < 3'000; ++i) {
    auto& request = requests[i % 3];
    request.add_user_ids(1 + i % 100);
    request.add_movie_ids(1 + i / 100);
    request.add_values(4.5F);
    request.add_rated_at_seconds(1'000'000'000 + i);
  }
  const auto first = Import(requests);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  EXPECT_EQ(first->accepted(), 3'000);
  WaitApplied(*first);
  EXPECT_EQ(Number("SELECT count(*) FROM ratings"), 3'000);
  EXPECT_EQ(Read(3, 5, ""), 1.0F);  // what a person did stands
  const auto before = Number("SELECT sum(revision) FROM ratings");
  const auto second = Import(requests);
  WaitApplied(*second);
  EXPECT_EQ(Number("SELECT sum(revision) FROM ratings"), before);

  auto caller = As(0);
  const auto reader = stub_->ExportRatings(&caller->context, {});
  v1::ExportRatingsResponse response;
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  v1::ExportSummary summary;
  while (reader->Read(&response)) {
    for (int i = 0; i < response.user_ids_size(); ++i) {
      EXPECT_TRUE(seen.emplace(response.user_ids(i), response.movie_ids(i)).second);
    }
    if (response.has_summary()) summary = response.summary();
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(seen.size(), 3'000U);
  EXPECT_EQ(summary.row_count(), 3'000);
  EXPECT_EQ(summary.next_offsets_size(), 4);
  for (const auto& one : second->partitions()) {
    EXPECT_EQ(summary.next_offsets(one.partition()), one.end_offset());
  }
  auto asking = As(0);
  v1::GetIngestStatusResponse status;
  ASSERT_TRUE(stub_->GetIngestStatus(&asking->context, {}, &status).ok());
  EXPECT_EQ(status.lag(), 0);
  EXPECT_EQ(status.rating_count(), 3'000);
}

TEST_F(RatingIngestTest, LeavesAnImportsBadRowOut) {
  v1::BulkIngestRequest request;
  for (int i = 0; i < 20; ++i) {
    request.add_user_ids(1);
    request.add_movie_ids(1 + i);
    request.add_values(i == 17 ? 7.0F : 3.0F);
    request.add_rated_at_seconds(1);
  }
  const auto taken = Import({request});
  ASSERT_TRUE(taken.ok()) << taken.error().ToString();
  EXPECT_EQ(taken->accepted(), 19);
  EXPECT_EQ(taken->rejected_count(), 1);
  ASSERT_EQ(taken->rejected_size(), 1);
  EXPECT_EQ(taken->rejected(0).row(), 17);
  EXPECT_EQ(taken->rejected(0).field(), "value");
  EXPECT_EQ(taken->rejected(0).reason(), "rating_out_of_range");
  WaitApplied(*taken);
  EXPECT_EQ(Number("SELECT count(*) FROM ratings"), 19);
  request.mutable_values()->RemoveLast();
  EXPECT_EQ(Import({request}).error().field, "values");
}

TEST_F(RatingIngestTest, TakesInteractionsIn) {
  const Time deadline = SystemClock().Now() + std::chrono::seconds(20);
  ASSERT_TRUE(kafka::CreateTopic(kafka::TestCluster(), std::string(ratings::kInteractionsTopic), 4,
                                 deadline)
                  .ok());
  auto caller = As(7);
  v1::RecordInteractionsRequest request;
  for (int i = 0; i < 3; ++i) {
    request.add_interactions()->set_movie_id(1);
    request.mutable_interactions(i)->set_kind(events::v1::INTERACTION_KIND_CLICK);
  }
  v1::RecordInteractionsResponse response;
  const auto status = stub_->RecordInteractions(&caller->context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.accepted(), 3);
  request.mutable_interactions(1)->mutable_occurred_at()->set_seconds(99'999'999'999);
  auto again = As(7);
  const auto refused = stub_->RecordInteractions(&again->context, request, &response);
  EXPECT_EQ(rpc::FromGrpc(refused).field, "interactions[1].occurred_at");
}

TEST_F(RatingIngestTest, PutsBrokenEventsAsideAndGoesOn) {
  const Time deadline = SystemClock().Now() + std::chrono::seconds(20);
  ASSERT_TRUE(
      kafka::CreateTopic(kafka::TestCluster(), "marquee.dead-letters.v1", 1, deadline).ok());
  ASSERT_TRUE(producer_.Produce({.topic = topic_, .key = "7", .value = "broken"}, deadline).ok());
  EXPECT_EQ(Read(7, 1, Rate(7, 1, 3.0F)), 3.0F);
  EXPECT_EQ(Number("SELECT count FROM dead_letter_counts WHERE reason = 'undecodable'"), 1);
}

TEST_F(RatingIngestTest, TakesRatingsInWhileTheDatabaseIsAwayAndAppliesThemLater) {
  Rate(7, 1, 3.0F);
  database_.Execute("ALTER TABLE ratings RENAME TO ratings_away");
  const auto position = Rate(7, 1, 5.0F);
  database_.KillConnections();
  database_.Execute("ALTER TABLE ratings_away RENAME TO ratings");
  EXPECT_EQ(Read(7, 1, position), 5.0F);
}

TEST_F(RatingIngestTest, AnotherWriterGoesOnWhereOneStopped) {
  EXPECT_EQ(Read(7, 1, Rate(7, 1, 3.0F)), 3.0F);
  writer_->Stop();
  const auto position = Rate(7, 1, 4.0F);
  StartWriter();
  EXPECT_EQ(Read(7, 1, position), 4.0F);
  EXPECT_EQ(Number("SELECT revision FROM ratings WHERE user_id = 7"), 2);
}

// Eight ratings were stored; the topic is made anew while PostgreSQL keeps its offsets, and eight
// more are acknowledged. All sixteen are stored, whether the writer ran meanwhile or not.
class RemadeTopic : public RatingIngestTest, public testing::WithParamInterface<int> {
 protected:
  void RateEight(int first_movie, int times) {
    for (int i = 0; i < times; ++i) {
      for (int user = 1; user <= 8; ++user) Rate(user, first_movie + i, 3.0F);
    }
  }
  void Check(int times) {
    ASSERT_TRUE(Eventually([&] {
      return Number("SELECT count(*) FROM ratings") == 16 + 8 * times;
    })) << Number("SELECT count(*) FROM ratings");
    EXPECT_GT(Number("SELECT sum(other_logs)::bigint FROM consumer_offsets"), 0);
    EXPECT_EQ(Number("SELECT sum(lost_events)::bigint FROM consumer_offsets"), 0);
    EXPECT_EQ(Number("SELECT max(revision) FROM ratings"), 1) << "none counts twice";
    EXPECT_EQ(Read(1, 900, Rate(1, 900, 4.5F)), 4.5F) << "reads see writes again";
    const auto text = writer_metrics_.back().Text();
    EXPECT_TRUE(Eventually([&] {
      const auto text = writer_metrics_.back().Text();
      return text.find("consumer_other_logs_total{partition=\"0\"}") != std::string::npos;
    })) << text;
  }
};

TEST_P(RemadeTopic, LosesNothingWhileTheWriterIsStopped) {
  RateEight(100, 2);
  ASSERT_TRUE(Eventually([&] { return Number("SELECT count(*) FROM ratings") == 16; }));
  writer_->Stop();
  kafka::RemakeTestTopic(topic_, 4);
  RateEight(200, GetParam());
  StartWriter();
  Check(GetParam());
}

TEST_P(RemadeTopic, LosesNothingWhileTheWriterRuns) {
  RateEight(100, 2);
  ASSERT_TRUE(Eventually([&] { return Number("SELECT count(*) FROM ratings") == 16; }));
  kafka::RemakeTestTopic(topic_, 4);
  RateEight(200, GetParam());
  Check(GetParam());
}

INSTANTIATE_TEST_SUITE_P(ShorterEqualAndLonger, RemadeTopic, testing::Values(1, 2, 3));

// In the log before the writer came to it, and taken in when the person was erased already.
TEST_F(RatingIngestTest, ARatingInFlightDoesntBringTheErasedBack) {
  constexpr std::int64_t kAda = 1'000'000'001;
  const auto first = Rate(kAda, 1, 4.0F);
  EXPECT_EQ(Read(kAda, 1, first), 4.0F);
  writer_->Stop();
  Rate(kAda, 2, 5.0F);
  database_.Execute("INSERT INTO erased_users VALUES (1000000001, 'e', now())");
  const auto erased =
      pool_.Run([](pg::Transaction& tx) { return ErasePerson(tx, {.user_id = kAda}); });
  ASSERT_TRUE(erased.ok()) << erased.error().ToString();
  StartWriter();
  const auto last = Rate(kAda, 3, 3.0F);
  EXPECT_EQ(Read(kAda, 3, last), std::nullopt);
  EXPECT_EQ(Number("SELECT count(*) FROM ratings WHERE user_id = 1000000001"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM applied_events WHERE user_id = 1000000001"), 0);
  EXPECT_NE(writer_metrics_.back().Text().find("marquee_rating_ingest_erased_events_total 2"),
            std::string::npos);
}

// Positions of before the topic was made anew hold nobody up, and are no reason to refuse.
TEST_F(RatingIngestTest, IgnoresPositionsOfAnotherLogAndRefusesThoseBeyondThisOne) {
  const auto old = Position::Parse(Rate(7, 1, 3.0F));
  ASSERT_TRUE(old.has_value());
  const auto far = [&](bool named) {
    Position position = *old;
    position.at.next_offset += 1'000'000;
    if (!named) position.at.fingerprint = 0;
    auto caller = As(7, position.ToString());
    v1::GetRatingRequest request;
    request.set_movie_id(1);
    v1::GetRatingResponse response;
    const auto status = stub_->GetRating(&caller->context, request, &response);
    return status.ok() ? Error() : rpc::FromGrpc(status);
  };
  EXPECT_EQ(Read(7, 1, old->ToString()), 3.0F);
  EXPECT_EQ(far(true), Error());
  const Error refused = far(false);
  EXPECT_EQ(refused.code, Code::kInvalidArgument);
  EXPECT_EQ(refused.reason, "position_beyond_log");
  EXPECT_EQ(refused.field, "Marquee-Position");
}

}  // namespace
}  // namespace marquee::rating_ingest
