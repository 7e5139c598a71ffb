// ErasureService over real gRPC, on the store in memory.
#include "auth/rpc/erasure_handler.h"

#include <gtest/gtest.h>

#include "auth/testing/memory_store.h"
#include "base/testing/calls.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"
#include "rpc/testing/fake_auth.h"

namespace marquee::auth {
namespace {

using Stub = v1::ErasureService::Stub;

class ErasureHandlerTest : public testing::Test {
 protected:
  ErasureHandlerTest() : stub_(v1::ErasureService::NewStub(rpc::MakeChannel(server_.address()))) {}

  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response, const std::string& bearer = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{10});
    return rpc::Said((stub_.get()->*method)(&context, request, &response));
  }
  std::int64_t Add(const std::string& email, Roles roles = {Role::kUser}) {
    return store_
        .Create({*Email::Make(email), "$argon2id$x", "", std::move(roles), SystemClock().Now()},
                kNoDeadline)
        ->user_id;
  }
  std::string Delete(std::int64_t user, v1::DeleteUserResponse& response) {
    v1::DeleteUserRequest request;
    request.set_user_id(user);
    return Call(&Stub::DeleteUser, request, response, administrator_);
  }

  metrics::Metrics registry_;
  MemoryStore store_;
  Erasures erasures_{store_, store_, {"reviews", "catalog"}};
  ErasureHandler handler_{erasures_};
  const rpc::FakeAuth auth_{"the secret of services"};
  token::Verifier verifier_{{}, auth_.Keys(), SystemClock()};
  rpc::TestServer server_{{&handler_}, verifier_, registry_, {.audit = [](const auto&) {}}};
  std::unique_ptr<Stub> stub_;
  const std::int64_t root_ = Add("root@b.co", {Role::kUser, Role::kAdministrator});
  const std::string administrator_ = auth_.Token("administrator", root_);
};

TEST_F(ErasureHandlerTest, AnAdministratorDeletesAndAnybodyWithTheIdFollows) {
  const auto ada = Add("ada@b.co");
  v1::DeleteUserResponse deleted;
  ASSERT_EQ(Delete(ada, deleted), "OK");
  const auto& id = deleted.erasure().erasure_id();
  EXPECT_EQ(deleted.location(), "/v1/erasures/" + id);
  store_.Confirm(ada, "reviews", SystemClock().Now());

  v1::GetErasureRequest get;
  get.set_erasure_id(id);
  v1::GetErasureResponse found;
  ASSERT_EQ(Call(&Stub::GetErasure, get, found), "OK");
  ASSERT_EQ(found.erasure().confirmations_size(), 2);
  EXPECT_EQ(found.erasure().confirmations(0).service(), "catalog");
  EXPECT_FALSE(found.erasure().confirmations(0).has_confirmed_at());
  EXPECT_EQ(found.erasure().confirmations(1).service(), "reviews");
  EXPECT_TRUE(found.erasure().confirmations(1).has_confirmed_at());
  EXPECT_FALSE(found.erasure().has_completed_at());
  EXPECT_EQ(found.ShortDebugString().find(std::to_string(ada)), std::string::npos)
      << "of the person it says nothing";

  v1::DeleteUserResponse again;
  ASSERT_EQ(Delete(ada, again), "OK");
  EXPECT_EQ(again.erasure().erasure_id(), id);
  get.set_erasure_id("guessed");
  EXPECT_EQ(Call(&Stub::GetErasure, get, found), "NOT_FOUND erasure_unknown");
  EXPECT_EQ(Delete(ada + 1, again), "NOT_FOUND account_unknown");
  EXPECT_EQ(Delete(root_, again), "FAILED_PRECONDITION last_administrator");
}

TEST_F(ErasureHandlerTest, AdministratorsListInPages) {
  std::vector<std::int64_t> users;
  for (const char* email : {"a@b.co", "b@b.co", "c@b.co"}) {
    users.push_back(Add(email));
    v1::DeleteUserResponse response;
    ASSERT_EQ(Delete(users.back(), response), "OK");
  }
  store_.Complete(users[1], SystemClock().Now());
  v1::ListErasuresRequest request;
  request.set_page_size(2);
  v1::ListErasuresResponse page;
  ASSERT_EQ(Call(&Stub::ListErasures, request, page, administrator_), "OK");
  ASSERT_EQ(page.erasures_size(), 2);
  EXPECT_EQ(page.erasures(0).user_id(), users[2]);
  EXPECT_EQ(page.erasures(0).requested_by(), root_);
  EXPECT_TRUE(page.erasures(1).erasure().has_completed_at());
  request.set_page_token(page.next_page_token());
  v1::ListErasuresResponse rest;
  ASSERT_EQ(Call(&Stub::ListErasures, request, rest, administrator_), "OK");
  ASSERT_EQ(rest.erasures_size(), 1);
  EXPECT_EQ(rest.erasures(0).user_id(), users[0]);
  EXPECT_TRUE(rest.next_page_token().empty());
  request.set_pending(true);
  EXPECT_EQ(Call(&Stub::ListErasures, request, rest, administrator_),
            "INVALID_ARGUMENT page_token_invalid (page_token)")
      << "another list's";
  request.clear_page_token();
  ASSERT_EQ(Call(&Stub::ListErasures, request, rest, administrator_), "OK");
  EXPECT_EQ(rest.erasures(1).user_id(), users[0]);
  v1::RepeatErasuresResponse repeated;
  ASSERT_EQ(Call(&Stub::RepeatErasures, v1::RepeatErasuresRequest(), repeated, administrator_),
            "OK");
  EXPECT_EQ(repeated.count(), 3);
}

TEST_F(ErasureHandlerTest, NobodyElseMay) {
  const auto ada = Add("ada@b.co");
  const std::string token = auth_.Token("curator", ada);
  v1::DeleteUserRequest request;
  request.set_user_id(ada);
  v1::DeleteUserResponse deleted;
  EXPECT_EQ(Call(&Stub::DeleteUser, request, deleted, token), "PERMISSION_DENIED not_allowed");
  EXPECT_EQ(Call(&Stub::DeleteUser, request, deleted), "UNAUTHENTICATED token_missing");
  v1::ListErasuresResponse listed;
  EXPECT_EQ(Call(&Stub::ListErasures, v1::ListErasuresRequest(), listed, token),
            "PERMISSION_DENIED not_allowed");
  v1::RepeatErasuresResponse repeated;
  EXPECT_EQ(Call(&Stub::RepeatErasures, v1::RepeatErasuresRequest(), repeated, token),
            "PERMISSION_DENIED not_allowed");
}

}  // namespace
}  // namespace marquee::auth
