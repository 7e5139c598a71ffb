// OAuth 2 over real gRPC, on the stores in memory: each flow, and what is refused.
#include "auth/rpc/oauth_handler.h"

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include "auth/app/one_time_codes.h"
#include "auth/app/secrets.h"
#include "auth/crypto/secretbox.h"
#include "auth/rpc/auth_handler.h"
#include "auth/rpc/caller_check.h"
#include "auth/testing/fake_provider.h"
#include "auth/testing/fakes.h"
#include "auth/testing/memory_api_keys.h"
#include "auth/testing/memory_guesses.h"
#include "auth/testing/memory_oauth.h"
#include "auth/testing/memory_second_factors.h"
#include "auth/testing/memory_store.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/percent.h"
#include "base/testing/calls.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"

namespace marquee::auth {
namespace {

using Stub = v1::OAuthService::Stub;

constexpr char kIssuer[] = "https://marquee.example";
constexpr char kCallback[] = "https://club.example/cb";
constexpr char kAllowed[] = "https://club.example/cb?code=";
constexpr char kRefused[] = "https://club.example/cb?error=";
constexpr char kPassword[] = "correct horse battery";
constexpr char kDeviceGrant[] = "urn:ietf:params:oauth:grant-type:device_code";
const std::string kVerifier(43, 'v');

class OAuthHandlerTest : public testing::Test {
 protected:
  explicit OAuthHandlerTest(std::string issuer = kIssuer)
      : keys_(store_, sealer_, clock_, {.oauth_issuer = std::move(issuer)}) {
    EXPECT_TRUE(keys_.Refresh(kNoDeadline).ok());
    stub_ = v1::OAuthService::NewStub(rpc::MakeChannel(server_.address()));
    accounts_stub_ = v1::AuthService::NewStub(rpc::MakeChannel(server_.address()));
    ada_ = *store_.Create({*Email::Make("ada@example.com"),
                           "$argon2id$" + std::string(kPassword),
                           "Ada <3",
                           {Role::kUser, Role::kCurator, Role::kAdministrator},
                           clock_.Now()},
                          kNoDeadline);
    web_ =
        Register({"authorization_code", "refresh_token", "client_credentials", kDeviceGrant}, true);
    native_ = Register({"authorization_code", "refresh_token", kDeviceGrant}, false);
  }

  NewClient Register(std::vector<std::string> grants, bool confidential) {
    return *oauth_.clients.Register(
        ada_.user_id,
        {"Club",
         confidential,
         {kCallback, "http://127.0.0.1/cb"},
         {"openid", "profile", "email", "offline_access", "read", "catalog:write"},
         std::move(grants)},
        kNoDeadline);
  }

  // As rpc::Said.
  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response, const std::string& bearer = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{10});
    return rpc::Said((stub_.get()->*method)(&context, request, &response));
  }

  v1::AuthorizeRequest Wanted(const std::string& client_id) const {
    v1::AuthorizeRequest request;
    request.set_response_type("code");
    request.set_client_id(client_id);
    request.set_redirect_uri(kCallback);
    request.set_scope("openid read offline_access");
    request.set_state("s t&te");
    request.set_nonce("nonce");
    request.set_code_challenge(Base64UrlEncode(Sha256(kVerifier)));
    request.set_code_challenge_method("S256");
    if (!browser_.empty()) request.set_browser(browser_);
    return request;
  }
  v1::AuthorizeResponse Authorize(const v1::AuthorizeRequest& request) {
    v1::AuthorizeResponse response;
    EXPECT_EQ(Call(&Stub::Authorize, request, response), "OK");
    return response;
  }
  static std::string FormToken(const std::string& page) {
    std::smatch found;
    const bool there =
        std::regex_search(page, found, std::regex("name=\"form_token\" value=\"([^\"]+)\""));
    EXPECT_TRUE(there) << page;
    return there ? found[1].str() : "";
  }
  v1::SignInResponse SignIn(const v1::AuthorizeRequest& request, const std::string& password,
                            const std::string& one_time_code = {}) {
    const auto page = Authorize(request);
    v1::SignInRequest form;
    form.set_email("ada@example.com");
    form.set_password(password);
    form.set_one_time_code(one_time_code);
    form.set_form_token(FormToken(page.page()));
    form.set_browser(page.browser().empty() ? request.browser() : page.browser());
    *form.mutable_request() = request;
    v1::SignInResponse response;
    EXPECT_EQ(Call(&Stub::SignIn, form, response), "OK");
    return response;
  }
  void SignInOnce(const v1::AuthorizeRequest& request) {
    const auto signed_in = SignIn(request, kPassword);
    EXPECT_NE(signed_in.location(), "");
    browser_ = signed_in.browser();
  }
  v1::ConsentResponse Decide(v1::AuthorizeRequest request, const std::string& decision) {
    request.set_browser(browser_);
    v1::ConsentRequest form;
    form.set_form_token(FormToken(Authorize(request).page()));
    form.set_decision(decision);
    form.set_browser(browser_);
    *form.mutable_request() = request;
    v1::ConsentResponse response;
    EXPECT_EQ(Call(&Stub::Consent, form, response), "OK");
    return response;
  }
  // A parameter of where the browser is sent; empty: there is none.
  static std::string Parameter(const std::string& location, const std::string& name) {
    std::smatch found;
    if (!std::regex_search(location, found, std::regex("[?&]" + name + "=([^&]*)"))) return "";
    return *PercentDecode(found[1].str());
  }
  std::string Code(const v1::AuthorizeRequest& request) {
    if (browser_.empty()) SignInOnce(request);
    const std::string code = Parameter(Decide(request, "allow").location(), "code");
    EXPECT_NE(code, "");
    return code;
  }

  v1::TokenRequest As(const NewClient& client, const std::string& grant_type) const {
    v1::TokenRequest request;
    request.set_grant_type(grant_type);
    if (client.secret.empty()) {
      request.set_client_id(client.client.id);
    } else {
      request.set_authorization("Basic " +
                                absl::Base64Escape(client.client.id + ":" + client.secret));
    }
    return request;
  }
  v1::TokenRequest ForCode(const NewClient& client, const std::string& code) const {
    auto request = As(client, "authorization_code");
    request.set_code(code);
    request.set_redirect_uri(kCallback);
    request.set_code_verifier(kVerifier);
    return request;
  }
  std::string Exchange(const v1::TokenRequest& request) {
    tokens_.Clear();
    return Call(&Stub::Token, request, tokens_);
  }
  std::string Refresh(const NewClient& client, const std::string& token) {
    auto request = As(client, "refresh_token");
    request.set_refresh_token(token);
    return Exchange(request);
  }
  std::string UserInfo(const std::string& bearer) {
    v1::GetUserInfoResponse response;
    const auto said = Call(&Stub::GetUserInfo, v1::GetUserInfoRequest(), response, bearer);
    return said == "OK" ? response.ShortDebugString() : said;
  }
  v1::IntrospectResponse Introspect(const std::string& token) {
    v1::IntrospectRequest request;
    request.set_token(token);
    request.set_client_id(web_.client.id);
    request.set_client_secret(web_.secret);
    v1::IntrospectResponse response;
    EXPECT_EQ(Call(&Stub::Introspect, request, response), "OK");
    return response;
  }
  std::string Revoke(const NewClient& client, const std::string& token) {
    v1::RevokeRequest request;
    request.set_token(token);
    request.set_client_id(client.client.id);
    request.set_client_secret(client.secret);
    v1::RevokeResponse response;
    return Call(&Stub::Revoke, request, response);
  }
  static nlohmann::json Payload(const std::string& jwt, int part = 1) {
    const auto first = jwt.find('.');
    const auto second = jwt.find('.', first + 1);
    const auto text = part == 0 ? jwt.substr(0, first) : jwt.substr(first + 1, second - first - 1);
    return nlohmann::json::parse(*Base64UrlDecode(text));
  }

  ManualClock clock_;
  metrics::Metrics registry_;
  AuthMetrics metrics_{registry_};
  MemoryStore store_;
  MemoryApiKeys api_key_store_{store_};
  MemoryOAuth oauth_store_{store_};
  const Secretbox sealer_{"0123456789abcdef0123456789abcdef"};
  FakeHasher hasher_;
  KeyRing keys_;
  Sessions sessions_{store_, keys_, clock_, metrics_, "the successors' key"};
  MemoryGuesses guesses_;
  GuessGuard guard_{guesses_, store_, clock_, metrics_};
  Passwords passwords_{store_, hasher_, guard_};
  MemorySecondFactors factor_store_{store_};
  SecondFactors second_factors_{factor_store_, passwords_, guard_,          sessions_,
                                sealer_,       clock_,     "the codes' key"};
  Accounts accounts_{store_, passwords_, second_factors_, sessions_, clock_, metrics_};
  Administration administration_{store_, hasher_, sessions_, clock_, ""};
  const ServiceTokens service_tokens_{{}, keys_, clock_};
  ApiKeys api_keys_{api_key_store_, keys_, clock_};
  AuthHandler accounts_handler_{accounts_,       administration_, sessions_,
                                service_tokens_, keys_,           api_keys_};
  OAuth oauth_{oauth_store_, oauth_store_, store_, store_, accounts_, keys_, clock_, "a secret"};
  metrics::Metrics provider_registry_;
  FakeProvider http_{clock_};
  const OpenIdProviders providers_{{}, kIssuer, http_, clock_, provider_registry_};
  OAuthHandler handler_{oauth_, providers_};
  token::Verifier verifier_{{}, [this] { return keys_.PublicKeys(); }, clock_};
  std::mutex audited_mutex_;
  std::vector<std::string> audited_;
  rpc::TestServer server_{
      {&handler_, &accounts_handler_},
      verifier_,
      registry_,
      {.check = CheckAgainst(sessions_, api_keys_), .audit = [this](const auto& audited) {
         const std::lock_guard lock(audited_mutex_);
         audited_.push_back(std::string(audited.action) + " " +
                            (audited.outcome.ok() ? "OK" : audited.outcome.error().reason) +
                            (audited.about.empty() ? "" : " about " + audited.about) +
                            (audited.client_id == web_.client.id ? " by the web" : ""));
       }}};
  // What was entered since it was last asked.
  std::vector<std::string> Audited() {
    const std::lock_guard lock(audited_mutex_);
    return std::exchange(audited_, {});
  }
  std::unique_ptr<Stub> stub_;
  std::unique_ptr<v1::AuthService::Stub> accounts_stub_;
  Account ada_;
  NewClient web_, native_;
  std::string browser_;  // signed in
  v1::TokenResponse tokens_;
};

TEST_F(OAuthHandlerTest, LetsAnApplicationInThatAPersonAllows) {
  const auto request = Wanted(web_.client.id);
  const auto page = Authorize(request);
  EXPECT_EQ(page.location(), "");
  EXPECT_NE(page.page().find("<strong>Club</strong>"), std::string::npos);
  EXPECT_EQ(page.page().find("<script"), std::string::npos);
  EXPECT_NE(page.content_security_policy().find("form-action 'self' https://club.example;"),
            std::string::npos);
  EXPECT_EQ(page.content_security_policy().find("unsafe"), std::string::npos);
  EXPECT_NE(page.browser(), "");

  const auto signed_in = SignIn(request, kPassword);
  EXPECT_EQ(signed_in.location().rfind("/oauth2/authorize?response_type=code&client_id=", 0), 0U);
  EXPECT_EQ(Parameter(signed_in.location(), "state"), "s t&te");
  EXPECT_NE(signed_in.browser(), page.browser()) << "a planted cookie would be the other's, too";
  browser_ = signed_in.browser();

  const auto gone_back = Decide(request, "allow").location();
  EXPECT_TRUE(gone_back.starts_with(kAllowed)) << gone_back;
  EXPECT_EQ(Parameter(gone_back, "state"), "s t&te");
  EXPECT_EQ(Parameter(gone_back, "iss"), kIssuer);

  ASSERT_EQ(Exchange(ForCode(web_, Parameter(gone_back, "code"))), "OK");
  EXPECT_EQ(tokens_.token_type(), "Bearer");
  EXPECT_EQ(tokens_.scope(), "openid offline_access read");
  EXPECT_EQ(Payload(tokens_.access_token(), 0)["typ"], "at+jwt");
  const auto access = Payload(tokens_.access_token());
  EXPECT_EQ(access["iss"], kIssuer);
  EXPECT_EQ(access["aud"], "marquee");
  EXPECT_EQ(access["client_id"], web_.client.id);
  EXPECT_EQ(access["scope"], "openid offline_access read");
  EXPECT_EQ(access["roles"], nlohmann::json::array({"user"})) << "no scope of these needs another";
  const auto identity = Payload(tokens_.id_token());
  EXPECT_EQ(identity["iss"], kIssuer);
  EXPECT_EQ(identity["aud"], web_.client.id);
  EXPECT_EQ(identity["sub"], std::to_string(ada_.user_id));
  EXPECT_EQ(identity["nonce"], "nonce");
  EXPECT_EQ(identity["sid"], access["sid"]);
  EXPECT_TRUE(identity.contains("auth_time"));

  const std::string sub = "sub: \"" + std::to_string(ada_.user_id) + "\"";
  EXPECT_EQ(UserInfo(tokens_.access_token()), sub) << "neither profile nor email was asked for";
  EXPECT_EQ(UserInfo(tokens_.id_token()), "UNAUTHENTICATED token_invalid");
  // What was allowed once isn't asked for again.
  auto again = request;
  again.set_browser(browser_);
  EXPECT_NE(Parameter(Authorize(again).location(), "code"), "");
  again.set_scope("openid read email");
  EXPECT_EQ(Authorize(again).location(), "") << "that is more";
}

TEST_F(OAuthHandlerTest, TakesNoIdTokenForAnAccessToken) {
  ASSERT_EQ(Exchange(ForCode(web_, Code(Wanted(web_.client.id)))), "OK");
  const auto keys = *keys_.PublicKeys();
  EXPECT_TRUE(token::Verify(tokens_.access_token(), keys, {}, clock_.Now()).ok());
  EXPECT_FALSE(token::Verify(tokens_.id_token(), keys, {}, clock_.Now()).ok());
  EXPECT_FALSE(verifier_.Verify(tokens_.id_token()).ok());
  EXPECT_FALSE(Introspect(tokens_.id_token()).active());
  auto of_nobody = keys;
  for (auto& key : of_nobody) key.issuer.clear();
  EXPECT_FALSE(token::Verify(tokens_.access_token(), of_nobody, {}, clock_.Now()).ok());
}

TEST_F(OAuthHandlerTest, RefusesWhatIsMutated) {
  const std::string code = Code(Wanted(native_.client.id));
  using Mutation = std::function<void(v1::TokenRequest&)>;
  const std::pair<const char*, Mutation> table[] = {
      {"INVALID_ARGUMENT invalid_grant", [](auto& r) { r.mutable_code()->front() ^= 1; }},
      {"INVALID_ARGUMENT invalid_grant", [](auto& r) { r.set_code("x"); }},
      {"INVALID_ARGUMENT invalid_request", [](auto& r) { r.clear_code(); }},
      {"INVALID_ARGUMENT invalid_grant", [](auto& r) { r.mutable_code_verifier()->back() = 'w'; }},
      {"INVALID_ARGUMENT invalid_grant", [](auto& r) { r.clear_code_verifier(); }},
      {"INVALID_ARGUMENT invalid_grant",
       [](auto& r) { r.set_code_verifier(Base64UrlEncode(Sha256(kVerifier))); }},
      {"INVALID_ARGUMENT invalid_grant",
       [](auto& r) { r.set_redirect_uri("http://127.0.0.1/cb"); }},
      {"INVALID_ARGUMENT invalid_grant", [](auto& r) { r.clear_redirect_uri(); }},
      {"UNAUTHENTICATED invalid_client", [](auto& r) { r.set_client_id("app-nobody"); }},
      {"UNAUTHENTICATED invalid_client", [](auto& r) { r.clear_client_id(); }},
      {"UNAUTHENTICATED invalid_client", [](auto& r) { r.set_client_secret("x"); }},
      {"UNAUTHENTICATED invalid_client", [&](auto& r) { r.set_client_id(web_.client.id); }},
      {"INVALID_ARGUMENT invalid_grant",
       [&](auto& r) {
         r.set_client_id(web_.client.id);
         r.set_client_secret(web_.secret);
       }},
      {"INVALID_ARGUMENT unsupported_grant_type", [](auto& r) { r.set_grant_type("password"); }},
      {"INVALID_ARGUMENT unauthorized_client",
       [](auto& r) { r.set_grant_type("client_credentials"); }},
  };
  for (std::size_t i = 0; i < std::size(table); ++i) {
    auto request = ForCode(native_, code);
    table[i].second(request);
    EXPECT_EQ(Exchange(request), table[i].first) << i;
  }
  EXPECT_EQ(Exchange(ForCode(native_, code)), "OK") << "all of these left it to whom it is for";
}

TEST_F(OAuthHandlerTest, EndsWhatAReplayedCodeHadGiven) {
  const std::string code = Code(Wanted(web_.client.id));
  ASSERT_EQ(Exchange(ForCode(web_, code)), "OK");
  const auto given = tokens_;
  EXPECT_TRUE(Introspect(given.access_token()).active());
  EXPECT_EQ(Exchange(ForCode(web_, code)), "INVALID_ARGUMENT invalid_grant");
  EXPECT_EQ(UserInfo(given.access_token()), "UNAUTHENTICATED session_ended");
  EXPECT_FALSE(Introspect(given.access_token()).active());
  EXPECT_FALSE(Introspect(given.refresh_token()).active());
  EXPECT_EQ(Refresh(web_, given.refresh_token()), "INVALID_ARGUMENT invalid_grant");
}

TEST_F(OAuthHandlerTest, ForgetsCodesAfterAMinute) {
  const std::string code = Code(Wanted(web_.client.id));
  clock_.Advance(kCodeLifetime);
  EXPECT_EQ(Exchange(ForCode(web_, code)), "INVALID_ARGUMENT invalid_grant");
}

TEST_F(OAuthHandlerTest, RotatesRefreshTokensAsSessionsDo) {
  ASSERT_EQ(Exchange(ForCode(web_, Code(Wanted(web_.client.id)))), "OK");
  const std::string first = tokens_.refresh_token();
  EXPECT_EQ(Refresh(native_, first), "INVALID_ARGUMENT invalid_grant") << "another's";
  ASSERT_EQ(Refresh(web_, first), "OK");
  const std::string second = tokens_.refresh_token();
  EXPECT_NE(second, first);
  EXPECT_FALSE(Payload(tokens_.id_token()).contains("nonce"));
  ASSERT_EQ(Refresh(web_, first), "OK") << "an answer was lost";
  EXPECT_EQ(tokens_.refresh_token(), second);
  EXPECT_FALSE(Introspect(first).active());
  EXPECT_TRUE(Introspect(second).active());

  auto fewer = As(web_, "refresh_token");
  fewer.set_refresh_token(second);
  fewer.set_scope("read email");
  EXPECT_EQ(Exchange(fewer), "INVALID_ARGUMENT invalid_scope");
  fewer.set_scope("read");
  ASSERT_EQ(Exchange(fewer), "OK");
  EXPECT_EQ(tokens_.scope(), "read");
  EXPECT_FALSE(tokens_.has_id_token());
  EXPECT_EQ(UserInfo(tokens_.access_token()), "PERMISSION_DENIED insufficient_scope");

  const std::string third = tokens_.refresh_token();
  clock_.Advance(kRefreshGrace);
  EXPECT_EQ(Refresh(web_, first), "INVALID_ARGUMENT invalid_grant") << "stolen";
  EXPECT_EQ(Refresh(web_, third), "INVALID_ARGUMENT invalid_grant") << "so all of it ends";
  // A login's door is none of theirs.
  v1::RefreshRequest login;
  login.set_refresh_token(third);
  v1::RefreshResponse response;
  grpc::ClientContext context;
  rpc::ActAsService(context, {}, std::chrono::seconds{10});
  EXPECT_EQ(rpc::Said(accounts_stub_->Refresh(&context, login, &response)),
            "UNAUTHENTICATED refresh_token_invalid");
}

TEST_F(OAuthHandlerTest, GivesNoRefreshTokenThatWasNotAskedFor) {
  auto request = Wanted(web_.client.id);
  request.set_scope("read");
  ASSERT_EQ(Exchange(ForCode(web_, Code(request))), "OK");
  EXPECT_FALSE(tokens_.has_refresh_token());
  EXPECT_FALSE(tokens_.has_id_token());
}

TEST_F(OAuthHandlerTest, SendsNobodyWhereNoApplicationIs) {
  const std::function<void(v1::AuthorizeRequest&)> mutations[] = {
      [](auto& r) { r.set_client_id("app-nobody"); },
      [](auto& r) { r.clear_client_id(); },
      [](auto& r) { r.set_redirect_uri("https://evil.example/cb"); },
      [](auto& r) { r.set_redirect_uri("https://club.example/cb/"); },
      [](auto& r) { r.clear_redirect_uri(); },
  };
  for (const auto& mutate : mutations) {
    auto request = Wanted(web_.client.id);
    mutate(request);
    const auto answer = Authorize(request);
    EXPECT_EQ(answer.location(), "");
    EXPECT_EQ(answer.status(), 400);
    EXPECT_NE(answer.page().find("This link is broken"), std::string::npos);
  }
}

TEST_F(OAuthHandlerTest, TellsTheApplicationWhatIsWrong) {
  const std::pair<const char*, std::function<void(v1::AuthorizeRequest&)>> table[] = {
      {"unsupported_response_type", [](auto& r) { r.set_response_type("token"); }},
      {"invalid_request", [](auto& r) { r.clear_response_type(); }},
      {"invalid_request", [](auto& r) { r.clear_code_challenge(); }},
      {"invalid_request", [](auto& r) { r.clear_code_challenge_method(); }},
      {"invalid_request", [](auto& r) { r.set_code_challenge_method("plain"); }},
      {"invalid_request", [](auto& r) { r.set_code_challenge("short"); }},
      {"invalid_request", [](auto& r) { r.set_response_mode("fragment"); }},
      {"invalid_scope", [](auto& r) { r.clear_scope(); }},
      {"invalid_scope", [](auto& r) { r.set_scope("read everything"); }},
      {"invalid_scope", [](auto& r) { r.set_scope("models:admin"); }},
      {"invalid_request", [](auto& r) { r.set_prompt("none login"); }},
      {"invalid_request", [](auto& r) { r.set_prompt("create"); }},
      {"invalid_request", [](auto& r) { r.set_max_age(-1); }},
      {"login_required", [](auto& r) { r.set_prompt("none"); }},
      {"request_not_supported", [](auto& r) { r.set_request("x.y.z"); }},
      {"request_uri_not_supported", [](auto& r) { r.set_request_uri("https://x"); }},
  };
  for (const auto& [error, mutate] : table) {
    auto request = Wanted(web_.client.id);
    mutate(request);
    const std::string location = Authorize(request).location();
    EXPECT_TRUE(location.starts_with(kRefused)) << error << location;
    EXPECT_EQ(Parameter(location, "error"), error);
    EXPECT_EQ(Parameter(location, "state"), "s t&te");
    EXPECT_EQ(Parameter(location, "iss"), kIssuer);
  }
  SignInOnce(Wanted(web_.client.id));
  auto silent = Wanted(web_.client.id);
  silent.set_prompt("none");
  EXPECT_EQ(Parameter(Authorize(silent).location(), "error"), "consent_required");
  EXPECT_EQ(Parameter(Decide(Wanted(web_.client.id), "deny").location(), "error"), "access_denied");
}

TEST_F(OAuthHandlerTest, AsksAgainAsItIsTold) {
  const auto request = Wanted(web_.client.id);
  Code(request);
  auto anew = Wanted(web_.client.id);
  anew.set_prompt("login");
  EXPECT_NE(Authorize(anew).page().find("name=\"password\""), std::string::npos);
  const auto signed_in = SignIn(anew, kPassword);
  EXPECT_EQ(signed_in.location().find("prompt"), std::string::npos) << "or it would go round";
  anew.set_prompt("consent");
  EXPECT_NE(Authorize(anew).page().find("/oauth2/consent"), std::string::npos);
  anew.clear_prompt();
  anew.set_max_age(60);
  EXPECT_NE(Authorize(anew).location(), "");
  clock_.Advance(std::chrono::seconds{61});
  EXPECT_NE(Authorize(anew).page().find("name=\"password\""), std::string::npos);
  // A program on somebody's machine could be any: it is asked for each time.
  auto native = Wanted(native_.client.id);
  native.set_redirect_uri("http://127.0.0.1:51004/cb");
  Code(native);
  EXPECT_EQ(Authorize(native).location(), "");
}

TEST_F(OAuthHandlerTest, AsksForTheSecondFactor) {
  const Person ada{ada_.user_id, {}};
  const auto setup = second_factors_.Start(ada, kPassword, kNoDeadline);
  ASSERT_TRUE(setup.ok()) << setup.error().ToString();
  const std::string secret =
      *sealer_.Open(factor_store_.Find(ada.user_id, kNoDeadline)->value().sealed);
  const auto now = [&] { return HotpCode(secret, TotpStep(clock_.Now()), 6); };
  ASSERT_TRUE(second_factors_.Confirm(ada, now(), kNoDeadline).ok());
  clock_.Advance(std::chrono::seconds{60});

  const auto request = Wanted(web_.client.id);
  const auto without = SignIn(request, kPassword);
  EXPECT_EQ(without.status(), 401);
  EXPECT_EQ(without.location() + without.browser(), "");
  EXPECT_NE(without.page().find("name=\"one_time_code\""), std::string::npos);
  EXPECT_EQ(SignIn(request, kPassword, "000000").status(), 401);
  EXPECT_NE(SignIn(request, kPassword, now()).location(), "");
}

TEST_F(OAuthHandlerTest, ChecksFormsAndPasswords) {
  const auto request = Wanted(web_.client.id);
  const auto wrong = SignIn(request, "another password");
  EXPECT_EQ(wrong.status(), 401);
  EXPECT_EQ(wrong.location() + wrong.browser(), "");
  EXPECT_NE(wrong.page().find("e-mail address or the password is wrong"), std::string::npos);

  v1::SignInRequest form;  // another site's, which knows no form token
  form.set_email("ada@example.com");
  form.set_password(kPassword);
  form.set_browser(NewOpaqueToken());
  *form.mutable_request() = request;
  v1::SignInResponse answer;
  for (const auto& token : {std::string(), NewOpaqueToken(), form.browser()}) {
    form.set_form_token(token);
    answer.Clear();
    EXPECT_EQ(Call(&Stub::SignIn, form, answer), "OK");
    EXPECT_EQ(answer.status(), 403);
    EXPECT_EQ(answer.location() + answer.browser(), "");
  }
  SignInOnce(request);
  v1::ConsentRequest consent;
  consent.set_decision("allow");
  consent.set_browser(browser_);
  *consent.mutable_request() = request;
  v1::ConsentResponse decided;
  consent.set_form_token(oauth_.browsers.FormToken(NewOpaqueToken()));
  EXPECT_EQ(Call(&Stub::Consent, consent, decided), "OK");
  EXPECT_EQ(decided.status(), 403);
  EXPECT_EQ(decided.location(), "");
}

TEST_F(OAuthHandlerTest, EscapesWhatItShows) {
  auto request = Wanted(web_.client.id);
  request.set_state("\"><script>alert(1)</script>");
  const auto page = Authorize(request).page();
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&quot;&gt;&lt;script&gt;"), std::string::npos);
}

TEST_F(OAuthHandlerTest, EndsABrowserWithItsSession) {
  const auto request = Wanted(web_.client.id);
  const std::string code = Code(request);
  ASSERT_TRUE(sessions_.EndAll(ada_.user_id, "", kNoDeadline).ok());
  auto signed_in = request;
  signed_in.set_browser(browser_);
  EXPECT_NE(Authorize(signed_in).page().find("name=\"password\""), std::string::npos);
  EXPECT_EQ(Exchange(ForCode(web_, code)), "INVALID_ARGUMENT invalid_grant");
}

TEST_F(OAuthHandlerTest, RevokesWhatIsTheClientsOwn) {
  ASSERT_EQ(Exchange(ForCode(web_, Code(Wanted(web_.client.id)))), "OK");
  const auto given = tokens_;
  EXPECT_EQ(Revoke(native_, given.access_token()), "INVALID_ARGUMENT invalid_grant");
  EXPECT_EQ(Revoke(native_, given.refresh_token()), "INVALID_ARGUMENT invalid_grant");
  EXPECT_TRUE(Introspect(given.access_token()).active());
  EXPECT_EQ(Revoke(web_, "nothing of ours"), "OK");
  EXPECT_EQ(Revoke(web_, given.access_token()), "OK");
  EXPECT_FALSE(Introspect(given.access_token()).active());
  EXPECT_EQ(Refresh(web_, given.refresh_token()), "INVALID_ARGUMENT invalid_grant");
  EXPECT_EQ(Revoke(web_, given.refresh_token()), "OK") << "already";
}

TEST_F(OAuthHandlerTest, IntrospectsForConfidentialClientsAlone) {
  ASSERT_EQ(Exchange(ForCode(native_, Code(Wanted(native_.client.id)))), "OK");
  const auto found = Introspect(tokens_.access_token());
  EXPECT_TRUE(found.active());
  EXPECT_EQ(found.client_id(), native_.client.id);
  EXPECT_EQ(found.sub(), std::to_string(ada_.user_id));
  EXPECT_EQ(found.scope(), "openid offline_access read");
  EXPECT_EQ(found.exp() - found.iat(), 900);
  EXPECT_FALSE(Introspect(tokens_.refresh_token()).active()) << "another client's";
  EXPECT_FALSE(Introspect("x").active());
  const auto login = sessions_.Start(ada_, kNoDeadline);
  EXPECT_FALSE(Introspect(login->access_token).active()) << "no application's business";
  v1::IntrospectRequest request;
  request.set_token(tokens_.access_token());
  request.set_client_id(native_.client.id);
  v1::IntrospectResponse response;
  EXPECT_EQ(Call(&Stub::Introspect, request, response), "INVALID_ARGUMENT unauthorized_client");
}

TEST_F(OAuthHandlerTest, GivesAClientATokenOfItsOwn) {
  auto request = As(web_, "client_credentials");
  ASSERT_EQ(Exchange(request), "OK");
  EXPECT_EQ(tokens_.scope(), "read catalog:write") << "all that isn't about a person";
  EXPECT_EQ(tokens_.expires_in(), 300);
  EXPECT_FALSE(tokens_.has_refresh_token() || tokens_.has_id_token());
  const auto claims = verifier_.Verify(tokens_.access_token());
  ASSERT_TRUE(claims.ok()) << claims.error().ToString();
  EXPECT_EQ(claims->user_id, 0);
  EXPECT_EQ(claims->subject, web_.client.id);
  EXPECT_EQ(claims->roles, std::vector<std::string>{});
  EXPECT_TRUE(Introspect(tokens_.access_token()).active());
  EXPECT_EQ(Revoke(web_, tokens_.access_token()), "INVALID_ARGUMENT unsupported_token_type");
  request.set_scope("openid");
  EXPECT_EQ(Exchange(request), "INVALID_ARGUMENT invalid_scope");
}

TEST_F(OAuthHandlerTest, KnowsClientsByBasicOrByTheForm) {
  auto request = As(web_, "client_credentials");
  request.set_client_id(web_.client.id);
  EXPECT_EQ(Exchange(request), "OK") << "said twice, and the same";
  request.set_client_secret(web_.secret);
  EXPECT_EQ(Exchange(request), "INVALID_ARGUMENT invalid_request");
  request.clear_authorization();
  EXPECT_EQ(Exchange(request), "OK");
  request.set_client_secret(web_.secret + "x");
  EXPECT_EQ(Exchange(request), "UNAUTHENTICATED invalid_client");
  request = As(web_, "client_credentials");
  request.set_client_id(native_.client.id);
  EXPECT_EQ(Exchange(request), "INVALID_ARGUMENT invalid_request");
  request.clear_client_id();
  std::string escaped;  // as RFC 6749 has it, letter by letter
  for (const char c : web_.client.id) {
    constexpr char kHex[] = "0123456789abcdef";
    escaped += {'%', kHex[c >> 4], kHex[c & 15]};
  }
  request.set_authorization("basic " + absl::Base64Escape(escaped + ":" + web_.secret));
  EXPECT_EQ(Exchange(request), "OK");
  for (const char* bad : {"Basic", "Basic !", "Basic eA==", "Bearer x", "Digest x"}) {
    request.set_authorization(bad);
    EXPECT_EQ(Exchange(request), "UNAUTHENTICATED invalid_client") << bad;
  }
}

TEST_F(OAuthHandlerTest, LetsADeviceIn) {
  v1::AuthorizeDeviceRequest begin;
  begin.set_client_id(native_.client.id);
  begin.set_scope("read offline_access");
  v1::AuthorizeDeviceResponse device;
  ASSERT_EQ(Call(&Stub::AuthorizeDevice, begin, device), "OK");
  EXPECT_EQ(device.verification_uri(), std::string(kIssuer) + "/oauth2/device");
  auto poll = As(native_, kDeviceGrant);
  poll.set_device_code(device.device_code());
  EXPECT_EQ(Exchange(poll), "INVALID_ARGUMENT authorization_pending");
  EXPECT_EQ(Exchange(poll), "INVALID_ARGUMENT slow_down");

  v1::OpenDevicePageRequest open;
  open.set_user_code(device.user_code());
  v1::OpenDevicePageResponse page;
  ASSERT_EQ(Call(&Stub::OpenDevicePage, open, page), "OK");
  v1::SignInRequest sign_in;
  sign_in.set_email("ada@example.com");
  sign_in.set_password(kPassword);
  sign_in.set_form_token(FormToken(page.page()));
  sign_in.set_browser(page.browser());
  sign_in.set_user_code(device.user_code());
  v1::SignInResponse signed_in;
  ASSERT_EQ(Call(&Stub::SignIn, sign_in, signed_in), "OK");
  EXPECT_EQ(signed_in.location(), "/oauth2/device?user_code=" + device.user_code());

  open.set_browser(signed_in.browser());
  open.set_user_code("BBBB-BBBB");
  ASSERT_EQ(Call(&Stub::OpenDevicePage, open, page), "OK");
  EXPECT_EQ(page.status(), 404);
  open.set_user_code(device.user_code());
  ASSERT_EQ(Call(&Stub::OpenDevicePage, open, page), "OK");
  EXPECT_NE(page.page().find(device.user_code()), std::string::npos);
  v1::DecideDeviceRequest decide;
  decide.set_user_code(device.user_code());
  decide.set_decision("allow");
  decide.set_browser(signed_in.browser());
  v1::DecideDeviceResponse decided;
  decide.set_form_token(NewOpaqueToken());
  ASSERT_EQ(Call(&Stub::DecideDevice, decide, decided), "OK");
  EXPECT_EQ(decided.status(), 403);
  decide.set_form_token(FormToken(page.page()));
  ASSERT_EQ(Call(&Stub::DecideDevice, decide, decided), "OK");
  EXPECT_EQ(decided.status(), 200);

  clock_.Advance(std::chrono::seconds{15});
  auto others = poll;
  others.set_client_id(web_.client.id);
  others.set_client_secret(web_.secret);
  EXPECT_EQ(Exchange(others), "INVALID_ARGUMENT invalid_grant");
  ASSERT_EQ(Exchange(poll), "OK");
  EXPECT_EQ(tokens_.scope(), "offline_access read");
  EXPECT_NE(tokens_.refresh_token(), "");
  EXPECT_EQ(Exchange(poll), "INVALID_ARGUMENT invalid_grant") << "once";
}

TEST_F(OAuthHandlerTest, IsManagedByAdministratorsAlone) {
  const std::string admin = sessions_.Start(ada_, kNoDeadline)->access_token;
  v1::CreateOAuthClientRequest create;
  create.set_name("Club");
  create.set_confidential(true);
  create.add_scopes("read");
  create.add_grant_types("client_credentials");
  v1::CreateOAuthClientResponse created;
  EXPECT_EQ(Call(&Stub::CreateOAuthClient, create, created), "UNAUTHENTICATED token_missing");
  ASSERT_EQ(Exchange(As(web_, "client_credentials")), "OK");
  EXPECT_EQ(Call(&Stub::CreateOAuthClient, create, created, tokens_.access_token()),
            "PERMISSION_DENIED insufficient_scope");
  ASSERT_EQ(Call(&Stub::CreateOAuthClient, create, created, admin), "OK");
  const std::string id = created.client().client_id();
  EXPECT_EQ(created.client().owner_id(), ada_.user_id);

  v1::UpdateOAuthClientRequest update;
  update.set_client_id(id);
  update.set_name("Cinema");
  v1::UpdateOAuthClientResponse updated;
  ASSERT_EQ(Call(&Stub::UpdateOAuthClient, update, updated, admin), "OK");
  EXPECT_EQ(updated.client().name(), "Cinema");
  EXPECT_EQ(updated.client().scopes(0), "read");
  update.add_grant_types("authorization_code");
  EXPECT_EQ(Call(&Stub::UpdateOAuthClient, update, updated, admin),
            "INVALID_ARGUMENT redirect_uris_missing (redirect_uris)");

  v1::RotateOAuthClientSecretRequest rotate;
  rotate.set_client_id(id);
  v1::RotateOAuthClientSecretResponse rotated;
  ASSERT_EQ(Call(&Stub::RotateOAuthClientSecret, rotate, rotated, admin), "OK");
  NewClient client;
  client.client.id = id;
  client.secret = created.client_secret();
  EXPECT_EQ(Exchange(As(client, "client_credentials")), "UNAUTHENTICATED invalid_client");
  client.secret = rotated.client_secret();
  EXPECT_EQ(Exchange(As(client, "client_credentials")), "OK");
  rotate.set_client_id(native_.client.id);
  EXPECT_EQ(Call(&Stub::RotateOAuthClientSecret, rotate, rotated, admin),
            "FAILED_PRECONDITION client_is_public");

  v1::ListOAuthClientsRequest list;
  list.set_page_size(2);
  v1::ListOAuthClientsResponse listed;
  ASSERT_EQ(Call(&Stub::ListOAuthClients, list, listed, admin), "OK");
  EXPECT_EQ(listed.clients_size(), 2);
  list.set_page_token(listed.next_page_token());
  ASSERT_EQ(Call(&Stub::ListOAuthClients, list, listed, admin), "OK");
  ASSERT_EQ(listed.clients_size(), 1);
  EXPECT_EQ(listed.clients(0).client_id(), id);
  v1::DeleteOAuthClientRequest remove;
  remove.set_client_id(id);
  v1::DeleteOAuthClientResponse removed;
  ASSERT_EQ(Call(&Stub::DeleteOAuthClient, remove, removed, admin), "OK");
  v1::GetOAuthClientRequest get;
  get.set_client_id(id);
  v1::GetOAuthClientResponse got;
  EXPECT_EQ(Call(&Stub::GetOAuthClient, get, got, admin), "NOT_FOUND oauth_client_unknown");
}

class NoOAuthTest : public OAuthHandlerTest {
 protected:
  NoOAuthTest() : OAuthHandlerTest("") {}
};

TEST_F(NoOAuthTest, SaysThatItIsOff) {
  v1::GetMetadataResponse metadata;
  EXPECT_EQ(Call(&Stub::GetMetadata, v1::GetMetadataRequest(), metadata),
            "UNIMPLEMENTED oauth_disabled");
  EXPECT_EQ(Exchange(As(web_, "client_credentials")), "UNIMPLEMENTED oauth_disabled");
  v1::AuthorizeResponse page;
  EXPECT_EQ(Call(&Stub::Authorize, Wanted(web_.client.id), page), "UNIMPLEMENTED oauth_disabled");
}

TEST_F(OAuthHandlerTest, AuditsWhatIsDecidedOnPagesAndWhatIsRefused) {
  using Entries = std::vector<std::string>;
  const std::string ada = " about " + std::to_string(ada_.user_id);
  const auto request = Wanted(web_.client.id);
  SignIn(request, "a wrong guess");
  EXPECT_EQ(Audited(), Entries{"login credentials_wrong about ada@example.com"});
  SignInOnce(request);
  EXPECT_EQ(Audited(), Entries{"login OK about ada@example.com"});
  Decide(request, "deny");
  EXPECT_EQ(Audited(), Entries{"oauth.grant access_denied" + ada + " by the web"});
  const std::string code = Code(request);
  EXPECT_EQ(Audited(), Entries{"oauth.grant OK" + ada + " by the web"});
  auto again = request;
  again.set_browser(browser_);
  EXPECT_EQ(Parameter(Authorize(again).location(), "error"), "");
  EXPECT_EQ(Audited(), Entries{"oauth.grant OK" + ada + " by the web"}) << "a consent of before";

  EXPECT_EQ(Exchange(ForCode(web_, code)), "OK");
  EXPECT_EQ(Audited(), Entries{});
  EXPECT_NE(Exchange(ForCode(web_, code)), "OK");
  EXPECT_EQ(Audited(), Entries{"oauth.token invalid_grant by the web"});
  auto guessed = As(native_, "client_credentials");
  guessed.set_client_id(web_.client.id);
  guessed.set_client_secret("guessed");
  EXPECT_NE(Exchange(guessed), "OK");
  EXPECT_EQ(Audited(), Entries{"oauth.token invalid_client"});

  v1::AuthorizeDeviceRequest begin;
  begin.set_client_id(native_.client.id);
  begin.set_scope("read");
  v1::AuthorizeDeviceResponse device;
  ASSERT_EQ(Call(&Stub::AuthorizeDevice, begin, device), "OK");
  auto poll = As(native_, kDeviceGrant);
  poll.set_device_code(device.device_code());
  EXPECT_NE(Exchange(poll), "OK");
  EXPECT_EQ(Audited(), Entries{}) << "it waits";
  v1::OpenDevicePageRequest open;
  open.set_user_code(device.user_code());
  open.set_browser(browser_);
  v1::OpenDevicePageResponse page;
  ASSERT_EQ(Call(&Stub::OpenDevicePage, open, page), "OK");
  v1::DecideDeviceRequest decide;
  decide.set_user_code(device.user_code());
  decide.set_decision("allow");
  decide.set_form_token(FormToken(page.page()));
  decide.set_browser(browser_);
  v1::DecideDeviceResponse decided;
  ASSERT_EQ(Call(&Stub::DecideDevice, decide, decided), "OK");
  EXPECT_EQ(Audited(), Entries{"oauth.grant OK" + ada});
}

}  // namespace
}  // namespace marquee::auth
