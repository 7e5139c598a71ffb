// The service over real gRPC, on the store in memory, with a catalogue and an auth of its own.
#include "reviews/rpc/reviews_handler.h"

#include <gtest/gtest.h>

#include "marquee/auth/v1/auth.grpc.pb.h"
#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "metrics/metrics.h"
#include "reviews/clients/auth_people.h"
#include "reviews/clients/catalog_movies.h"
#include "reviews/testing/memory_store.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"

namespace marquee::reviews {
namespace {

// Has the movies 1 to 9.
class FakeCatalog final : public catalog::v1::CatalogService::Service {
 public:
  grpc::Status GetMovie(grpc::ServerContext* context, const catalog::v1::GetMovieRequest* request,
                        catalog::v1::GetMovieResponse* response) override {
    if (request->movie_id() > 9) {
      return rpc::ToGrpc(Error::NotFound("movie_unknown", "There is no such movie."), *context);
    }
    response->mutable_movie()->set_movie_id(request->movie_id());
    return grpc::Status::OK;
  }
};

// Names people by their tokens.
class FakeAuth final : public auth::v1::AuthService::Service {
 public:
  grpc::Status GetMe(grpc::ServerContext* context, const auth::v1::GetMeRequest*,
                     auth::v1::GetMeResponse* response) override {
    const auto found = context->client_metadata().find("authorization");
    const std::string bearer = found == context->client_metadata().end()
                                   ? ""
                                   : std::string(found->second.data(), found->second.size());
    const auto name = names.find(bearer);
    if (name == names.end()) {
      return rpc::ToGrpc(Error::Unauthenticated("account_gone", "This account was deleted."),
                         *context);
    }
    response->mutable_user()->set_display_name(name->second);
    return grpc::Status::OK;
  }
  std::map<std::string, std::string> names;
};

class Others {
 public:
  Others() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&catalog_);
    builder.RegisterService(&auth);
    server_ = builder.BuildAndStart();
  }
  ~Others() { Stop(); }
  void Stop() { server_->Shutdown(SystemClock().Now()); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  FakeAuth auth;

 private:
  FakeCatalog catalog_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

using Stub = v1::ReviewsService::Stub;

class ReviewsHandlerTest : public testing::Test {
 protected:
  ReviewsHandlerTest() {
    stub_ = v1::ReviewsService::NewStub(rpc::MakeChannel(server_.address()));
    ada_ = Token(1000000001, {"user"});
    bob_ = Token(1000000002, {"user"});
    carl_ = Token(1000000003, {"user", "curator"});
    others_.auth.names = {{"Bearer " + ada_, "Ada"}, {"Bearer " + bob_, ""}};
  }

  std::string Token(std::int64_t user_id, std::vector<std::string> roles) {
    token::Claims claims;
    claims.user_id = user_id;
    claims.subject = user_id == 0 ? "service:trainer" : std::to_string(user_id);
    claims.roles = std::move(roles);
    claims.issued_at = clock_.Now();
    claims.expires_at = clock_.Now() + std::chrono::minutes{15};
    return key_.Sign(claims, {});
  }

  // As rpc::Said.
  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response, const std::string& bearer = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{10});
    return rpc::Said((stub_.get()->*method)(&context, request, &response));
  }

  std::string Create(const std::string& bearer, std::int64_t movie_id, const std::string& text,
                     v1::Review* review = nullptr) {
    v1::CreateReviewRequest request;
    request.set_movie_id(movie_id);
    request.set_text(text);
    v1::CreateReviewResponse response;
    std::string outcome = Call(&Stub::CreateReview, request, response, bearer);
    if (review != nullptr) *review = response.review();
    return outcome;
  }
  std::string Update(const std::string& bearer, std::int64_t review_id, const std::string& text) {
    v1::UpdateReviewRequest request;
    request.set_review_id(review_id);
    request.set_text(text);
    v1::UpdateReviewResponse response;
    return Call(&Stub::UpdateReview, request, response, bearer);
  }
  std::string Delete(const std::string& bearer, std::int64_t review_id) {
    v1::DeleteReviewRequest request;
    request.set_review_id(review_id);
    v1::DeleteReviewResponse response;
    return Call(&Stub::DeleteReview, request, response, bearer);
  }
  std::string Get(std::int64_t review_id, v1::GetReviewResponse& response) {
    v1::GetReviewRequest request;
    request.set_review_id(review_id);
    return Call(&Stub::GetReview, request, response);
  }

  ManualClock clock_;
  const token::SigningKey key_ = token::SigningKey::Generate();
  metrics::Metrics metrics_;
  Others others_;
  MemoryReviews store_;
  CatalogMovies movies_{rpc::MakeChannel(others_.address())};
  AuthPeople people_{rpc::MakeChannel(others_.address())};
  Reviews reviews_{store_, movies_, people_, clock_};
  ReviewsHandler handler_{reviews_};
  token::Verifier verifier_{
      {},
      [this]() -> Result<std::vector<token::PublicKey>> { return std::vector{key_.public_key()}; },
      clock_};
  rpc::TestServer server_{{&handler_}, verifier_, metrics_};
  std::unique_ptr<Stub> stub_;
  std::string ada_, bob_, carl_;
};

TEST_F(ReviewsHandlerTest, WritesAReviewUnderTheCallersName) {
  v1::Review review;
  ASSERT_EQ(Create(ada_, 1, "  Still funny. \n", &review), "OK");
  EXPECT_EQ(review.user_id(), 1000000001);
  EXPECT_EQ(review.author(), "Ada");
  EXPECT_EQ(review.text(), "Still funny.");
  EXPECT_EQ(review.created_at().seconds(), 1'700'000'000);
  v1::GetReviewResponse read;
  ASSERT_EQ(Get(review.review_id(), read), "OK");
  EXPECT_EQ(read.review().SerializeAsString(), review.SerializeAsString());
}

TEST_F(ReviewsHandlerTest, SignsTheNamelessAsAnonymous) {
  v1::Review review;
  ASSERT_EQ(Create(bob_, 1, "Fine.", &review), "OK");
  EXPECT_EQ(review.author(), "Anonymous");
}

TEST_F(ReviewsHandlerTest, TakesOneReviewForEachPersonAndMovie) {
  EXPECT_EQ(Create(ada_, 1, "Fine."), "OK");
  EXPECT_EQ(Create(ada_, 1, "Again."), "ALREADY_EXISTS review_exists (movie_id)");
  EXPECT_EQ(Create(bob_, 1, "Fine."), "OK");
  EXPECT_EQ(Create(ada_, 2, "Fine."), "OK");
}

TEST_F(ReviewsHandlerTest, RefusesBadInput) {
  EXPECT_EQ(Create(ada_, 0, "Fine."), "INVALID_ARGUMENT missing_field (movie_id)");
  EXPECT_EQ(Create(ada_, -1, "Fine."), "INVALID_ARGUMENT out_of_range (movie_id)");
  EXPECT_EQ(Create(ada_, 1, ""), "INVALID_ARGUMENT missing_field (text)");
  EXPECT_EQ(Create(ada_, 1, " \n "), "INVALID_ARGUMENT text_missing (text)");
  EXPECT_EQ(Create(ada_, 1, std::string(10'001, 'x')), "INVALID_ARGUMENT too_long (text)");
  EXPECT_EQ(Create(ada_, 1, "a\x1b[31m"), "INVALID_ARGUMENT text_malformed (text)");
  EXPECT_EQ(Create(ada_, 10, "Fine."), "NOT_FOUND movie_unknown");
}

TEST_F(ReviewsHandlerTest, NeedsAPersonWithAGoodToken) {
  EXPECT_EQ(Create("", 1, "Fine."), "UNAUTHENTICATED token_missing");
  EXPECT_EQ(Create("garbage", 1, "Fine."), "UNAUTHENTICATED token_invalid");
  EXPECT_EQ(Create(Token(0, {"service"}), 1, "Fine."), "PERMISSION_DENIED user_required");
  EXPECT_EQ(Create(Token(1000000009, {"user"}), 1, "Fine."), "UNAUTHENTICATED account_gone");
  clock_.Advance(std::chrono::minutes{16});
  EXPECT_EQ(Create(ada_, 1, "Fine."), "UNAUTHENTICATED token_expired");
}

TEST_F(ReviewsHandlerTest, LetsTheAuthorAloneChangeAReview) {
  v1::Review review;
  ASSERT_EQ(Create(ada_, 1, "Fine.", &review), "OK");
  clock_.Advance(std::chrono::minutes{1});
  EXPECT_EQ(Update(bob_, review.review_id(), "Mine."), "PERMISSION_DENIED not_the_author");
  EXPECT_EQ(Update(carl_, review.review_id(), "Mine."), "PERMISSION_DENIED not_the_author");
  EXPECT_EQ(Update("", review.review_id(), "Mine."), "UNAUTHENTICATED token_missing");
  EXPECT_EQ(Update(ada_, 4711, "Better."), "NOT_FOUND review_unknown");
  EXPECT_EQ(Update(ada_, review.review_id(), "Better."), "OK");
  v1::GetReviewResponse read;
  ASSERT_EQ(Get(review.review_id(), read), "OK");
  EXPECT_EQ(read.review().text(), "Better.");
  EXPECT_EQ(read.review().created_at().seconds(), 1'700'000'000);
  EXPECT_EQ(read.review().updated_at().seconds(), 1'700'000'060);
}

TEST_F(ReviewsHandlerTest, LetsTheAuthorOrACuratorDeleteAReview) {
  v1::Review first, second;
  ASSERT_EQ(Create(ada_, 1, "Fine.", &first), "OK");
  ASSERT_EQ(Create(ada_, 2, "Fine.", &second), "OK");
  EXPECT_EQ(Delete(bob_, first.review_id()), "PERMISSION_DENIED not_the_author");
  EXPECT_EQ(Delete(ada_, first.review_id()), "OK");
  EXPECT_EQ(Delete(ada_, first.review_id()), "NOT_FOUND review_unknown");
  EXPECT_EQ(Delete(carl_, second.review_id()), "OK");
  v1::GetReviewResponse read;
  EXPECT_EQ(Get(second.review_id(), read), "NOT_FOUND review_unknown");
}

TEST_F(ReviewsHandlerTest, ListsToAnyoneInPagesLatestFirst) {
  std::vector<std::int64_t> written;
  for (int i = 0; i < 5; ++i) {
    const auto token = Token(1000000100 + i, {"user"});
    others_.auth.names["Bearer " + token] = "Someone";
    v1::Review review;
    ASSERT_EQ(Create(token, 1, "Fine.", &review), "OK");
    written.insert(written.begin(), review.review_id());
  }
  std::vector<std::int64_t> listed;
  v1::ListReviewsRequest request;
  request.set_movie_id(1);
  request.set_page_size(2);
  v1::ListReviewsResponse page;
  do {
    ASSERT_EQ(Call(&Stub::ListReviews, request, page), "OK");
    EXPECT_LE(page.reviews_size(), 2);
    for (const auto& review : page.reviews()) listed.push_back(review.review_id());
    request.set_page_token(page.next_page_token());
    // Written between two pages: not in the rest of this list.
    const auto token = Token(1000000200 + static_cast<int>(listed.size()), {"user"});
    others_.auth.names["Bearer " + token] = "Someone";
    ASSERT_EQ(Create(token, 1, "Late."), "OK");
  } while (!page.next_page_token().empty());
  EXPECT_EQ(listed, written);
}

TEST_F(ReviewsHandlerTest, RefusesAPageTokenOfAnotherList) {
  EXPECT_EQ(Create(ada_, 1, "Fine."), "OK");
  EXPECT_EQ(Create(bob_, 1, "Fine."), "OK");
  v1::ListReviewsRequest request;
  request.set_movie_id(1);
  request.set_page_size(1);
  v1::ListReviewsResponse page;
  ASSERT_EQ(Call(&Stub::ListReviews, request, page), "OK");
  request.set_page_token(page.next_page_token());
  request.set_movie_id(2);
  EXPECT_EQ(Call(&Stub::ListReviews, request, page),
            "INVALID_ARGUMENT page_token_invalid (page_token)");
  request.set_page_size(101);
  EXPECT_EQ(Call(&Stub::ListReviews, request, page), "INVALID_ARGUMENT out_of_range (page_size)");
}

TEST_F(ReviewsHandlerTest, SaysWhoIsMissingAndWritesNothing) {
  others_.Stop();
  EXPECT_EQ(Create(ada_, 1, "Fine."), "UNAVAILABLE catalog_unavailable");
  EXPECT_EQ(people_.DisplayNameOf(CallContext(SystemClock().Now() + std::chrono::seconds{5}))
                .error()
                .reason,
            "auth_unavailable");
  v1::ListReviewsRequest request;
  request.set_movie_id(1);
  v1::ListReviewsResponse page;
  EXPECT_EQ(Call(&Stub::ListReviews, request, page), "OK");
  EXPECT_EQ(page.reviews_size(), 0);
}

TEST_F(ReviewsHandlerTest, SaysUnavailableWhileTheStoreIsDown) {
  store_.Fail(Error::Unavailable("database_unavailable", "the database can't be reached"));
  EXPECT_EQ(Create(ada_, 1, "Fine."), "UNAVAILABLE database_unavailable");
  store_.Fail(std::nullopt);
  EXPECT_EQ(Create(ada_, 1, "Fine."), "OK");
}

}  // namespace
}  // namespace marquee::reviews
