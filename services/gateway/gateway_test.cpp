// The gateway with everything real but the services: HTTP through Pistache, gRPC to a server in
// this process.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "config/config.h"
#include "gateway/app.h"
#include "gateway/testing/http_client.h"
#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "marquee/recommender/v1/recommender.grpc.pb.h"
#include "metrics/metrics.h"
#include "rpc/status.h"

namespace marquee::gateway {
namespace {

// Whatever services there are, those that aren't told otherwise are at one address.
class AllServicesAt final : public config::Environment {
 public:
  AllServicesAt(std::string address, std::map<std::string, std::string> settings)
      : address_(std::move(address)), settings_(std::move(settings)) {}
  std::optional<std::string> Get(const std::string& name) const override {
    if (name == "MARQUEE_SERVICE_SECRET") return "secret";
    auto told = settings_.Get(name);
    return told || !name.ends_with("_ADDRESS") ? told : address_;
  }

 private:
  std::string address_;
  config::MapEnvironment settings_;
};

using nlohmann::json;
using testing::Answer;
using testing::HttpClient;
using namespace std::chrono_literals;

// The metadata of the latest call.
class Seen {
 public:
  void Note(const grpc::ServerContext& context) {
    const std::lock_guard lock(mutex_);
    metadata_.clear();
    for (const auto& [key, value] : context.client_metadata()) {
      metadata_.emplace(std::string(key.data(), key.size()),
                        std::string(value.data(), value.size()));
    }
    deadline_ = context.deadline();
    ++calls_;
  }
  std::string Get(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    std::string out;
    const auto [first, last] = metadata_.equal_range(key);
    for (auto it = first; it != last; ++it) out += (out.empty() ? "" : ",") + it->second;
    return out;
  }
  std::chrono::milliseconds deadline() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ -
                                                                 std::chrono::system_clock::now());
  }
  int calls() const { return calls_; }

 private:
  mutable std::mutex mutex_;
  std::multimap<std::string, std::string> metadata_;
  std::chrono::system_clock::time_point deadline_;
  std::atomic<int> calls_{0};
};

class FakeCatalog final : public catalog::v1::CatalogService::Service {
 public:
  Seen seen;

  grpc::Status GetMovie(grpc::ServerContext* context, const catalog::v1::GetMovieRequest* request,
                        catalog::v1::GetMovieResponse* response) override {
    seen.Note(*context);
    if (request->movie_id() == 404)
      return rpc::ToGrpc(Error::NotFound("movie_unknown", "There is no movie 404."), *context);
    if (request->movie_id() == 500) return rpc::ToGrpc(Error::Internal("SELECT secret"), *context);
    if (request->movie_id() == 501)
      return {grpc::StatusCode::FAILED_PRECONDITION, "text of a library"};
    response->mutable_movie()->set_movie_id(request->movie_id());
    response->mutable_movie()->set_title("Toy Story");
    response->mutable_movie()->add_genres("Comedy");
    response->mutable_movie()->mutable_updated_at()->set_seconds(1'700'000'000);
    return grpc::Status::OK;
  }
  grpc::Status UpdateMovie(grpc::ServerContext*, const catalog::v1::UpdateMovieRequest* request,
                           catalog::v1::UpdateMovieResponse* response) override {
    *response->mutable_movie() = request->movie();
    response->mutable_movie()->set_movie_id(request->movie_id());
    for (const auto& path : request->update_mask().paths())
      response->mutable_movie()->add_genres(path);
    return grpc::Status::OK;
  }
  grpc::Status CreateMovie(grpc::ServerContext* context,
                           const catalog::v1::CreateMovieRequest* request,
                           catalog::v1::CreateMovieResponse*) override {
    return rpc::ToGrpc(
        Error::InvalidArgument("required", "genres[1] must not be empty: «é».", "movie.genres[1]"),
        *context);
  }
  std::atomic<int> deletions = 0;
  grpc::Status DeleteMovie(grpc::ServerContext*, const catalog::v1::DeleteMovieRequest* request,
                           catalog::v1::DeleteMovieResponse*) override {
    ++deletions;
    if (request->movie_id() == 14) return {grpc::StatusCode::UNAVAILABLE, "no"};
    return grpc::Status::OK;
  }
  grpc::Status PutPoster(grpc::ServerContext*, const catalog::v1::PutPosterRequest* request,
                         catalog::v1::PutPosterResponse*) override {
    const std::lock_guard lock(mutex_);
    poster_ = request->image();
    return grpc::Status::OK;
  }
  grpc::Status GetPoster(grpc::ServerContext*, const catalog::v1::GetPosterRequest*,
                         catalog::v1::GetPosterResponse* response) override {
    const std::lock_guard lock(mutex_);
    *response->mutable_image() = poster_;
    return grpc::Status::OK;
  }
  grpc::Status ListPopular(grpc::ServerContext* context,
                           const catalog::v1::ListPopularRequest* request,
                           catalog::v1::ListPopularResponse* response) override {
    seen.Note(*context);
    for (int i = 1; i <= request->count(); ++i) response->add_recommendations()->set_movie_id(i);
    response->set_degraded(true);
    return grpc::Status::OK;
  }

 private:
  std::mutex mutex_;
  google::api::HttpBody poster_;
};

class FakeRatings final : public ratings::v1::RatingsService::Service {
 public:
  Seen seen;

  grpc::Status PutRating(grpc::ServerContext* context, const ratings::v1::PutRatingRequest* request,
                         ratings::v1::PutRatingResponse* response) override {
    seen.Note(*context);
    context->AddTrailingMetadata("marquee-position",
                                 "ratings:3:" + std::to_string(request->movie_id()));
    response->mutable_rating()->set_movie_id(request->movie_id());
    response->mutable_rating()->set_value(request->value());
    return grpc::Status::OK;
  }
  grpc::Status ListRatings(grpc::ServerContext* context,
                           const ratings::v1::ListRatingsRequest* request,
                           ratings::v1::ListRatingsResponse*) override {
    seen.Note(*context);
    // As long as the caller has patience.
    while (request->page_size() == 13 && !context->IsCancelled()) std::this_thread::yield();
    if (request->page_size() == 17) return {grpc::StatusCode::CANCELLED, "stopping"};
    if (request->page_size() == 18)
      return rpc::ToGrpc(Error::Unavailable("kafka_unavailable", "Later."), *context);
    if (request->page_size() == 15)
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "Thread pool is exhausted"};
    if (request->page_size() == 16)
      return rpc::ToGrpc(Error::ResourceExhausted("too_many", "Slower, please."), *context);
    if (request->page_size() == 14)
      return {grpc::StatusCode::UNAVAILABLE, "10.0.0.7: connection refused"};
    return grpc::Status::OK;
  }
  grpc::Status DeleteRating(grpc::ServerContext* context, const ratings::v1::DeleteRatingRequest*,
                            ratings::v1::DeleteRatingResponse*) override {
    seen.Note(*context);
    return {grpc::StatusCode::UNAVAILABLE, "no"};
  }
};

class FakeRecommender final : public recommender::v1::RecommenderService::Service {
 public:
  Seen seen;
  std::atomic<bool> own_limit = false;

  grpc::Status ListRecommendations(
      grpc::ServerContext* context, const recommender::v1::ListRecommendationsRequest* request,
      recommender::v1::ListRecommendationsResponse* response) override {
    seen.Note(*context);
    if (own_limit) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "Thread pool is exhausted"};
    if (request->genre() == "slow") {
      while (!context->IsCancelled()) std::this_thread::yield();
    }
    if (request->genre() == "forbidden") {
      return rpc::ToGrpc(Error::Unauthenticated("token_expired", "The token has expired."),
                         *context);
    }
    response->add_recommendations()->set_movie_id(318);
    return grpc::Status::OK;
  }
};

std::string Token(const std::string& subject) {
  return "Bearer e30." + Base64UrlEncode(R"({"sub":")" + subject + R"("})") + ".sig";
}

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &grpc_port_);
    builder.RegisterService(&catalog_).RegisterService(&ratings_).RegisterService(&recommender_);
    services_ = builder.BuildAndStart();
    Start({});
  }
  ~GatewayTest() override {
    app_.reset();
    services_->Shutdown(std::chrono::system_clock::now());
  }

  void Start(std::map<std::string, std::string> settings) {
    app_.reset();
    const std::string address = "127.0.0.1:" + std::to_string(grpc_port_);
    settings.insert({"MARQUEE_GATEWAY_LISTEN", "127.0.0.1:0"});
    settings.insert({"MARQUEE_GATEWAY_DEADLINE_MS", "2000"});
    settings.insert({"MARQUEE_GATEWAY_FALLBACK_AFTER_MS", "200"});
    const auto config = Config::FromEnv(AllServicesAt(address, settings));
    ASSERT_TRUE(config.ok()) << config.error().message;
    auto app = App::Start(*config, metrics_);
    ASSERT_TRUE(app.ok()) << app.error().message;
    app_ = std::move(app).value();
  }

  Answer Ask(std::string_view method, std::string_view target, std::string_view body = {},
             const std::string& headers = {}) {
    HttpClient client(app_->port());
    auto answer = client.Ask(method, target, body, headers);
    EXPECT_TRUE(answer) << method << " " << target;
    return answer ? *answer : Answer{};
  }

  FakeCatalog catalog_;
  FakeRatings ratings_;
  FakeRecommender recommender_;
  int grpc_port_ = 0;
  std::unique_ptr<grpc::Server> services_;
  metrics::Metrics metrics_;
  std::unique_ptr<App> app_;
};

TEST_F(GatewayTest, CarriesARequestToItsServiceAndBack) {
  const Answer answer = Ask("GET", "/v1/movies/1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  EXPECT_EQ(answer.headers.at("cache-control"), "public, max-age=10");
  EXPECT_EQ(
      answer.body,
      R"({"movie_id":1,"title":"Toy Story","year":0,"genres":["Comedy"],"imdb_id":"","tmdb_id":0,)"
      R"("rating_count":0,"rating_mean":0,"rating_bayesian_mean":0,"has_poster":false,)"
      R"("updated_at":"2023-11-14T22:13:20Z"})");
  EXPECT_LE(catalog_.seen.deadline(), 3s);  // gRPC rounds it up on its way
  const Answer again =
      Ask("GET", "/v1/movies/1", {}, "If-None-Match: " + answer.headers.at("etag") + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(Ask("HEAD", "/v1/movies/1").headers.at("content-length"),
            answer.headers.at("content-length"));
}

TEST_F(GatewayTest, TellsErrorsAsProblems) {
  const Answer missing = Ask("GET", "/v1/movies/404");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.headers.at("content-type"), "application/problem+json");
  const json problem = json::parse(missing.body);
  EXPECT_EQ(problem["code"], "movie_unknown");
  EXPECT_EQ(problem["detail"], "There is no movie 404.");
  EXPECT_EQ(problem["trace_id"], missing.headers.at("x-trace-id"));

  const json invalid = json::parse(Ask("POST", "/v1/movies", R"({"title":"x"})").body);
  EXPECT_EQ(invalid["status"], 400);
  EXPECT_EQ(invalid["field"], "movie.genres[1]");
  EXPECT_EQ(invalid["detail"], "genres[1] must not be empty: «é».");

  const Answer internal = Ask("GET", "/v1/movies/500");
  EXPECT_EQ(internal.status, 500);
  EXPECT_EQ(internal.body.find("SELECT"), std::string::npos);
  const Answer foreign = Ask("GET", "/v1/movies/501");
  EXPECT_EQ(foreign.status, 409);
  EXPECT_EQ(foreign.body.find("library"), std::string::npos)
      << "only our own services' words are shown";
  EXPECT_EQ(json::parse(foreign.body)["code"], "failed_precondition");

  const Answer expired =
      Ask("GET", "/v1/me/recommendations?genre=forbidden", {}, "Authorization: Bearer x\r\n");
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(expired.headers.at("www-authenticate"), "Bearer");
}

TEST_F(GatewayTest, RefusesBadRequestsItself) {
  const std::tuple<const char*, const char*, const char*, int, const char*> table[] = {
      {"GET", "/nowhere", "", 404, "route_not_found"},
      {"GET", "/v1/movies/", "", 404, "route_not_found"},
      {"DELETE", "/v1/movies", "", 405, "method_not_allowed"},
      {"OPTIONS", "/v1/movies", "", 405, "method_not_allowed"},
      {"GET", "/v1/movies?pgae_size=1", "", 400, "unknown_parameter"},
      {"GET", "/v1/movies?page_size=1&page_size=2", "", 400, "duplicate_parameter"},
      {"GET", "/v1/movies/x", "", 400, "wrong_type"},
      {"GET", "/v1/movies/%zz", "", 400, "malformed_target"},
      {"PUT", "/v1/me/ratings/1", "{", 400, "malformed_json"},
      {"PUT", "/v1/me/ratings/1", R"({"value":"4"})", 400, "wrong_type"},
      {"PUT", "/v1/me/ratings/1", R"({"rating":4})", 400, "unknown_field"},
      {"POST", "/v1/recommendations",
       R"({"ratings":[{"movie_id":1},{"movie_id":99999999999999999999}]})", 400,
       "number_out_of_range"},
      {"DELETE", "/v1/movies/1", "{}", 400, "unexpected_body"},
  };
  for (const auto& [method, target, body, status, code] : table) {
    const Answer answer = Ask(method, target, body);
    EXPECT_EQ(answer.status, status) << target;
    EXPECT_EQ(json::parse(answer.body)["code"], code) << target;
  }
  EXPECT_EQ(Ask("DELETE", "/v1/movies").headers.at("allow"), "GET, HEAD, POST");
  EXPECT_EQ(
      json::parse(
          Ask("POST", "/v1/recommendations", R"({"ratings":[{},{"movei_id":1}]})").body)["field"],
      "ratings[1].movei_id");
  EXPECT_EQ(Ask("PUT", "/v1/me/ratings/1", "value=4", "Content-Type: text/plain\r\n").status, 415);
  for (const char* target : {"/v1/me/ratings/1", "/v1/movies/1/poster"}) {
    const Answer packed = Ask("PUT", target, "\x1f\x8b", "Content-Encoding: gzip\r\n");
    EXPECT_EQ(packed.status, 415);
    EXPECT_EQ(packed.headers.at("accept-encoding"), "identity");
  }
  const Answer verb = Ask("OPTIONS", "/v1/training-runs/5:cancel");
  EXPECT_EQ(verb.headers.at("allow"), "POST") << "5:cancel is no id";
  EXPECT_EQ(Ask("GET", "/v1/training-runs/5:cancel").status, 405);
  const std::string large = R"({"value":4)" + std::string(1 << 20, ' ') + "}";
  EXPECT_EQ(Ask("PUT", "/v1/me/ratings/1", large).status, 413);
  EXPECT_EQ(ratings_.seen.calls(), 0);
}

TEST_F(GatewayTest, ForwardsIdentityTraceAndIdempotencyKey) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const Answer answer = Ask("PUT", "/v1/me/ratings/1", R"({"value":4.5})",
                            "Authorization: Bearer a.b.c\r\nIdempotency-Key: key-1\r\n"
                            "Traceparent: 00-" +
                                trace + "-00f067aa0ba902b7-01\r\nX-Forwarded-For: 1.2.3.4\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(ratings_.seen.Get("authorization"), "Bearer a.b.c");
  EXPECT_EQ(ratings_.seen.Get("idempotency-key"), "key-1");
  EXPECT_EQ(ratings_.seen.Get("traceparent").substr(0, 36), "00-" + trace + "-");
  EXPECT_EQ(ratings_.seen.Get("x-forwarded-for"), "");
  EXPECT_EQ(answer.headers.at("x-trace-id"), trace);

  const Answer fresh =
      Ask("PUT", "/v1/me/ratings/1", R"({"value":4.5})", "traceparent: rubbish\r\n");
  EXPECT_EQ(fresh.headers.at("x-trace-id").size(), 32U);
  EXPECT_EQ(ratings_.seen.Get("traceparent").substr(3, 32), fresh.headers.at("x-trace-id"));
  EXPECT_EQ(ratings_.seen.Get("authorization"), "");

  const std::string too_long(129, 'x');
  for (const char* bad : {"a b", "é", too_long.c_str()}) {
    const Answer refused = Ask("PUT", "/v1/me/ratings/1", R"({"value":4})",
                               std::string("Idempotency-Key: ") + bad + "\r\n");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(json::parse(refused.body)["field"], "Idempotency-Key");
  }
  EXPECT_EQ(Ask("PUT", "/v1/me/ratings/1", R"({"value":4})", "Idempotency-Key: \r\n").status, 200)
      << "as through nginx, which passes no empty header on";
  EXPECT_EQ(ratings_.seen.Get("idempotency-key"), "");
  EXPECT_EQ(Ask("PUT", "/v1/me/ratings/1", R"({"value":4})",
                "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")
                .status,
            401);
}

TEST_F(GatewayTest, TakesNoByteIntoMetadataThatGrpcWouldDieOf) {
  // Each of them ended the gateway: gRPC aborts at an illegal header value.
  for (const char* bad : {"Bearer\tx", "Bearer \x80", "Bearer a\xc3\xa9", "\xff", "Bearer a.b\tc",
                          "\xf0\x9f\x8e\xac"}) {
    for (const char* target : {"/v1/movies/1", "/v1/me/ratings"}) {
      const Answer answer = Ask("GET", target, {}, std::string("Authorization: ") + bad + "\r\n");
      EXPECT_EQ(answer.status, 401) << bad;
      EXPECT_EQ(json::parse(answer.body)["code"], "token_invalid");
    }
  }
  const Answer large =
      Ask("GET", "/v1/movies/1", {}, "Authorization: Bearer " + std::string(5000, 'x') + "\r\n");
  EXPECT_EQ(large.status, 431);
  // Whatever else a client may say: it is taken as far as it makes sense, or it is left.
  for (const char* header : {"Marquee-Position", "Traceparent", "Tracestate", "User-Agent",
                             "Cookie", "If-None-Match", "Accept", "X-Forwarded-For", "X-Api-Key"}) {
    for (const char* value :
         {"\x80", "ratings:3:\xc3\xa9", "\t", "a\tb", "ratings:3:1\t, x\xff:1:1"}) {
      const Answer answer =
          Ask("GET", "/v1/movies/1", {}, std::string(header) + ": " + value + "\r\n");
      // What is no API key is refused by the gateway itself.
      EXPECT_EQ(answer.status, std::string_view(header) == "X-Api-Key" ? 401 : 200) << header;
    }
  }
  EXPECT_EQ(Ask("PUT", "/v1/me/ratings/1", R"({"value":4})", "Idempotency-Key: a\x80\r\n").status,
            400);
}

TEST_F(GatewayTest, TakesABearerTokenHoweverItIsWritten) {
  for (const char* header :
       {"Bearer a.b.c", "BEARER a.b.c", "bearer  a.b.c", "Bearer    a.b.c  "}) {
    Ask("GET", "/v1/me/ratings", {}, std::string("Authorization: ") + header + "\r\n");
    EXPECT_EQ(ratings_.seen.Get("authorization"), "Bearer a.b.c") << header;
  }
  Ask("GET", "/v1/me/ratings", {}, "Authorization: Basic YTpi\r\n");
  EXPECT_EQ(ratings_.seen.Get("authorization"), "Basic YTpi") << "the service judges it";
}

TEST_F(GatewayTest, RemembersEachCallersWrites) {
  const std::string ada = "Authorization: " + Token("1") + "\r\n";
  const std::string bob = "Authorization: " + Token("2") + "\r\n";
  EXPECT_EQ(Ask("PUT", "/v1/me/ratings/100", R"({"value":4})", ada).headers.at("marquee-position"),
            "ratings:3:100");
  Ask("PUT", "/v1/me/ratings/70", R"({"value":4})", ada);  // a later answer of an earlier write
  Ask("GET", "/v1/me/recommendations", {}, ada);
  EXPECT_EQ(recommender_.seen.Get("marquee-position"), "ratings:3:100");
  Ask("GET", "/v1/me/recommendations", {}, bob);
  EXPECT_EQ(recommender_.seen.Get("marquee-position"), "");
  // What a client sends back counts, too: it may have written through another gateway.
  Ask("GET", "/v1/me/recommendations", {},
      ada + "Marquee-Position: ratings:3:900, ratings:4:5, rubbish\r\n");
  EXPECT_EQ(recommender_.seen.Get("marquee-position"), "ratings:3:900,ratings:4:5");
}

TEST_F(GatewayTest, CarriesPostersAsTheyAre) {
  const std::string png("\x89PNG\r\n\0\xFF", 8);
  EXPECT_EQ(Ask("PUT", "/v1/movies/1/poster", png, "Content-Type: image/png\r\n").status, 204);
  const Answer answer = Ask("GET", "/v1/movies/1/poster");
  EXPECT_EQ(answer.headers.at("content-type"), "image/png");
  EXPECT_EQ(answer.body, png);
  EXPECT_EQ(answer.headers.at("cache-control"), "public, max-age=300");
}

TEST_F(GatewayTest, FillsTheMaskOfAPatch) {
  const json movie = json::parse(Ask("PATCH", "/v1/movies/5", R"({"title":"x","year":1995})").body);
  EXPECT_EQ(movie["movie_id"], 5);
  EXPECT_EQ(movie["genres"], (json{"title", "year"}));
  // As it was read: what only we write is left out.
  const json whole =
      json::parse(Ask("PATCH", "/v1/movies/5",
                      R"({"title":"x","rating_count":7,"updated_at":"2024-01-01T00:00:00Z"})")
                      .body);
  EXPECT_EQ(whole["genres"], (json{"title"}));
}

TEST_F(GatewayTest, AnswersNothingTo204) {
  const Answer answer = Ask("DELETE", "/v1/movies/5");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.headers.count("content-type"), 0U);
  EXPECT_EQ(answer.headers.count("content-length"), 0U);
}

TEST_F(GatewayTest, FallsBackWhenTheServiceIsSlowOrAway) {
  const json slow = json::parse(
      Ask("GET", "/v1/me/recommendations?genre=slow&count=2", {}, "Authorization: Bearer x\r\n")
          .body);
  EXPECT_EQ(slow["degraded"], true);
  EXPECT_EQ(slow["recommendations"].size(), 2U) << "count was carried over";
  EXPECT_EQ(catalog_.seen.Get("authorization"), "") << "the stand-in is public";

  Start({{"MARQUEE_RECOMMENDER_ADDRESS", "127.0.0.1:1"}});
  const Answer away = Ask("GET", "/v1/me/recommendations?count=3");
  EXPECT_EQ(away.status, 200);
  EXPECT_EQ(away.headers.at("cache-control"), "no-store");
  EXPECT_EQ(json::parse(away.body)["degraded"], true);
  EXPECT_NE(metrics_.Text().find(
                "marquee_gateway_degraded_total{method=\"marquee.recommender.v1.RecommenderService."
                "ListRecommendations\"} 2"),
            std::string::npos);

  Start({{"MARQUEE_RECOMMENDER_ADDRESS", "127.0.0.1:1"},
         {"MARQUEE_CATALOG_ADDRESS", "127.0.0.1:1"},
         {"MARQUEE_GATEWAY_FALLBACK_AFTER_MS", "2000"}});
  const Answer both = Ask("GET", "/v1/me/recommendations");
  EXPECT_EQ(both.status, 503);
  EXPECT_EQ(both.headers.at("retry-after"), "1");
}

TEST_F(GatewayTest, TakesOverloadForUnavailability) {
  // What gRPC says for itself, when its threads are used up.
  recommender_.own_limit = true;
  const Answer stand_in = Ask("GET", "/v1/me/recommendations?count=2");
  EXPECT_EQ(stand_in.status, 200);
  EXPECT_EQ(json::parse(stand_in.body)["degraded"], true);
  const Answer overloaded = Ask("GET", "/v1/me/ratings?page_size=15");
  EXPECT_EQ(overloaded.status, 503);
  EXPECT_EQ(json::parse(overloaded.body)["code"], "overloaded");
  EXPECT_EQ(overloaded.headers.at("retry-after"), "1");
  // What a service says of its client is the client's.
  EXPECT_EQ(Ask("GET", "/v1/me/ratings?page_size=16").status, 429);
}

TEST_F(GatewayTest, EndsACallAtItsDeadline) {
  Start({{"MARQUEE_GATEWAY_DEADLINE_MS", "100"}});
  const Answer answer = Ask("GET", "/v1/me/ratings?page_size=13");
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(json::parse(answer.body)["code"], "deadline_exceeded");
}

TEST_F(GatewayTest, TriesAgainWhatMayBeRepeatedAndNothingElse) {
  const Answer read = Ask("GET", "/v1/me/ratings?page_size=14");
  EXPECT_EQ(read.status, 503);
  EXPECT_EQ(read.body.find("10.0.0.7"), std::string::npos);
  EXPECT_EQ(ratings_.seen.calls(), 3);
  EXPECT_EQ(Ask("DELETE", "/v1/me/ratings/1").status, 503);
  EXPECT_EQ(ratings_.seen.calls(), 6) << "under one operation's name, so that it is done once";
  EXPECT_EQ(ratings_.seen.Get("marquee-operation").size(), 36U);
  EXPECT_EQ(Ask("GET", "/v1/me/ratings?page_size=17").status, 503);
  EXPECT_EQ(ratings_.seen.calls(), 9) << "a server that stops drops what it hasn't begun";
  // A service that says so itself was reached.
  EXPECT_EQ(Ask("GET", "/v1/me/ratings?page_size=18").status, 503);
  EXPECT_EQ(ratings_.seen.calls(), 10);
  EXPECT_EQ(Ask("DELETE", "/v1/movies/14").status, 503);
  EXPECT_EQ(catalog_.deletions, 1) << "a second deletion would find nothing";
}

TEST_F(GatewayTest, ServesItsOwnPages) {
  EXPECT_EQ(Ask("GET", "/livez").status, 200);
  EXPECT_EQ(json::parse(Ask("GET", "/readyz").body)["status"], "ready");
  const Answer document = Ask("GET", "/openapi.json");
  EXPECT_EQ(json::parse(document.body)["openapi"], "3.1.0");
  EXPECT_EQ(
      Ask("GET", "/openapi.json", {}, "If-None-Match: " + document.headers.at("etag") + "\r\n")
          .status,
      304);
  EXPECT_EQ(Ask("GET", "/docs").status, 404) << "no folder was configured";
  const Answer posted = Ask("POST", "/livez");
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(posted.headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(json::parse(posted.body)["trace_id"], posted.headers.at("x-trace-id"));
}

TEST_F(GatewayTest, RefusesNewWorkAtAStopAndFinishesTheOld) {
  HttpClient busy(app_->port());
  busy.Send("GET /v1/me/recommendations?genre=slow HTTP/1.1\r\n\r\n");
  HttpClient late(app_->port());
  EXPECT_EQ(late.Ask("GET", "/livez")->status, 200);
  while (recommender_.seen.calls() == 0) std::this_thread::yield();
  auto stopped = std::async(std::launch::async, [&] { return app_->Stop(5s); });
  while (late.Ask("GET", "/readyz")->headers.at("connection") != "close") {
  }
  EXPECT_TRUE(stopped.get());
  EXPECT_EQ(json::parse(busy.Read()->body)["degraded"], true);
}

TEST(Config, SaysAllThatIsWrong) {
  const auto config =
      Config::FromEnv(config::MapEnvironment({{"MARQUEE_GATEWAY_LISTEN", "nowhere"},
                                              {"MARQUEE_GATEWAY_DEADLINE_MS", "60000"},
                                              {"MARQUEE_LOG_LEVEL", "loud"}}));
  ASSERT_FALSE(config.ok());
  for (const char* name :
       {"MARQUEE_GATEWAY_LISTEN", "MARQUEE_GATEWAY_DEADLINE_MS", "MARQUEE_LOG_LEVEL",
        "MARQUEE_AUTH_ADDRESS", "MARQUEE_REVIEWS_ADDRESS", "MARQUEE_SERVICE_SECRET"}) {
    EXPECT_NE(config.error().message.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace marquee::gateway
