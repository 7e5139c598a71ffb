// The service over real gRPC, on the store in memory.
#include "auth/rpc/auth_handler.h"

#include <gtest/gtest.h>

#include "auth/crypto/argon2_hasher.h"
#include "auth/crypto/secretbox.h"
#include "auth/rpc/caller_check.h"
#include "auth/testing/memory_api_keys.h"
#include "auth/testing/memory_guesses.h"
#include "auth/testing/memory_second_factors.h"
#include "auth/testing/memory_store.h"
#include "base/testing/calls.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"

namespace marquee::auth {
namespace {

constexpr char kPassword[] = "correct horse battery";
constexpr char kBootstrap[] = "the operator's secret";

using Stub = v1::AuthService::Stub;

class AuthHandlerTest : public testing::Test {
 protected:
  AuthHandlerTest() {
    EXPECT_TRUE(keys_.Refresh(kNoDeadline).ok());
    stub_ = v1::AuthService::NewStub(rpc::MakeChannel(server_.address()));
  }

  // As rpc::Said.
  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response, const std::string& bearer = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{10});
    return rpc::Said((stub_.get()->*method)(&context, request, &response));
  }

  std::string Register(const std::string& email, v1::RegisterResponse& response,
                       const std::string& password = kPassword) {
    v1::RegisterRequest request;
    request.set_email(email);
    request.set_password(password);
    request.set_display_name("Ada");
    return Call(&Stub::Register, request, response);
  }
  v1::Session SignUp(const std::string& email) {
    v1::RegisterResponse response;
    EXPECT_EQ(Register(email, response), "OK");
    return response.session();
  }
  v1::Session Bootstrap() {
    v1::BootstrapAdministratorRequest request;
    request.set_bootstrap_secret(kBootstrap);
    request.set_email("root@example.com");
    request.set_password(kPassword);
    v1::BootstrapAdministratorResponse response;
    EXPECT_EQ(Call(&Stub::BootstrapAdministrator, request, response), "OK");
    return response.session();
  }
  std::string GetMe(const std::string& bearer, v1::GetMeResponse& response) {
    return Call(&Stub::GetMe, v1::GetMeRequest(), response, bearer);
  }
  std::string GetMe(const std::string& bearer) {
    v1::GetMeResponse response;
    return GetMe(bearer, response);
  }
  std::string Refresh(const std::string& token, v1::RefreshResponse& response) {
    v1::RefreshRequest request;
    request.set_refresh_token(token);
    return Call(&Stub::Refresh, request, response);
  }
  std::string SetRoles(std::int64_t user_id, const std::vector<std::string>& roles,
                       const std::string& bearer) {
    v1::SetRolesRequest request;
    request.set_user_id(user_id);
    for (const auto& role : roles) request.add_roles(role);
    v1::SetRolesResponse response;
    return Call(&Stub::SetRoles, request, response, bearer);
  }

  ManualClock clock_;
  metrics::Metrics registry_;
  AuthMetrics metrics_{registry_};
  MemoryStore store_;
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
  Administration administration_{store_, hasher_, sessions_, clock_, kBootstrap};
  const ServiceTokens service_tokens_{{{"trainer", "0123456789abcdef"}}, keys_, clock_};
  MemoryApiKeys api_key_store_{store_};
  ApiKeys api_keys_{api_key_store_, keys_, clock_};
  AuthHandler handler_{accounts_, administration_, sessions_, service_tokens_, keys_, api_keys_};
  token::Verifier verifier_{{}, [this] { return keys_.PublicKeys(); }, clock_};
  rpc::TestServer server_{
      {&handler_},
      verifier_,
      registry_,
      {.check = CheckAgainst(sessions_, api_keys_), .audit = [](const auto&) {}}};
  std::unique_ptr<Stub> stub_;
};

TEST_F(AuthHandlerTest, RegistersSignsInAndKnowsTheCaller) {
  const auto registered = SignUp("Ada@Example.com");
  EXPECT_EQ(registered.token_type(), "Bearer");
  EXPECT_EQ(registered.expires_in(), 900);
  v1::LoginRequest login;
  login.set_email("ada@example.com");
  login.set_password(kPassword);
  v1::LoginResponse session;
  ASSERT_EQ(Call(&Stub::Login, login, session), "OK");
  v1::GetMeResponse me;
  ASSERT_EQ(GetMe(session.session().access_token(), me), "OK");
  EXPECT_EQ(me.user().user_id(), kFirstUserId);
  EXPECT_EQ(me.user().email(), "Ada@example.com");
  EXPECT_EQ(me.user().display_name(), "Ada");
  EXPECT_EQ(me.user().created_at().seconds(), 1'700'000'000);
  ASSERT_EQ(me.user().roles_size(), 1);
  EXPECT_EQ(me.user().roles(0), "user");
}

TEST_F(AuthHandlerTest, RefusesWrongCredentialsAlike) {
  SignUp("ada@example.com");
  v1::LoginRequest login;
  login.set_password("wrong");
  v1::LoginResponse response;
  for (const char* email : {"ada@example.com", "bob@example.com"}) {
    login.set_email(email);
    EXPECT_EQ(Call(&Stub::Login, login, response), "UNAUTHENTICATED credentials_wrong");
  }
}

TEST_F(AuthHandlerTest, NamesTheFieldThatIsWrong) {
  v1::RegisterResponse response;
  EXPECT_EQ(Register("", response), "INVALID_ARGUMENT missing_field (email)");
  EXPECT_EQ(Register("ada", response), "INVALID_ARGUMENT email_malformed (email)");
  EXPECT_EQ(Register("a@b.co", response, "short"), "INVALID_ARGUMENT too_short (password)");
  EXPECT_EQ(Register("a@b.co", response, std::string(257, 'x')),
            "INVALID_ARGUMENT too_long (password)");
  EXPECT_EQ(Register("a@b.co", response, "password1234"),
            "INVALID_ARGUMENT password_too_common (password)");
  SignUp("a@b.co");
  EXPECT_EQ(Register("A@b.co", response), "ALREADY_EXISTS email_taken (email)");
}

TEST_F(AuthHandlerTest, RefusesMissingExpiredAndForgedTokens) {
  const auto session = SignUp("ada@example.com");
  EXPECT_EQ(GetMe(""), "UNAUTHENTICATED token_missing");
  EXPECT_EQ(GetMe("garbage"), "UNAUTHENTICATED token_invalid");
  std::string forged = session.access_token();
  forged[forged.size() - 10] ^= 1;
  EXPECT_EQ(GetMe(forged), "UNAUTHENTICATED token_invalid");
  token::Claims claims;
  claims.subject = std::to_string(kFirstUserId);
  claims.issued_at = clock_.Now();
  claims.expires_at = clock_.Now() + std::chrono::hours{1};
  EXPECT_EQ(GetMe(token::SigningKey::Generate().Sign(claims, {})), "UNAUTHENTICATED token_invalid");
  EXPECT_EQ(GetMe(session.access_token()), "OK");
  clock_.Advance(std::chrono::minutes{16});
  EXPECT_EQ(GetMe(session.access_token()), "UNAUTHENTICATED token_expired");
}

TEST_F(AuthHandlerTest, EndsASessionWhoseRefreshTokenIsReused) {
  const auto session = SignUp("ada@example.com");
  v1::RefreshResponse next, none;
  ASSERT_EQ(Refresh(session.refresh_token(), next), "OK");
  EXPECT_EQ(GetMe(next.session().access_token()), "OK");
  v1::RefreshResponse again;
  ASSERT_EQ(Refresh(session.refresh_token(), again), "OK") << "an answer may have been lost";
  EXPECT_EQ(again.session().refresh_token(), next.session().refresh_token());
  v1::RefreshResponse third;
  ASSERT_EQ(Refresh(next.session().refresh_token(), third), "OK");
  EXPECT_EQ(Refresh(session.refresh_token(), none), "UNAUTHENTICATED refresh_token_reused");
  EXPECT_EQ(Refresh(third.session().refresh_token(), none), "UNAUTHENTICATED session_ended");
}

TEST_F(AuthHandlerTest, LogsOut) {
  const auto session = SignUp("ada@example.com");
  v1::LogoutRequest logout;
  logout.set_refresh_token(session.refresh_token());
  v1::LogoutResponse response;
  EXPECT_EQ(Call(&Stub::Logout, logout, response), "OK");
  EXPECT_EQ(Call(&Stub::Logout, logout, response), "OK");
  v1::RefreshResponse none;
  EXPECT_EQ(Refresh(session.refresh_token(), none), "UNAUTHENTICATED session_ended");
}

TEST_F(AuthHandlerTest, ChangesThePasswordAndEndsOtherSessions) {
  const auto here = SignUp("ada@example.com");
  v1::LoginRequest login;
  login.set_email("ada@example.com");
  login.set_password(kPassword);
  v1::LoginResponse there;
  ASSERT_EQ(Call(&Stub::Login, login, there), "OK");

  v1::UpdateMeRequest update;
  update.set_display_name("Ada L.");
  update.set_new_password("another fine phrase");
  v1::UpdateMeResponse updated;
  EXPECT_EQ(Call(&Stub::UpdateMe, update, updated, here.access_token()),
            "INVALID_ARGUMENT missing_field (current_password)");
  update.set_current_password(kPassword);
  EXPECT_EQ(Call(&Stub::UpdateMe, update, updated, here.access_token()), "OK");
  EXPECT_EQ(updated.user().display_name(), "Ada L.");

  v1::RefreshResponse response;
  EXPECT_EQ(Refresh(there.session().refresh_token(), response), "UNAUTHENTICATED session_ended");
  EXPECT_EQ(Refresh(here.refresh_token(), response), "OK");
}

TEST_F(AuthHandlerTest, DeletesTheCallersAccountOnly) {
  const auto ada = SignUp("ada@example.com");
  const auto bob = SignUp("bob@example.com");
  v1::DeleteMeResponse response;
  EXPECT_EQ(Call(&Stub::DeleteMe, v1::DeleteMeRequest(), response, ada.access_token()), "OK");
  EXPECT_EQ(GetMe(ada.access_token()), "UNAUTHENTICATED account_gone");
  EXPECT_EQ(GetMe(bob.access_token()), "OK");
}

TEST_F(AuthHandlerTest, ListsUsersToAdministratorsInPages) {
  const auto root = Bootstrap();
  for (int i = 0; i < 4; ++i) SignUp("user" + std::to_string(i) + "@example.com");
  v1::ListUsersRequest request;
  v1::ListUsersResponse page;
  EXPECT_EQ(Call(&Stub::ListUsers, request, page, SignUp("ada@example.com").access_token()),
            "PERMISSION_DENIED not_allowed");
  EXPECT_EQ(Call(&Stub::ListUsers, request, page), "UNAUTHENTICATED token_missing");

  std::vector<std::int64_t> ids;
  request.set_page_size(4);
  do {
    ASSERT_EQ(Call(&Stub::ListUsers, request, page, root.access_token()), "OK");
    for (const auto& user : page.users()) ids.push_back(user.user_id());
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  ASSERT_EQ(ids.size(), 6U);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(ids[i], kFirstUserId + static_cast<std::int64_t>(i));
  }
  request.set_page_token("nonsense");
  EXPECT_EQ(Call(&Stub::ListUsers, request, page, root.access_token()),
            "INVALID_ARGUMENT page_token_invalid (page_token)");
  request.set_page_size(201);
  EXPECT_EQ(Call(&Stub::ListUsers, request, page, root.access_token()),
            "INVALID_ARGUMENT out_of_range (page_size)");
}

TEST_F(AuthHandlerTest, SetsRoles) {
  const auto root = Bootstrap();
  const auto ada = SignUp("ada@example.com");
  const auto id = ada.user().user_id();
  EXPECT_EQ(SetRoles(id, {"administrator"}, ada.access_token()), "PERMISSION_DENIED not_allowed");
  EXPECT_EQ(SetRoles(id, {"user", "king"}, root.access_token()),
            "INVALID_ARGUMENT role_unknown (roles[1])");
  EXPECT_EQ(SetRoles(id, {"service"}, root.access_token()),
            "INVALID_ARGUMENT role_unknown (roles[0])");
  EXPECT_EQ(SetRoles(id, {}, root.access_token()), "INVALID_ARGUMENT missing_field (roles)");
  EXPECT_EQ(SetRoles(4711, {"user"}, root.access_token()), "NOT_FOUND account_unknown");
  EXPECT_EQ(SetRoles(root.user().user_id(), {"user"}, root.access_token()),
            "FAILED_PRECONDITION last_administrator");
  EXPECT_EQ(SetRoles(id, {"user", "curator"}, root.access_token()), "OK");
  v1::GetMeResponse me;
  ASSERT_EQ(GetMe(ada.access_token(), me), "OK");
  EXPECT_EQ(me.user().roles_size(), 2);
}

TEST_F(AuthHandlerTest, BelievesItsTablesWhereATokenSaysMore) {
  const auto root = Bootstrap();
  const auto ada = SignUp("ada@example.com");
  const auto id = ada.user().user_id();
  ASSERT_EQ(SetRoles(id, {"administrator"}, root.access_token()), "OK");
  // A role counts at once, without a new token,
  v1::ListUsersRequest list;
  v1::ListUsersResponse users;
  EXPECT_EQ(Call(&Stub::ListUsers, list, users, ada.access_token()), "OK");
  v1::RefreshResponse refreshed;
  ASSERT_EQ(Refresh(ada.refresh_token(), refreshed), "OK");
  const std::string old = refreshed.session().access_token();
  // and one that was taken away is gone at once, whatever the token says: nobody gives it back to
  // themselves, or on to others.
  ASSERT_EQ(SetRoles(id, {"user"}, root.access_token()), "OK");
  EXPECT_EQ(SetRoles(id, {"administrator"}, old), "PERMISSION_DENIED not_allowed");
  EXPECT_EQ(Call(&Stub::ListUsers, list, users, old), "PERMISSION_DENIED not_allowed");
  const auto accomplice = SignUp("eve@example.com");
  ASSERT_EQ(SetRoles(id, {"administrator"}, root.access_token()), "OK");
  v1::DeleteMeResponse deleted;
  ASSERT_EQ(Call(&Stub::DeleteMe, v1::DeleteMeRequest(), deleted, old), "OK");
  EXPECT_EQ(SetRoles(accomplice.user().user_id(), {"administrator"}, old),
            "UNAUTHENTICATED account_gone");
}

TEST_F(AuthHandlerTest, KnowsATokenWhoseSessionHasEnded) {
  const auto session = SignUp("ada@example.com");
  v1::LogoutRequest logout;
  logout.set_refresh_token(session.refresh_token());
  v1::LogoutResponse response;
  ASSERT_EQ(Call(&Stub::Logout, logout, response), "OK");
  EXPECT_EQ(GetMe(session.access_token()), "UNAUTHENTICATED session_ended");
  // What is public stays so for whoever still carries it.
  v1::GetJwksResponse jwks;
  EXPECT_EQ(Call(&Stub::GetJwks, v1::GetJwksRequest(), jwks, session.access_token()), "OK");
}

TEST_F(AuthHandlerTest, ListsAndRevokesTheCallersSessions) {
  const auto here = SignUp("ada@example.com");
  const auto bob = SignUp("bob@example.com");
  v1::LoginRequest login;
  login.set_email("ada@example.com");
  login.set_password(kPassword);
  v1::LoginResponse there, elsewhere;
  ASSERT_EQ(Call(&Stub::Login, login, there), "OK");
  ASSERT_EQ(Call(&Stub::Login, login, elsewhere), "OK");
  const std::string& token = here.access_token();

  v1::ListSessionsRequest request;
  v1::ListSessionsResponse page;
  EXPECT_EQ(Call(&Stub::ListSessions, request, page), "UNAUTHENTICATED token_missing");
  std::string other;
  int seen = 0, current = 0;
  request.set_page_size(2);
  do {
    ASSERT_EQ(Call(&Stub::ListSessions, request, page, token), "OK");
    for (const auto& session : page.sessions()) {
      ++seen;
      current += session.current() ? 1 : 0;
      if (!session.current()) other = session.session_id();
    }
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(current, 1);
  request.set_page_token("nonsense");
  EXPECT_EQ(Call(&Stub::ListSessions, request, page, token),
            "INVALID_ARGUMENT page_token_invalid (page_token)");

  v1::RevokeSessionRequest one;
  v1::RevokeSessionResponse revoked;
  one.set_session_id(other);
  EXPECT_EQ(Call(&Stub::RevokeSession, one, revoked, bob.access_token()),
            "NOT_FOUND session_unknown");
  EXPECT_EQ(Call(&Stub::RevokeSession, one, revoked, token), "OK");
  EXPECT_EQ(Call(&Stub::RevokeSession, one, revoked, token), "OK");
  const auto left = [&] {
    v1::ListSessionsResponse all;
    EXPECT_EQ(Call(&Stub::ListSessions, v1::ListSessionsRequest(), all, token), "OK");
    return all.sessions_size();
  };
  EXPECT_EQ(left(), 2);
  v1::RevokeSessionsResponse none;
  EXPECT_EQ(Call(&Stub::RevokeSessions, v1::RevokeSessionsRequest(), none, token), "OK");
  EXPECT_EQ(left(), 1);
  EXPECT_EQ(GetMe(there.session().access_token()), "UNAUTHENTICATED session_ended");
  EXPECT_EQ(GetMe(elsewhere.session().access_token()), "UNAUTHENTICATED session_ended");
  v1::RevokeSessionsRequest all;
  all.set_include_current(true);
  EXPECT_EQ(Call(&Stub::RevokeSessions, all, none, token), "OK");
  EXPECT_EQ(GetMe(token), "UNAUTHENTICATED session_ended");
  EXPECT_EQ(GetMe(bob.access_token()), "OK");
}

TEST_F(AuthHandlerTest, DisablesAndEnablesAccounts) {
  const auto root = Bootstrap();
  const auto ada = SignUp("ada@example.com");
  const auto id = ada.user().user_id();
  v1::SetAccountStateResponse response;
  const auto set = [&](std::int64_t user, v1::AccountState state, const std::string& bearer) {
    v1::SetAccountStateRequest request;
    request.set_user_id(user);
    request.set_state(state);
    return Call(&Stub::SetAccountState, request, response, bearer);
  };
  EXPECT_EQ(ada.user().state(), v1::ACCOUNT_STATE_ENABLED);
  EXPECT_EQ(set(id, v1::ACCOUNT_STATE_DISABLED, ada.access_token()),
            "PERMISSION_DENIED not_allowed");
  EXPECT_EQ(set(id, v1::ACCOUNT_STATE_UNSPECIFIED, root.access_token()),
            "INVALID_ARGUMENT missing_field (state)");
  EXPECT_EQ(set(id, static_cast<v1::AccountState>(9), root.access_token()),
            "INVALID_ARGUMENT state_unknown (state)");
  EXPECT_EQ(set(root.user().user_id(), v1::ACCOUNT_STATE_DISABLED, root.access_token()),
            "FAILED_PRECONDITION own_account");
  EXPECT_EQ(set(id, v1::ACCOUNT_STATE_DISABLED, root.access_token()), "OK");
  EXPECT_EQ(response.user().state(), v1::ACCOUNT_STATE_DISABLED);
  EXPECT_EQ(GetMe(ada.access_token()), "UNAUTHENTICATED account_disabled");
  v1::RefreshResponse refreshed;
  EXPECT_EQ(Refresh(ada.refresh_token(), refreshed), "UNAUTHENTICATED account_disabled");
  EXPECT_EQ(set(id, v1::ACCOUNT_STATE_ENABLED, root.access_token()), "OK");
  EXPECT_EQ(GetMe(ada.access_token()), "UNAUTHENTICATED session_ended");
}

TEST_F(AuthHandlerTest, BootstrapsOnceWithTheSecret) {
  v1::BootstrapAdministratorRequest request;
  request.set_bootstrap_secret("guess");
  request.set_email("root@example.com");
  request.set_password(kPassword);
  v1::BootstrapAdministratorResponse response;
  EXPECT_EQ(Call(&Stub::BootstrapAdministrator, request, response),
            "PERMISSION_DENIED bootstrap_secret_wrong");
  Bootstrap();
  request.set_bootstrap_secret(kBootstrap);
  EXPECT_EQ(Call(&Stub::BootstrapAdministrator, request, response),
            "FAILED_PRECONDITION already_bootstrapped");
}

TEST_F(AuthHandlerTest, PublishesTheKeysThatVerifyItsTokens) {
  const auto session = SignUp("ada@example.com");
  const auto keys = rpc::JwksFrom(rpc::MakeChannel(server_.address()))();
  ASSERT_TRUE(keys.ok());
  const auto claims = token::Verify(session.access_token(), *keys, {}, clock_.Now());
  ASSERT_TRUE(claims.ok());
  EXPECT_EQ(claims->user_id, session.user().user_id());
}

TEST_F(AuthHandlerTest, GivesServicesTokensThatAreNoPersons) {
  rpc::ServiceToken good(rpc::MakeChannel(server_.address()), "trainer", "0123456789abcdef",
                         clock_);
  const auto bearer = good.Get();
  ASSERT_TRUE(bearer.ok()) << bearer.error().ToString();
  EXPECT_EQ(GetMe(*bearer), "PERMISSION_DENIED user_required");
  rpc::ServiceToken bad(rpc::MakeChannel(server_.address()), "trainer", "guess", clock_);
  EXPECT_EQ(bad.Get().error().reason, "service_credentials_wrong");
}

TEST_F(AuthHandlerTest, SaysUnavailableWhileTheStoreIsDown) {
  const auto session = SignUp("ada@example.com");
  store_.Fail(Error::Unavailable("database_unavailable", "the database can't be reached"));
  EXPECT_EQ(GetMe(session.access_token()), "UNAVAILABLE database_unavailable");
  v1::RefreshResponse response;
  EXPECT_EQ(Refresh(session.refresh_token(), response), "UNAVAILABLE database_unavailable");
  v1::GetJwksResponse jwks;
  EXPECT_EQ(Call(&Stub::GetJwks, v1::GetJwksRequest(), jwks), "OK");  // from memory
  store_.Fail(std::nullopt);
  EXPECT_EQ(Refresh(session.refresh_token(), response), "OK");
}

}  // namespace
}  // namespace marquee::auth
