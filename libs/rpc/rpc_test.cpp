// The interceptor and the server over real gRPC, with the reviews contract as a guinea pig.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "marquee/auth/v1/auth.pb.h"
#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "marquee/recommender/v1/recommender.pb.h"
#include "marquee/reviews/v1/reviews.grpc.pb.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/metadata.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "rpc/status.h"
#include "rpc/testing.h"
#include "rpc/workers.h"
#include "tracing/trace.h"

namespace marquee::rpc {
namespace {

class FakeReviews final : public Service<reviews::v1::ReviewsService> {
 public:
  FakeReviews() {
    Register(this, &FakeReviews::CreateReview);
    Register(this, &FakeReviews::ListReviews);
    Register(this, &FakeReviews::GetReview);
    Register(this, &FakeReviews::UpdateReview);
    Register(this, &FakeReviews::DeleteReview);
  }
  Result<reviews::v1::CreateReviewResponse> CreateReview(
      const Call& call, const reviews::v1::CreateReviewRequest& request) {
    if (request.text() == "refused") return Error::NotFound("movie_unknown", "No such movie.");
    if (request.text() == "unclear" && ++unclear == 1)
      return Error::Unavailable("database_unavailable", "It may have happened.");
    call.SetPosition({"reviews", {3, 42, 0xABC}});
    reviews::v1::CreateReviewResponse response;
    response.mutable_review()->set_review_id(++created);
    response.mutable_review()->set_user_id(call.caller().user_id);
    response.mutable_review()->set_text(request.text() + "|" + call.operation_id().ToString());
    response.mutable_review()->set_author(tracing::Current()->trace_id);
    return response;
  }
  std::atomic<int> created = 0;
  std::atomic<int> unclear = 0;
  Result<reviews::v1::ListReviewsResponse> ListReviews(const Call& call,
                                                       const reviews::v1::ListReviewsRequest&) {
    reviews::v1::ListReviewsResponse response;
    response.set_next_page_token(call.caller().authenticated() ? "someone" : "anyone");
    return response;
  }
  Result<reviews::v1::GetReviewResponse> GetReview(const Call&,
                                                   const reviews::v1::GetReviewRequest& request) {
    if (request.review_id() == 2) throw std::runtime_error("secret detail");
    return Error{Code::kNotFound, "no_such_review", "There is no review 1 – really.", "review_id"};
  }
  Result<reviews::v1::UpdateReviewResponse> UpdateReview(const Call& call,
                                                         const reviews::v1::UpdateReviewRequest&) {
    if (call.Remaining() > std::chrono::seconds{11}) return Error::Internal("no deadline");
    return reviews::v1::UpdateReviewResponse();
  }
  Result<reviews::v1::DeleteReviewResponse> DeleteReview(const Call&,
                                                         const reviews::v1::DeleteReviewRequest&) {
    return reviews::v1::DeleteReviewResponse();
  }
};

// Only what is restricted matters here.
class FakeRatings final : public Service<ratings::v1::RatingsService> {
 public:
  FakeRatings() {
    Register(this, &FakeRatings::PutRating);
    Register(this, &FakeRatings::DeleteRating);
    Register(this, &FakeRatings::GetRating);
    Register(this, &FakeRatings::ListRatings);
    Register(this, &FakeRatings::RecordInteractions);
    Register(this, &FakeRatings::GetIngestStatus);
    Register(this, &FakeRatings::GetUserHistory);
    Register(this, &FakeRatings::ExportRatings);
    Register(this, &FakeRatings::BulkIngest);
  }
  template <typename Response, typename Request>
  Result<Response> Empty(const Call&, const Request&) {
    return Response();
  }
#define FAKE(name)                                                                      \
  Result<ratings::v1::name##Response> name(const Call& call,                            \
                                           const ratings::v1::name##Request& request) { \
    return Empty<ratings::v1::name##Response>(call, request);                           \
  }
  // clang-format off
  FAKE(PutRating)
  FAKE(DeleteRating)
  FAKE(GetRating)
  FAKE(ListRatings)
  FAKE(RecordInteractions)
  FAKE(GetIngestStatus)
  FAKE(GetUserHistory)
  // clang-format on
#undef FAKE
  Status ExportRatings(const Call&, const ratings::v1::ExportRatingsRequest&,
                       grpc::ServerWriter<ratings::v1::ExportRatingsResponse>& writer) {
    ratings::v1::ExportRatingsResponse response;
    for (int i = 0; i < 3; ++i) writer.Write(response);
    return {};
  }
  Result<ratings::v1::BulkIngestResponse> BulkIngest(
      const Call&, grpc::ServerReader<ratings::v1::BulkIngestRequest>& reader) {
    ratings::v1::BulkIngestRequest request;
    ratings::v1::BulkIngestResponse response;
    while (reader.Read(&request))
      response.set_accepted(response.accepted() + request.user_ids_size());
    return response;
  }
};

class RpcTest : public testing::Test {
 protected:
  RpcTest()
      : key_(token::SigningKey::Generate()),
        verifier_(
            {},
            [this]() -> Result<std::vector<token::PublicKey>> {
              return std::vector{key_.public_key()};
            },
            SystemClock()),
        server_({&reviews_, &ratings_}, verifier_, metrics_,
                {.check = [this](const CallContext& call) -> Result<Caller> {
                   Caller caller = call.caller;
                   if (promoted) caller.roles = {"user", "service"};
                   seen_by_check = caller.api_key_id;
                   if (ended) return Error::Unauthenticated("session_ended", "Sign in again.");
                   return caller;
                 },
                 .keys = &keys_}),
        channel_(MakeChannel(server_.address())),
        stub_(reviews::v1::ReviewsService::NewStub(channel_)),
        ratings_stub_(ratings::v1::RatingsService::NewStub(channel_)) {}

  std::string Token(std::int64_t user_id, std::vector<std::string> roles,
                    std::chrono::seconds lifetime) {
    token::Claims claims;
    claims.user_id = user_id;
    claims.subject = user_id != 0 ? std::to_string(user_id) : "service:test";
    claims.roles = std::move(roles);
    claims.issued_at = SystemClock().Now() - std::chrono::hours{1};
    claims.expires_at = SystemClock().Now() + lifetime;
    return key_.Sign(claims, {});
  }
  // As auth trades one for an API key.
  std::string ScopedToken(std::vector<std::string> scopes,
                          std::vector<std::string> roles = {"user"}) {
    token::Claims claims;
    claims.user_id = 7;
    claims.subject = "7";
    claims.roles = std::move(roles);
    claims.issued_at = SystemClock().Now() - std::chrono::hours{1};
    claims.expires_at = SystemClock().Now() + std::chrono::minutes{5};
    claims.scopes = std::move(scopes);
    claims.api_key_id = "k";
    return key_.Sign(claims, {});
  }
  std::string UserToken() { return Token(7, {"user"}, std::chrono::minutes{5}); }

  // Calls with a deadline and, when given, a bearer token; the answer is the error or nothing.
  template <typename Stub, typename Method, typename Request, typename Response>
  Status Do(Stub& stub, Method method, const Request& request, Response& response,
            const std::string& bearer = {}) {
    grpc::ClientContext context;
    ActAsService(context, bearer, std::chrono::seconds{5});
    const auto status = (stub.*method)(&context, request, &response);
    if (status.ok()) return {};
    return FromGrpc(status);
  }

  // A review under a key; the answer's text, or the error's reason.
  std::string Create(const std::string& key, const std::string& text, std::int64_t user = 7) {
    grpc::ClientContext context;
    ActAsService(context, Token(user, {"user"}, std::chrono::minutes{5}), std::chrono::seconds{5});
    if (!key.empty()) AddMetadata(context, kIdempotencyKey, key);
    auto request = reviews::v1::CreateReviewRequest();
    request.set_movie_id(1);
    request.set_text(text);
    reviews::v1::CreateReviewResponse response;
    const auto status = stub_->CreateReview(&context, request, &response);
    if (!status.ok()) return FromGrpc(status).reason;
    EXPECT_EQ(context.GetServerTrailingMetadata().count(kPositionKey), 1U) << "each time";
    return std::to_string(response.review().review_id()) + " " + response.review().text();
  }

  std::atomic<bool> ended = false;
  std::atomic<bool> promoted = false;
  std::string seen_by_check;
  MemoryKeys keys_;
  FakeReviews reviews_;
  FakeRatings ratings_;
  token::SigningKey key_;
  token::Verifier verifier_;
  metrics::Metrics metrics_;
  TestServer server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<reviews::v1::ReviewsService::Stub> stub_;
  std::unique_ptr<ratings::v1::RatingsService::Stub> ratings_stub_;
};

using Reviews = reviews::v1::ReviewsService::Stub;
using Ratings = ratings::v1::RatingsService::Stub;

reviews::v1::CreateReviewRequest GoodReview() {
  reviews::v1::CreateReviewRequest request;
  request.set_movie_id(1);
  request.set_text("Good.");
  return request;
}

TEST_F(RpcTest, RefusesACallerWithoutAToken) {
  reviews::v1::CreateReviewResponse response;
  const auto status = Do(*stub_, &Reviews::CreateReview, GoodReview(), response);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kUnauthenticated);
  EXPECT_EQ(status.error().reason, "token_missing");
}

TEST_F(RpcTest, RefusesExpiredAndForgedTokens) {
  reviews::v1::CreateReviewResponse response;
  const auto expired = Do(*stub_, &Reviews::CreateReview, GoodReview(), response,
                          Token(7, {"user"}, std::chrono::seconds{-60}));
  ASSERT_FALSE(expired.ok());
  EXPECT_EQ(expired.error().reason, "token_expired");

  token::Claims claims;
  claims.user_id = 7;
  claims.subject = "7";
  claims.roles = {"administrator"};
  claims.issued_at = SystemClock().Now();
  claims.expires_at = SystemClock().Now() + std::chrono::minutes{5};
  const auto forged = Do(*stub_, &Reviews::CreateReview, GoodReview(), response,
                         token::SigningKey::Generate().Sign(claims, {}));
  ASSERT_FALSE(forged.ok());
  EXPECT_EQ(forged.error().code, Code::kUnauthenticated);
  EXPECT_EQ(forged.error().reason, "token_invalid");
}

TEST_F(RpcTest, PassesTheCallerTheTraceAndTheIdempotencyKeyAndReturnsThePosition) {
  reviews::v1::CreateReviewResponse response;
  const tracing::Scope scope(tracing::TraceContext::New());
  grpc::ClientContext traced;
  ActAsService(traced, UserToken(), std::chrono::seconds{5});
  traced.AddMetadata(kIdempotencyKey, "key-1");
  ASSERT_TRUE(stub_->CreateReview(&traced, GoodReview(), &response).ok());
  EXPECT_EQ(response.review().user_id(), 7);
  EXPECT_TRUE(response.review().text().starts_with("Good.|"));
  EXPECT_EQ(response.review().author(), tracing::Current()->trace_id);
  const auto& trailing = traced.GetServerTrailingMetadata();
  const auto position = trailing.find(kPositionKey);
  ASSERT_NE(position, trailing.end());
  EXPECT_EQ(std::string(position->second.data(), position->second.size()),
            "reviews:3:42:0000000000000abc");
}

TEST_F(RpcTest, ServesAPublicMethodToAnyoneEvenWithAStaleToken) {
  reviews::v1::ListReviewsRequest request;
  request.set_movie_id(1);
  reviews::v1::ListReviewsResponse response;
  ASSERT_TRUE(Do(*stub_, &Reviews::ListReviews, request, response).ok());
  EXPECT_EQ(response.next_page_token(), "anyone");
  ASSERT_TRUE(
      Do(*stub_, &Reviews::ListReviews, request, response, Token(7, {}, std::chrono::seconds{-60}))
          .ok());
  EXPECT_EQ(response.next_page_token(), "anyone");
  ASSERT_TRUE(Do(*stub_, &Reviews::ListReviews, request, response, UserToken()).ok());
  EXPECT_EQ(response.next_page_token(), "someone");
}

TEST_F(RpcTest, ValidatesFieldsByTheirOptionsAndNamesTheOffender) {
  struct Case {
    std::int64_t movie_id;
    std::string text;
    std::string reason, field;
  };
  const std::string longest(10'000, 'x');
  for (const auto& c :
       {Case{0, "x", "missing_field", "movie_id"}, Case{-1, "x", "out_of_range", "movie_id"},
        Case{1, "", "missing_field", "text"}, Case{1, longest + "x", "too_long", "text"}}) {
    reviews::v1::CreateReviewRequest request;
    request.set_movie_id(c.movie_id);
    request.set_text(c.text);
    reviews::v1::CreateReviewResponse response;
    const auto status = Do(*stub_, &Reviews::CreateReview, request, response, UserToken());
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::kInvalidArgument);
    EXPECT_EQ(status.error().reason, c.reason);
    EXPECT_EQ(status.error().field, c.field);
  }
}

TEST_F(RpcTest, CarriesAnErrorsReasonFieldAndMessageAndHidesAnException) {
  reviews::v1::GetReviewRequest request;
  request.set_review_id(1);
  reviews::v1::GetReviewResponse response;
  auto status = Do(*stub_, &Reviews::GetReview, request, response);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error(), (Error{Code::kNotFound, "no_such_review",
                                   "There is no review 1 – really.", "review_id"}));
  request.set_review_id(2);
  status = Do(*stub_, &Reviews::GetReview, request, response);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kInternal);
  EXPECT_EQ(status.error().message.find("secret detail"), std::string::npos);
}

TEST_F(RpcTest, GivesACallWithoutADeadlineOne) {
  reviews::v1::UpdateReviewRequest request;
  request.set_review_id(1);
  request.set_text("x");
  reviews::v1::UpdateReviewResponse response;
  grpc::ClientContext context;  // no deadline
  context.AddMetadata("authorization", "Bearer " + UserToken());
  EXPECT_TRUE(stub_->UpdateReview(&context, request, &response).ok());
}

TEST_F(RpcTest, LetsInTheOwnerOrARoleAndNobodyElse) {
  ratings::v1::GetUserHistoryRequest request;
  request.set_user_id(7);
  ratings::v1::GetUserHistoryResponse response;
  const auto as = [&](const std::string& bearer) {
    return Do(*ratings_stub_, &Ratings::GetUserHistory, request, response, bearer);
  };
  EXPECT_TRUE(as(UserToken()).ok());
  EXPECT_TRUE(as(Token(0, {"service"}, std::chrono::minutes{1})).ok());
  const auto other = as(Token(8, {"user"}, std::chrono::minutes{1}));
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Code::kPermissionDenied);
}

TEST_F(RpcTest, HoldsAKeysTokenToItsScopes) {
  ratings::v1::PutRatingRequest put;
  put.set_movie_id(1);
  put.set_value(4);
  ratings::v1::PutRatingResponse rated;
  const auto rate = [&](const std::string& token) {
    const auto status = Do(*ratings_stub_, &Ratings::PutRating, put, rated, token);
    return status.ok() ? "" : status.error().reason;
  };
  EXPECT_EQ(rate(ScopedToken({"read", "ratings:write"})), "");
  EXPECT_EQ(seen_by_check, "k");
  EXPECT_EQ(rate(ScopedToken({"read", "reviews:write"})), "insufficient_scope");
  EXPECT_EQ(rate(ScopedToken({})), "insufficient_scope") << "bound to none isn't unbound";
  EXPECT_EQ(rate(ScopedToken({"ratings"})), "insufficient_scope");
  EXPECT_EQ(rate(UserToken()), "") << "a login's is bound to nothing";
  ratings::v1::ListRatingsResponse listed;
  EXPECT_TRUE(Do(*ratings_stub_, &Ratings::ListRatings, ratings::v1::ListRatingsRequest(), listed,
                 ScopedToken({"read"}))
                  .ok());
  // Without a scope an rpc is for logins alone, whatever the roles.
  ratings::v1::GetIngestStatusResponse state;
  const std::vector<std::string> all = {"read",          "ratings:write", "reviews:write",
                                        "catalog:write", "models:read",   "models:admin"};
  EXPECT_EQ(Do(*ratings_stub_, &Ratings::GetIngestStatus, ratings::v1::GetIngestStatusRequest(),
               state, ScopedToken(all, {"administrator"}))
                .error()
                .reason,
            "insufficient_scope");
}

TEST_F(RpcTest, TakesAKeysCallerForNobodyWhereAnyoneMayCall) {
  reviews::v1::ListReviewsRequest request;
  request.set_movie_id(1);
  reviews::v1::ListReviewsResponse response;
  const auto status =
      Do(*stub_, &Reviews::ListReviews, request, response, ScopedToken({"reviews:write"}));
  ASSERT_TRUE(status.ok()) << status.error().ToString();
  EXPECT_EQ(response.next_page_token(), "anyone");
}

TEST_F(RpcTest, GivesAKeysCallerNoRoleThatItsScopesLeftBehind) {
  promoted = true;  // since the token was issued
  ratings::v1::GetUserHistoryRequest other;
  other.set_user_id(8);
  ratings::v1::GetUserHistoryResponse history;
  EXPECT_EQ(Do(*ratings_stub_, &Ratings::GetUserHistory, other, history, ScopedToken({"read"}))
                .error()
                .reason,
            "not_allowed")
      << "and scopes give nothing beside the policy";
  other.set_user_id(7);
  EXPECT_TRUE(
      Do(*ratings_stub_, &Ratings::GetUserHistory, other, history, ScopedToken({"read"})).ok());
}

TEST_F(RpcTest, GuardsStreamsLikeUnaryCalls) {
  {
    grpc::ClientContext context;
    ActAsService(context, UserToken(), std::chrono::seconds{5});
    auto reader = ratings_stub_->ExportRatings(&context, {});
    ratings::v1::ExportRatingsResponse response;
    EXPECT_FALSE(reader->Read(&response));
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  }
  const auto service = Token(0, {"service"}, std::chrono::minutes{1});
  {
    grpc::ClientContext context;
    ActAsService(context, service, std::chrono::seconds{5});
    auto reader = ratings_stub_->ExportRatings(&context, {});
    ratings::v1::ExportRatingsResponse response;
    int read = 0;
    while (reader->Read(&response)) ++read;
    EXPECT_EQ(read, 3);
    EXPECT_TRUE(reader->Finish().ok());
  }
  grpc::ClientContext context;
  ActAsService(context, service, std::chrono::seconds{5});
  ratings::v1::BulkIngestResponse response;
  auto writer = ratings_stub_->BulkIngest(&context, &response);
  ratings::v1::BulkIngestRequest request;
  request.add_user_ids(1);
  request.add_user_ids(2);
  for (int i = 0; i < 10; ++i) writer->Write(request);
  writer->WritesDone();
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(response.accepted(), 20);
}

TEST_F(RpcTest, MeasuresEveryCallByMethodAndCode) {
  reviews::v1::CreateReviewResponse response;
  ASSERT_FALSE(Do(*stub_, &Reviews::CreateReview, GoodReview(), response).ok());
  ASSERT_TRUE(Do(*stub_, &Reviews::CreateReview, GoodReview(), response, UserToken()).ok());
  const std::string text = metrics_.Text();
  EXPECT_NE(text.find("marquee_rpc_duration_seconds_count{code=\"OK\",method=\"CreateReview\""),
            std::string::npos);
  EXPECT_NE(text.find("code=\"UNAUTHENTICATED\",method=\"CreateReview\""), std::string::npos);
}

TEST_F(RpcTest, CarriesOutOnceWhatComesTwiceUnderOneKey) {
  const std::string first = Create("key-1", "Good.");
  EXPECT_EQ(Create("key-1", "Good."), first);
  EXPECT_EQ(reviews_.created, 1);
  EXPECT_EQ(Create("key-1", "Bad."), "idempotency_key_reused");
  EXPECT_NE(Create("key-1", "Good.", 8), first) << "another caller's key is another key";
  EXPECT_NE(Create("key-2", "Good."), first);
  EXPECT_NE(Create("", "Good."), Create("", "Good."));
  EXPECT_EQ(reviews_.created, 5);
  // Another rpc is another request, too.
  grpc::ClientContext context;
  ActAsService(context, UserToken(), std::chrono::seconds{5});
  AddMetadata(context, kIdempotencyKey, "key-1");
  reviews::v1::DeleteReviewRequest request;
  request.set_review_id(1);
  reviews::v1::DeleteReviewResponse response;
  const auto status = stub_->DeleteReview(&context, request, &response);
  EXPECT_EQ(FromGrpc(status).reason, "idempotency_key_reused");
  EXPECT_EQ(FromGrpc(status).code, Code::kFailedPrecondition);
}

TEST_F(RpcTest, FreesAKeyThatARefusalDidNotUseAndKeepsOneWhoseOutcomeIsUnclear) {
  EXPECT_EQ(Create("key-1", "refused"), "movie_unknown");
  EXPECT_TRUE(Create("key-1", "Good.").starts_with("1 "));
  EXPECT_EQ(Create("key-2", "unclear"), "database_unavailable");
  EXPECT_EQ(Create("key-2", "Good."), "idempotency_key_reused");
  const std::string second = Create("key-2", "unclear");
  EXPECT_TRUE(second.starts_with("2 ")) << second;
  EXPECT_EQ(Create("key-2", "unclear"), second);
}

TEST_F(RpcTest, PromisesNothingItCannotKeep) {
  keys_.down = true;
  EXPECT_EQ(Create("key-1", "Good."), "database_unavailable");
  EXPECT_TRUE(Create("", "Good.").starts_with("1 ")) << "without a key nothing was promised";
}

TEST_F(RpcTest, AnswersTheRepetitionOfTheCallThatEndedTheSession) {
  const std::string first = Create("key-1", "the last");
  ended = true;
  EXPECT_EQ(Create("key-1", "the last"), first);
  EXPECT_EQ(Create("key-1", "another"), "session_ended");
  EXPECT_EQ(Create("key-2", "the last"), "session_ended");
}

TEST_F(RpcTest, KeepsNothingOfAKeyedCallThatCouldBeRead) {
  Create("key-1-that-nobody-guesses", "a secret text");
  const std::string kept = keys_.Everything();
  EXPECT_GT(kept.size(), 64U);
  for (const char* secret : {"key-1", "secret", "text", "CreateReview"})
    EXPECT_EQ(kept.find(secret), std::string::npos) << secret;
}

TEST_F(RpcTest, LeavesMetadataOutThatGrpcWouldDieOf) {
  for (const char* bad : {"a\tb", "\x80", "caf\xc3\xa9", "a\nb"}) {
    EXPECT_FALSE(IsMetadataValue(bad));
    reviews::v1::CreateReviewResponse response;
    const auto status = Do(*stub_, &Reviews::CreateReview, GoodReview(), response, bad);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().reason, "token_missing");
  }
  EXPECT_FALSE(IsMetadataValue(std::string(kMostMetadataBytes + 1, 'x')));
  EXPECT_TRUE(IsMetadataValue("Bearer a.b-c~"));
}

TEST(Workers, CarryOutSomeAtOnceAndOthersInOrder) {
  metrics::Metrics metrics;
  std::vector<int> order;
  {
    Workers workers(1, 2, metrics);
    std::latch busy(1);
    std::latch hold(1);
    ASSERT_TRUE(workers.Post([&] {
      busy.count_down();
      hold.wait();
    }));
    busy.wait();
    ASSERT_TRUE(workers.Post([&] { order.push_back(1); }));
    ASSERT_TRUE(workers.Post([&] { order.push_back(2); }));
    EXPECT_EQ(workers.waiting(), 2U);
    EXPECT_FALSE(workers.Post([&] { order.push_back(3); })) << "two wait already";
    hold.count_down();
  }
  EXPECT_EQ(order, (std::vector{1, 2})) << "what waits at the end is done";
}

TEST(Workers, OneThatWaitsKeepsNobodyElseWaiting) {
  metrics::Metrics metrics;
  Workers workers(3, 0, metrics);
  std::latch all_at_once(3);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(workers.Post([&] { all_at_once.arrive_and_wait(); }));
  all_at_once.wait();
}

TEST(Workers, DoAllThatManyThreadsPost) {
  metrics::Metrics metrics;
  std::atomic<int> done = 0;
  {
    Workers workers(4, 100'000, metrics);
    std::vector<std::jthread> posting;
    for (int thread = 0; thread < 4; ++thread) {
      posting.emplace_back([&] {
        for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(workers.Post([&] { ++done; }));
      });
    }
  }
  EXPECT_EQ(done, 20'000);
}

TEST(Validate, NamesANestedFieldByItsIndex) {
  recommender::v1::RecommendForRatingsRequest request;
  for (const float value : {4.0F, 4.5F, 9.0F}) {
    auto& rating = *request.add_ratings();
    rating.set_movie_id(1);
    rating.set_value(value);
  }
  const auto status = Validate(request);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().field, "ratings[2].value");
  EXPECT_EQ(status.error().reason, "out_of_range");
}

TEST(Validate, TakesWholeMultiplesOnly) {
  recommender::v1::RecommendForRatingsRequest request;
  auto& rating = *request.add_ratings();
  rating.set_movie_id(1);
  for (const float value : {0.5F, 3.0F, 4.5F, 5.0F}) {
    rating.set_value(value);
    EXPECT_TRUE(Validate(request).ok()) << value;
  }
  for (const float value : {0.75F, 4.3F, 4.999F}) {
    rating.set_value(value);
    const auto status = Validate(request);
    ASSERT_FALSE(status.ok()) << value;
    EXPECT_EQ(status.error().reason, "not_a_multiple");
    EXPECT_EQ(status.error().field, "ratings[0].value");
    EXPECT_EQ(status.error().message, "ratings[0].value must be a multiple of 0.5.");
  }
}

TEST(Validate, CountsCharactersNotBytesAndSkipsAbsentOptionalFields) {
  auth::v1::RegisterRequest request;
  request.set_email("ada@example.com");
  std::string password;
  for (int i = 0; i < 256; ++i) password += "é";
  request.set_password(password);
  EXPECT_TRUE(Validate(request).ok());
  request.set_password(password + "é");
  EXPECT_EQ(Validate(request).error().field, "password");
  request.set_password("short");
  EXPECT_EQ(Validate(request).error().reason, "too_short");
  EXPECT_TRUE(Validate(auth::v1::UpdateMeRequest()).ok());
}

// What ToGrpc sends, as other languages read it.
google::rpc::Status Sent(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

TEST(Status, TravelsAsGooglesErrorModel) {
  grpc::ServerContext context;
  const auto status =
      ToGrpc(Error::InvalidArgument("too_long", "title «é» is too long.", "movie.title"), context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto sent = Sent(status);
  EXPECT_EQ(sent.code(), 3);
  EXPECT_EQ(sent.message(), "title «é» is too long.");
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest request;
  ASSERT_EQ(sent.details_size(), 2);
  ASSERT_TRUE(sent.details(0).UnpackTo(&info));
  ASSERT_TRUE(sent.details(1).UnpackTo(&request));
  EXPECT_EQ(info.reason(), "TOO_LONG");
  EXPECT_EQ(info.domain(), "marquee");
  EXPECT_EQ(request.field_violations(0).field(), "movie.title");
  EXPECT_EQ(request.field_violations(0).description(), "title «é» is too long.");
  const Error back = FromGrpc(status);
  EXPECT_EQ(back.code, Code::kInvalidArgument);
  EXPECT_EQ(back.reason, "too_long");
  EXPECT_EQ(back.field, "movie.title");
  EXPECT_EQ(back.message, "title «é» is too long.");
  EXPECT_TRUE(IsOurs(status));
}

TEST(Status, SaysWhenToComeAgain) {
  grpc::ServerContext context;
  Error wait = Error::ResourceExhausted("login_backoff", "Later.");
  EXPECT_EQ(FromGrpc(ToGrpc(wait, context)), wait);
  wait.retry_after = std::chrono::seconds{64};
  EXPECT_EQ(FromGrpc(ToGrpc(wait, context)), wait);
}

TEST(Status, KeepsCausesToItselfAndFitsIntoMetadata) {
  grpc::ServerContext context;
  const auto internal = ToGrpc(Error::Internal("SELECT secret"), context);
  EXPECT_EQ(internal.error_details().find("secret"), std::string::npos);
  EXPECT_EQ(internal.error_message().find("secret"), std::string::npos);
  const auto long_field =
      ToGrpc(Error::InvalidArgument("too_long", "No.", std::string(5000, 'x')), context);
  EXPECT_LT(long_field.error_details().size(), 2048U);
  EXPECT_EQ(FromGrpc(long_field).reason, "too_long");
  const auto long_text =
      ToGrpc(Error::InvalidArgument("too_long", std::string(5000, 'x'), "title"), context);
  EXPECT_LT(long_text.error_details().size(), 2048U);
  EXPECT_EQ(FromGrpc(long_text).reason, "too_long");
}

TEST(Status, TellsOursFromOthers) {
  const grpc::Status plain(grpc::StatusCode::UNAVAILABLE, "connection refused");
  EXPECT_FALSE(IsOurs(plain));
  EXPECT_EQ(FromGrpc(plain).reason, "unavailable");
  EXPECT_EQ(FromGrpc(plain).message, "connection refused");
  for (const char* rubbish : {"\xff", "rubbish", "\x08\x03"}) {
    const grpc::Status odd(grpc::StatusCode::NOT_FOUND, "x", rubbish);
    EXPECT_FALSE(IsOurs(odd));
    EXPECT_EQ(FromGrpc(odd).reason, "not_found");
  }
  google::rpc::Status foreign;
  google::rpc::ErrorInfo info;
  info.set_reason("QUOTA");
  info.set_domain("googleapis.com");
  foreign.add_details()->PackFrom(info);
  const grpc::Status theirs(grpc::StatusCode::NOT_FOUND, "x", foreign.SerializeAsString());
  EXPECT_FALSE(IsOurs(theirs));
}

TEST(Position, ParsesWhatItPrintsAndNothingElse) {
  const auto position = Position::Parse("ratings:3:1234");
  ASSERT_TRUE(position.has_value());
  EXPECT_EQ(position->ToString(), "ratings:3:1234");
  EXPECT_EQ(position->at, (LogPosition{3, 1234, 0}));
  const auto named = Position::Parse("ratings:3:1234:f0e1d2c3b4a59687");
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->at, (LogPosition{3, 1234, 0xF0E1D2C3B4A59687}));
  EXPECT_EQ(named->ToString(), "ratings:3:1234:f0e1d2c3b4a59687");
  for (const char* bad :
       {"", "ratings", "ratings:3", ":3:4", "ratings:x:4", "ratings:3:-1", "ratings:3:4x",
        "ratings:3:4:", "ratings:3:4:5", "ratings:3:4:x0e1d2c3b4a59687", "a b:0:1", "a\n:0:1",
        "\xc3\xa9:0:1", "ratings:3:99999999999999999999", "ratings:4294967296:1",
        "ratings:3:4:f0e1d2c3b4a59687:", "ratings:3:4:f0e1d2c3b4a59687:1"}) {
    EXPECT_FALSE(Position::Parse(bad).has_value()) << bad;
  }
  EXPECT_FALSE(Position::Parse(std::string(65, 'a') + ":0:1").has_value());
}

}  // namespace
}  // namespace marquee::rpc
