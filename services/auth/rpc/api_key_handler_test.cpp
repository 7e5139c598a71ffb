// API keys over real gRPC, on the stores in memory.
#include <gtest/gtest.h>

#include "auth/crypto/argon2_hasher.h"
#include "auth/crypto/secretbox.h"
#include "auth/rpc/auth_handler.h"
#include "auth/rpc/caller_check.h"
#include "auth/testing/memory_api_keys.h"
#include "auth/testing/memory_guesses.h"
#include "auth/testing/memory_second_factors.h"
#include "auth/testing/memory_store.h"
#include "base/digest.h"
#include "base/testing/calls.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"
#include "rules/api_key.h"

namespace marquee::auth {
namespace {

using Stub = v1::AuthService::Stub;
using Names = std::vector<std::string>;

class ApiKeyHandlerTest : public testing::Test {
 protected:
  ApiKeyHandlerTest() {
    EXPECT_TRUE(keys_.Refresh(kNoDeadline).ok());
    stub_ = v1::AuthService::NewStub(rpc::MakeChannel(server_.address()));
    ada_ = SignUp("ada@example.com");
    gateway_ = service_tokens_.Issue("gateway", "0123456789abcdef")->access_token;
  }

  // As rpc::Said.
  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response, const std::string& bearer) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{10});
    return rpc::Said((stub_.get()->*method)(&context, request, &response));
  }

  std::string SignUp(const std::string& email, Roles roles = {Role::kUser}) {
    const auto account = store_.Create(
        {*Email::Make(email), "$argon2id$x", "", std::move(roles), clock_.Now()}, kNoDeadline);
    const auto session = sessions_.Start(*account, kNoDeadline);
    return session->access_token;
  }
  static v1::CreateApiKeyRequest Wanted(const Names& scopes = {"read"},
                                        const Names& networks = {}) {
    v1::CreateApiKeyRequest request;
    request.set_name("export");
    for (const auto& scope : scopes) request.add_scopes(scope);
    for (const auto& network : networks) request.add_networks(network);
    return request;
  }
  v1::CreateApiKeyResponse Create(const v1::CreateApiKeyRequest& request,
                                  const std::string& bearer) {
    v1::CreateApiKeyResponse response;
    EXPECT_EQ(Call(&Stub::CreateApiKey, request, response, bearer), "OK");
    return response;
  }
  std::string Refusal(const v1::CreateApiKeyRequest& request) {
    v1::CreateApiKeyResponse response;
    return Call(&Stub::CreateApiKey, request, response, ada_);
  }
  std::string Trade(const std::string& key, const std::string& address = "192.0.2.7") {
    v1::TradeApiKeyRequest request;
    request.set_key(key);
    request.set_client_address(address);
    traded_.Clear();
    return Call(&Stub::TradeApiKey, request, traded_, gateway_);
  }
  v1::ListApiKeysResponse List(const v1::ListApiKeysRequest& request = {}) {
    v1::ListApiKeysResponse response;
    EXPECT_EQ(Call(&Stub::ListApiKeys, request, response, ada_), "OK");
    return response;
  }
  std::string Revoke(const std::string& id, const std::string& bearer) {
    v1::RevokeApiKeyRequest request;
    request.set_api_key_id(id);
    v1::RevokeApiKeyResponse response;
    return Call(&Stub::RevokeApiKey, request, response, bearer);
  }
  v1::RotateApiKeyResponse Rotate(const std::string& id, std::optional<std::int64_t> overlap) {
    v1::RotateApiKeyRequest request;
    request.set_api_key_id(id);
    if (overlap) request.set_overlap_seconds(*overlap);
    v1::RotateApiKeyResponse response;
    EXPECT_EQ(Call(&Stub::RotateApiKey, request, response, ada_), "OK");
    return response;
  }
  std::string GetMe(const std::string& bearer) {
    v1::GetMeResponse response;
    return Call(&Stub::GetMe, v1::GetMeRequest(), response, bearer);
  }

  ManualClock clock_;
  metrics::Metrics registry_;
  AuthMetrics metrics_{registry_};
  MemoryStore store_;
  MemoryApiKeys api_key_store_{store_};
  const Secretbox sealer_{"0123456789abcdef0123456789abcdef"};
  Argon2Hasher hasher_{{}, {1, 8192}};
  KeyRing keys_{store_, sealer_, clock_, {}};
  Sessions sessions_{store_, keys_, clock_, metrics_, "the successors' key"};
  MemoryGuesses guesses_;
  GuessGuard guard_{guesses_, store_, clock_, metrics_};
  Passwords passwords_{store_, hasher_, guard_};
  MemorySecondFactors factor_store_{store_};
  SecondFactors second_factors_{factor_store_, passwords_, guard_,          sessions_,
                                sealer_,       clock_,     "the codes' key"};
  Accounts accounts_{store_, passwords_, second_factors_, sessions_, clock_, metrics_};
  Administration administration_{store_, hasher_, sessions_, clock_, ""};
  const ServiceTokens service_tokens_{{{"gateway", "0123456789abcdef"}}, keys_, clock_};
  ApiKeys api_keys_{api_key_store_, keys_, clock_};
  AuthHandler handler_{accounts_, administration_, sessions_, service_tokens_, keys_, api_keys_};
  token::Verifier verifier_{{}, [this] { return keys_.PublicKeys(); }, clock_};
  rpc::TestServer server_{
      {&handler_},
      verifier_,
      registry_,
      {.check = CheckAgainst(sessions_, api_keys_), .audit = [](const auto&) {}}};
  std::unique_ptr<Stub> stub_;
  std::string ada_, gateway_;
  v1::TradeApiKeyResponse traded_;
};

TEST_F(ApiKeyHandlerTest, MakesAKeyThatIsTradedForItsPersonsToken) {
  auto wanted = Wanted({"ratings:write", "read"}, {"::ffff:192.0.2.0/120"});
  wanted.set_expires_in_seconds(3600);
  const auto made = Create(wanted, ada_);
  EXPECT_EQ(rules::ApiKeyIdOf(made.key()), made.api_key().api_key_id());
  EXPECT_EQ(made.api_key().name(), "export");
  EXPECT_EQ(made.api_key().networks(0), "192.0.2.0/24");
  EXPECT_EQ(made.api_key().expires_at().seconds() - made.api_key().created_at().seconds(), 3600);

  ASSERT_EQ(Trade(made.key()), "OK");
  EXPECT_EQ(traded_.expires_in(), 300);
  const auto claims = verifier_.Verify(traded_.access_token());
  ASSERT_TRUE(claims.ok());
  EXPECT_EQ(claims->user_id, kFirstUserId);
  EXPECT_EQ(claims->roles, Names{"user"});
  EXPECT_EQ(*claims->scopes, (Names{"read", "ratings:write"}));
  EXPECT_EQ(claims->api_key_id, made.api_key().api_key_id());
  EXPECT_EQ(GetMe(traded_.access_token()), "OK");
}

TEST_F(ApiKeyHandlerTest, ShowsTheKeyOnceAndKeepsItsHashAlone) {
  const auto made = Create(Wanted(), ada_);
  EXPECT_EQ(List().DebugString().find(made.key().substr(20)), std::string::npos);
  const auto held = api_key_store_.Held(made.api_key().api_key_id(), kNoDeadline);
  EXPECT_EQ(held->hashes.current, Sha256(made.key()));
}

TEST_F(ApiKeyHandlerTest, NamesTheFieldThatIsWrong) {
  auto wanted = Wanted();
  wanted.set_name(" ");
  EXPECT_EQ(Refusal(wanted), "INVALID_ARGUMENT api_key_name_malformed (name)");
  wanted.set_name(std::string(101, 'x'));
  EXPECT_EQ(Refusal(wanted), "INVALID_ARGUMENT too_long (name)");
  EXPECT_EQ(Refusal(Wanted({})), "INVALID_ARGUMENT missing_field (scopes)");
  EXPECT_EQ(Refusal(Wanted({"read", "everything"})), "INVALID_ARGUMENT scope_unknown (scopes[1])");
  EXPECT_EQ(Refusal(Wanted({"read"}, {"192.0.2.1/24"})),
            "INVALID_ARGUMENT network_malformed (networks[0])");
  EXPECT_EQ(Refusal(Wanted({"read"}, Names(21, "192.0.2.1"))),
            "INVALID_ARGUMENT too_many_items (networks)");
  wanted = Wanted();
  wanted.set_expires_in_seconds(0);
  EXPECT_EQ(Refusal(wanted), "INVALID_ARGUMENT out_of_range (expires_in_seconds)");
}

TEST_F(ApiKeyHandlerTest, GivesAPersonFiftyKeys) {
  for (int i = 0; i < kMostApiKeys; ++i) Create(Wanted(), ada_);
  EXPECT_EQ(Refusal(Wanted()), "FAILED_PRECONDITION api_keys_too_many");
  v1::ListApiKeysRequest page;
  page.set_page_size(30);
  auto listed = List(page);
  EXPECT_EQ(listed.api_keys_size(), 30);
  page.set_page_token(listed.next_page_token());
  listed = List(page);
  EXPECT_EQ(listed.api_keys_size(), 20);
  EXPECT_EQ(listed.next_page_token(), "");
  EXPECT_EQ(Revoke(listed.api_keys(0).api_key_id(), ada_), "OK");
  EXPECT_EQ(Refusal(Wanted()), "OK");
}

TEST_F(ApiKeyHandlerTest, RefusesWhatIsNoKeyOfOurs) {
  const auto made = Create(Wanted(), ada_);
  std::string typed = made.key();
  typed.back() = typed.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(Trade(typed), "UNAUTHENTICATED api_key_malformed");
  EXPECT_EQ(Trade("mk_"), "UNAUTHENTICATED api_key_malformed");
  const std::string other(rules::kApiKeySecretLength, 'x');
  EXPECT_EQ(Trade(rules::WriteApiKey(made.api_key().api_key_id(), other)),
            "UNAUTHENTICATED api_key_invalid");
  EXPECT_EQ(Trade(rules::WriteApiKey(std::string(rules::kApiKeyIdLength, 'x'), other)),
            "UNAUTHENTICATED api_key_invalid");
}

TEST_F(ApiKeyHandlerTest, HoldsToTheNetworks) {
  const auto key = Create(Wanted({"read"}, {"192.0.2.0/24", "2001:db8::/32"}), ada_).key();
  EXPECT_EQ(Trade(key, "192.0.2.255"), "OK");
  EXPECT_EQ(Trade(key, "::ffff:192.0.2.255"), "OK");
  EXPECT_EQ(Trade(key, "2001:db8::1"), "OK");
  for (const char* address : {"192.0.3.0", "2001:db9::1", "", "unknown", "192.0.2.1, 10.0.0.1"})
    EXPECT_EQ(Trade(key, address), "PERMISSION_DENIED address_not_allowed") << address;
  EXPECT_EQ(Trade(Create(Wanted(), ada_).key(), ""), "OK") << "from anywhere";
}

TEST_F(ApiKeyHandlerTest, ExpiresWithItsTokens) {
  auto wanted = Wanted();
  wanted.set_expires_in_seconds(60);
  const auto key = Create(wanted, ada_).key();
  ASSERT_EQ(Trade(key), "OK");
  EXPECT_EQ(traded_.expires_in(), 60) << "no token outlives its key";
  const std::string token = traded_.access_token();
  clock_.Advance(std::chrono::seconds{60});
  EXPECT_EQ(Trade(key), "UNAUTHENTICATED api_key_expired");
  EXPECT_EQ(GetMe(token), "UNAUTHENTICATED api_key_expired") << "auth asks its own tables";
}

TEST_F(ApiKeyHandlerTest, RevokesAtOnceAndOnlyOnesOwn) {
  const auto made = Create(Wanted(), ada_);
  ASSERT_EQ(Trade(made.key()), "OK");
  const std::string token = traded_.access_token();
  EXPECT_EQ(Revoke(made.api_key().api_key_id(), SignUp("bob@example.com")),
            "NOT_FOUND api_key_unknown");
  EXPECT_EQ(Revoke(made.api_key().api_key_id(), ada_), "OK");
  EXPECT_EQ(Trade(made.key()), "UNAUTHENTICATED api_key_invalid");
  EXPECT_EQ(GetMe(token), "UNAUTHENTICATED api_key_invalid");
  EXPECT_EQ(List().api_keys_size(), 0);
}

TEST_F(ApiKeyHandlerTest, RotatesWithAnOverlap) {
  const auto first = Create(Wanted(), ada_);
  const std::string id = first.api_key().api_key_id();
  const auto second = Rotate(id, std::nullopt);
  EXPECT_EQ(rules::ApiKeyIdOf(second.key()), id);
  EXPECT_EQ(
      second.api_key().previous_expires_at().seconds() - first.api_key().created_at().seconds(),
      24 * 3600);
  EXPECT_EQ(Trade(first.key()), "OK");
  EXPECT_EQ(Trade(second.key()), "OK");
  clock_.Advance(std::chrono::hours{24});
  ada_ = sessions_.Start(*store_.Find(kFirstUserId, kNoDeadline), kNoDeadline)->access_token;
  gateway_ = service_tokens_.Issue("gateway", "0123456789abcdef")->access_token;
  EXPECT_EQ(Trade(first.key()), "UNAUTHENTICATED api_key_invalid");
  EXPECT_EQ(Trade(second.key()), "OK");
  EXPECT_FALSE(List().api_keys(0).has_previous_expires_at());
  const auto third = Rotate(id, 0);
  EXPECT_FALSE(third.api_key().has_previous_expires_at());
  EXPECT_EQ(Trade(second.key()), "UNAUTHENTICATED api_key_invalid");
  EXPECT_EQ(Trade(third.key()), "OK");
}

TEST_F(ApiKeyHandlerTest, GoesWithItsAccount) {
  const auto key = Create(Wanted(), ada_).key();
  ASSERT_EQ(Trade(key), "OK");
  v1::DeleteMeResponse response;
  ASSERT_EQ(Call(&Stub::DeleteMe, v1::DeleteMeRequest(), response, ada_), "OK");
  EXPECT_EQ(GetMe(traded_.access_token()), "UNAUTHENTICATED api_key_invalid");
  EXPECT_EQ(Trade(key), "UNAUTHENTICATED api_key_invalid");
}

TEST_F(ApiKeyHandlerTest, NarrowsWhatItsPersonMayDo) {
  const std::string root =
      SignUp("root@example.com", {Role::kUser, Role::kCurator, Role::kAdministrator});
  const auto roles = [&](const Names& scopes) {
    EXPECT_EQ(Trade(Create(Wanted(scopes), root).key()), "OK");
    return verifier_.Verify(traded_.access_token())->roles;
  };
  EXPECT_EQ(roles({"read", "ratings:write", "reviews:write"}), Names{"user"});
  EXPECT_EQ(roles({"models:admin"}), (Names{"user", "administrator"}));
  const std::string token = traded_.access_token();
  // Whatever their roles, keys have nothing to do with accounts and keys.
  const std::string refused = "PERMISSION_DENIED insufficient_scope";
  v1::CreateApiKeyResponse created;
  EXPECT_EQ(Call(&Stub::CreateApiKey, Wanted(), created, token), refused);
  v1::ListApiKeysResponse listed;
  EXPECT_EQ(Call(&Stub::ListApiKeys, v1::ListApiKeysRequest(), listed, token), refused);
  EXPECT_EQ(Revoke("x", token), refused);
  v1::RotateApiKeyResponse rotated;
  EXPECT_EQ(Call(&Stub::RotateApiKey, v1::RotateApiKeyRequest(), rotated, token), refused);
  v1::UpdateMeResponse updated;
  EXPECT_EQ(Call(&Stub::UpdateMe, v1::UpdateMeRequest(), updated, token), refused);
  v1::DeleteMeResponse deleted;
  EXPECT_EQ(Call(&Stub::DeleteMe, v1::DeleteMeRequest(), deleted, token), refused);
  v1::ListUsersResponse users;
  EXPECT_EQ(Call(&Stub::ListUsers, v1::ListUsersRequest(), users, token), refused);
  v1::SetRolesResponse set;
  EXPECT_EQ(Call(&Stub::SetRoles, v1::SetRolesRequest(), set, token), refused);
  EXPECT_EQ(GetMe(token), refused) << "nor with what another scope is for";
}

TEST_F(ApiKeyHandlerTest, IsGoodForNothingWhileItsPersonIsDisabled) {
  const std::string key = Create(Wanted(), ada_).key();
  ASSERT_EQ(Trade(key), "OK");
  const std::string token = traded_.access_token();
  ASSERT_EQ(GetMe(token), "OK");
  ASSERT_TRUE(store_.SetDisabled(kFirstUserId, true, clock_.Now(), kNoDeadline).ok());
  EXPECT_EQ(Trade(key), "UNAUTHENTICATED account_disabled");
  EXPECT_EQ(GetMe(token), "UNAUTHENTICATED account_disabled");
  ASSERT_TRUE(store_.SetDisabled(kFirstUserId, false, clock_.Now(), kNoDeadline).ok());
  EXPECT_EQ(Trade(key), "OK");
}

TEST_F(ApiKeyHandlerTest, IsTradedByServicesAlone) {
  v1::TradeApiKeyRequest request;
  request.set_key(Create(Wanted(), ada_).key());
  v1::TradeApiKeyResponse response;
  EXPECT_EQ(Call(&Stub::TradeApiKey, request, response, ""), "UNAUTHENTICATED token_missing");
  EXPECT_EQ(Call(&Stub::TradeApiKey, request, response, ada_), "PERMISSION_DENIED not_allowed");
  v1::CreateApiKeyResponse created;
  EXPECT_EQ(Call(&Stub::CreateApiKey, Wanted(), created, gateway_),
            "PERMISSION_DENIED user_required");
}

TEST_F(ApiKeyHandlerTest, TellsTheLastUseToTheMinute) {
  const auto key = Create(Wanted(), ada_).key();
  EXPECT_FALSE(List().api_keys(0).has_last_used_at());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Trade(key, "::ffff:192.0.2.7"), "OK");
  EXPECT_EQ(api_key_store_.uses_noted(), 1);
  EXPECT_EQ(List().api_keys(0).last_used_address(), "192.0.2.7");
  clock_.Advance(std::chrono::seconds{60});
  EXPECT_EQ(Trade(key, "2001:db8::1"), "OK");
  EXPECT_EQ(api_key_store_.uses_noted(), 2);
  EXPECT_EQ(List().api_keys(0).last_used_address(), "2001:db8::1");
}

}  // namespace
}  // namespace marquee::auth
