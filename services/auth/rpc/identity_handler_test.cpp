// Signing in with another provider over real gRPC, on the stores in memory and a provider in memory.
#include "auth/rpc/identity_handler.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "auth/app/api_keys.h"
#include "auth/app/one_time_codes.h"
#include "auth/app/secrets.h"
#include "auth/crypto/secretbox.h"
#include "auth/rpc/caller_check.h"
#include "auth/rpc/oauth_handler.h"
#include "auth/testing/fake_provider.h"
#include "auth/testing/fakes.h"
#include "auth/testing/memory_api_keys.h"
#include "auth/testing/memory_guesses.h"
#include "auth/testing/memory_identities.h"
#include "auth/testing/memory_oauth.h"
#include "auth/testing/memory_second_factors.h"
#include "auth/testing/memory_store.h"
#include "base/digest.h"
#include "base/testing/calls.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/testing.h"

namespace marquee::auth {
namespace {

using Stub = v1::IdentityService::Stub;

constexpr char kPassword[] = "correct horse battery";
constexpr char kCallback[] = "https://club.example/cb";

class IdentityHandlerTest : public testing::Test {
 protected:
  IdentityHandlerTest() {
    EXPECT_TRUE(keys_.Refresh(kNoDeadline).ok());
    stub_ = v1::IdentityService::NewStub(rpc::MakeChannel(server_.address()));
    oauth_stub_ = v1::OAuthService::NewStub(rpc::MakeChannel(server_.address()));
    owner_ = AddAccount("owner@example.com");
    client_ = *oauth_.clients.Register(
        owner_.user_id, {"Club", true, {kCallback}, {"openid", "read"}, {"authorization_code"}},
        kNoDeadline);
  }

  Account AddAccount(const char* email) {
    return *store_.Create({.email = *Email::Make(email),
                           .password_hash = "$argon2id$" + std::string(kPassword),
                           .display_name = "",
                           .roles = {Role::kUser},
                           .created_at = clock_.Now()},
                          kNoDeadline);
  }
  template <typename S, typename Request, typename Response>
  std::string Call(S& stub,
                   grpc::Status (S::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response& response, const std::string& bearer = {}) {
    grpc::ClientContext context;
    rpc::ActAsService(context, bearer, std::chrono::seconds{10});
    return rpc::Said((stub.*method)(&context, request, &response));
  }
  v1::AuthorizeRequest Wanted() const {
    v1::AuthorizeRequest request;
    request.set_response_type("code");
    request.set_client_id(client_.client.id);
    request.set_redirect_uri(kCallback);
    request.set_scope("openid read");
    request.set_state("of the application");
    request.set_code_challenge(Base64UrlEncode(Sha256("verifier")));
    request.set_code_challenge_method("S256");
    return request;
  }
  v1::VisitProviderRequest ForClub() const {
    v1::VisitProviderRequest request;
    *request.mutable_request() = Wanted();
    return request;
  }
  static v1::VisitProviderRequest ToLink() {
    v1::VisitProviderRequest request;
    request.set_link(true);
    return request;
  }
  v1::VisitProviderResponse Visit(v1::VisitProviderRequest request) {
    if (request.provider().empty()) request.set_provider("id");
    request.set_browser(browser_);
    v1::VisitProviderResponse response;
    EXPECT_EQ(Call(*stub_, &Stub::VisitProvider, request, response), "OK");
    if (!response.browser().empty()) browser_ = response.browser();
    return response;
  }
  v1::ReturnFromProviderResponse Return(const std::string& state) {
    v1::ReturnFromProviderRequest request;
    request.set_provider("id");
    request.set_state(state);
    request.set_code("a code");
    request.set_browser(browser_);
    v1::ReturnFromProviderResponse response;
    EXPECT_EQ(Call(*stub_, &Stub::ReturnFromProvider, request, response), "OK");
    if (!response.browser().empty()) browser_ = response.browser();
    return response;
  }
  // There and back.
  v1::ReturnFromProviderResponse Go(const v1::VisitProviderRequest& request) {
    const auto visit = Visit(request);
    EXPECT_NE(visit.location(), "") << visit.page();
    state_ = provider_.Visit(visit.location())["state"];
    return Return(state_);
  }
  v1::ReturnFromProviderResponse SignIn() { return Go(ForClub()); }

  static std::string Field(const std::string& page, const std::string& name) {
    std::smatch found;
    if (!std::regex_search(page, found, std::regex("name=\"" + name + "\" value=\"([^\"]+)\"")))
      return "";
    return found[1];
  }
  static std::string Heading(const std::string& page) {
    std::smatch found;
    return std::regex_search(page, found, std::regex("<h1>(.*?)</h1>")) ? found[1].str() : "";
  }
  v1::FinishProviderSignInResponse Finish(const std::string& page, const std::string& code) {
    v1::FinishProviderSignInRequest form;
    form.set_provider("id");
    form.set_ticket(Field(page, "ticket"));
    form.set_form_token(Field(page, "form_token"));
    form.set_one_time_code(code);
    form.set_browser(browser_);
    v1::FinishProviderSignInResponse response;
    EXPECT_EQ(Call(*stub_, &Stub::FinishProviderSignIn, form, response), "OK");
    if (!response.browser().empty()) browser_ = response.browser();
    return response;
  }
  v1::LinkIdentityResponse Link(const std::string& page, const std::string& password = {}) {
    v1::LinkIdentityRequest form;
    form.set_provider("id");
    form.set_ticket(Field(page, "ticket"));
    form.set_form_token(Field(page, "form_token"));
    form.set_password(password);
    form.set_browser(browser_);
    v1::LinkIdentityResponse response;
    EXPECT_EQ(Call(*stub_, &Stub::LinkIdentity, form, response), "OK");
    if (!response.browser().empty()) browser_ = response.browser();
    return response;
  }
  void SignInByPassword(const char* email) {
    const auto signed_in = oauth_.browsers.SignIn({email, kPassword}, kNoDeadline);
    ASSERT_TRUE(signed_in.ok());
    browser_ = *signed_in;
  }
  // Who is signed in; 0: nobody.
  std::int64_t Person() {
    const auto browser = oauth_.browsers.Find(browser_, kNoDeadline);
    return browser.ok() && *browser ? (*browser)->account.user_id : 0;
  }
  std::string Bearer(const Account& account) {
    return sessions_.Start(account, kNoDeadline)->access_token;
  }
  std::vector<Identity> IdentitiesOf(std::int64_t user_id) {
    return *identity_store_.ListOf(user_id, kNoDeadline);
  }

  ManualClock clock_;
  metrics::Metrics registry_;
  AuthMetrics metrics_{registry_};
  MemoryStore store_;
  MemoryApiKeys api_key_store_{store_};
  MemoryOAuth oauth_store_{store_};
  MemoryIdentities identity_store_{store_};
  const Secretbox sealer_{"0123456789abcdef0123456789abcdef"};
  const Secretbox tickets_{"0123456789abcdef0123456789abcdef", Secretbox::kTickets};
  FakeHasher hasher_;
  KeyRing keys_{store_, sealer_, clock_, {.oauth_issuer = "https://marquee.example"}};
  Sessions sessions_{store_, keys_, clock_, metrics_, "the successors' key"};
  MemoryGuesses guesses_;
  GuessGuard guard_{guesses_, store_, clock_, metrics_};
  Passwords passwords_{store_, hasher_, guard_};
  MemorySecondFactors factor_store_{store_};
  SecondFactors second_factors_{factor_store_, passwords_, guard_,          sessions_,
                                sealer_,       clock_,     "the codes' key"};
  Accounts accounts_{store_, passwords_, second_factors_, sessions_, clock_, metrics_};
  ApiKeys api_keys_{api_key_store_, keys_, clock_};
  OAuth oauth_{oauth_store_, oauth_store_, store_, store_, accounts_, keys_, clock_, "a secret"};
  FakeProvider provider_{clock_};
  Federation federation_{{{.id = "id",
                           .name = "Example <&>",
                           .issuer = "https://id.example",
                           .client_id = "marquee",
                           .client_secret = "the client's secret"}},
                         identity_store_,
                         store_,
                         accounts_,
                         sessions_,
                         oauth_,
                         provider_,
                         tickets_,
                         clock_,
                         "a secret",
                         registry_};
  OAuthHandler oauth_handler_{oauth_, federation_.providers};
  IdentityHandler handler_{federation_, oauth_};
  token::Verifier verifier_{{}, [this] { return keys_.PublicKeys(); }, clock_};
  rpc::TestServer server_{
      {&handler_, &oauth_handler_},
      verifier_,
      registry_,
      {.check = CheckAgainst(sessions_, api_keys_), .audit = [this](const auto& entry) {
         audited_.push_back(std::string(entry.action) + " " +
                            (entry.outcome.ok() ? "OK" : entry.outcome.error().reason) + " " +
                            entry.about);
       }}};
  std::unique_ptr<Stub> stub_;
  std::unique_ptr<v1::OAuthService::Stub> oauth_stub_;
  Account owner_;
  NewClient client_;
  std::string browser_, state_;
  std::vector<std::string> audited_;
};

TEST_F(IdentityHandlerTest, IsOfferedOnThePageOnWhichPeopleSignIn) {
  v1::AuthorizeResponse page;
  ASSERT_EQ(Call(*oauth_stub_, &v1::OAuthService::Stub::Authorize, Wanted(), page), "OK");
  EXPECT_NE(page.page().find("Continue with Example &lt;&amp;&gt;"), std::string::npos);
  std::smatch link;
  ASSERT_TRUE(
      std::regex_search(page.page(), link, std::regex("href=\"/oauth2/providers/id[?]([^\"]*)\"")));
  EXPECT_NE(link[1].str().find("request.client_id=" + client_.client.id), std::string::npos);
  EXPECT_NE(link[1].str().find("request.state=of%20the%20application"), std::string::npos);
  EXPECT_EQ(page.page().find("<script"), std::string::npos);
}

TEST_F(IdentityHandlerTest, MakesAnAccountForWhoIsNewAndSignsThemInLater) {
  const auto back = SignIn();
  EXPECT_TRUE(back.location().starts_with("/oauth2/authorize?response_type=code&client_id="))
      << back.location() << back.page();
  const auto ada = Person();
  const auto account = *store_.Find(ada, kNoDeadline);
  EXPECT_EQ(account.email, "ada@example.com");
  EXPECT_TRUE(account.email_verified);
  EXPECT_EQ(account.roles, Roles{Role::kUser});
  EXPECT_EQ(store_.FindCredentials(ada, kNoDeadline)->password_hash, "");
  EXPECT_EQ(audited_.back(), "identity.login OK " + std::to_string(ada));

  browser_.clear();
  provider_.claims["email"] = "ada@elsewhere.example";
  EXPECT_NE(SignIn().location(), "");
  EXPECT_EQ(Person(), ada) << "by issuer and subject, whatever the address";
  EXPECT_EQ(store_.Find(ada, kNoDeadline)->email, "ada@example.com");
  EXPECT_EQ(hasher_.work, 0);
}

TEST_F(IdentityHandlerTest, GivesASignedInBrowserAnotherCookie) {
  Visit(ForClub());
  const std::string planted = browser_;
  SignIn();
  EXPECT_NE(browser_, planted);
}

TEST_F(IdentityHandlerTest, TakesAnAnswerOnceAndFromTheBrowserThatWasSent) {
  SignIn();
  const auto replayed = Return(state_);
  EXPECT_EQ(replayed.location(), "");
  EXPECT_EQ(replayed.status(), 404);

  const auto visit = Visit(ForClub());
  const auto state = provider_.Visit(visit.location())["state"];
  const std::string victim = browser_;
  for (const std::string& other : {NewOpaqueToken(), std::string()}) {
    browser_ = other;
    EXPECT_EQ(Return(state).status(), 404);
    EXPECT_EQ(Person(), 0);
  }
  browser_ = victim;
  EXPECT_EQ(Return("x").status(), 404);
  clock_.Advance(kProviderRequestLifetime);
  EXPECT_EQ(Return(state).status(), 404) << "too late";
  EXPECT_EQ(provider_.AskedFor("/token"), 1);
}

TEST_F(IdentityHandlerTest, GoesOnNowhereButAtOurs) {
  auto request = ForClub();
  request.mutable_request()->set_redirect_uri("https://evil.example/cb");
  EXPECT_EQ(Visit(request).status(), 400);
  request.mutable_request()->set_client_id("app-nobody");
  EXPECT_NE(Visit(request).status(), 0);
  request = {};
  request.set_user_code("//evil.example");
  EXPECT_EQ(Go(request).location(), "/oauth2/device?user_code=%2F%2Fevil.example");
  EXPECT_EQ(Go({}).location(), "/oauth2/device");
}

TEST_F(IdentityHandlerTest, AsksTheProviderToAskWhereTheApplicationDoes) {
  const auto prompt = [&](const char* asked) {
    auto request = ForClub();
    request.mutable_request()->set_prompt(asked);
    return provider_.Visit(Visit(request).location())["prompt"];
  };
  EXPECT_EQ(prompt(""), "");
  EXPECT_EQ(prompt("consent"), "");
  EXPECT_EQ(prompt("login consent"), "login");
  EXPECT_EQ(prompt("select_account"), "select_account");
  auto request = ForClub();
  request.mutable_request()->set_max_age(0);
  EXPECT_EQ(provider_.Visit(Visit(request).location())["prompt"], "login");
}

TEST_F(IdentityHandlerTest, LinksNoAccountByItselfBecauseTheAddressIsTheSame) {
  const auto ada = AddAccount("ada@example.com");
  const auto asked = SignIn();
  EXPECT_EQ(Heading(asked.page()), "You have an account here");
  EXPECT_NE(asked.content_security_policy().find("form-action 'self' https://club.example;"),
            std::string::npos);
  EXPECT_EQ(Person(), 0);
  EXPECT_TRUE(IdentitiesOf(ada.user_id).empty());

  const auto wrong = Link(asked.page(), "another password");
  EXPECT_EQ(wrong.status(), 401);
  EXPECT_EQ(audited_.back(), "identity.link credentials_wrong ada@example.com");
  EXPECT_TRUE(IdentitiesOf(ada.user_id).empty());

  const auto linked = Link(wrong.page(), kPassword);
  EXPECT_TRUE(linked.location().starts_with("/oauth2/authorize?")) << linked.page();
  EXPECT_EQ(Person(), ada.user_id);
  EXPECT_EQ(audited_.back(), "identity.link OK " + std::to_string(ada.user_id));
  ASSERT_EQ(IdentitiesOf(ada.user_id).size(), 1U);
  EXPECT_TRUE(store_.Find(ada.user_id, kNoDeadline)->email_verified);
  browser_.clear();
  EXPECT_NE(SignIn().location(), "");
  EXPECT_EQ(Person(), ada.user_id);
}

TEST_F(IdentityHandlerTest, WantsAnAddressThatTheProviderVouchesFor) {
  AddAccount("taken@example.com");
  std::set<std::string> pages;
  for (const auto& [email, verified] :
       std::vector<std::pair<nlohmann::json, bool>>{{"ada@example.com", false},
                                                    {"taken@example.com", false},
                                                    {"no address", true},
                                                    {nullptr, true}}) {
    provider_.claims["email"] = email;
    provider_.claims["email_verified"] = verified;
    provider_.userinfo = {{"sub", "ada-1"}};
    const auto refused = SignIn();
    EXPECT_EQ(refused.status(), 403);
    pages.insert(std::regex_replace(refused.page(), std::regex("href=\"[^\"]*\""), ""));
    EXPECT_EQ(Person(), 0);
  }
  EXPECT_EQ(pages.size(), 1U) << "it says nothing of whether there is such an account";
  EXPECT_EQ(store_.FindCredentials(*Email::Make("ada@example.com"), kNoDeadline).error().reason,
            "account_unknown");
}

TEST_F(IdentityHandlerTest, LetsNobodyInWhoIsDisabled) {
  SignIn();
  const auto ada = Person();
  ASSERT_TRUE(store_.SetDisabled(ada, true, clock_.Now(), kNoDeadline).ok());
  browser_.clear();
  const auto refused = SignIn();
  EXPECT_EQ(refused.status(), 401);
  EXPECT_EQ(Person(), 0);
}

TEST_F(IdentityHandlerTest, AsksForTheAccountsOwnSecondFactor) {
  SignIn();
  const auto ada = Person();
  const std::string secret(kTotpSecretBytes, 's');
  ASSERT_TRUE(factor_store_.Begin(ada, sealer_.Seal(secret), clock_.Now(), kNoDeadline).ok());
  ASSERT_TRUE(*factor_store_.Confirm(ada, factor_store_.Find(ada, kNoDeadline)->value().sealed, 1,
                                     {}, clock_.Now(), kNoDeadline));
  browser_.clear();
  const auto asked = SignIn();
  EXPECT_EQ(Heading(asked.page()), "One more step");
  EXPECT_EQ(Person(), 0);
  const auto wrong = Finish(asked.page(), "000000");
  EXPECT_EQ(wrong.status(), 401);
  EXPECT_EQ(Person(), 0);
  const auto done = Finish(wrong.page(), HotpCode(secret, TotpStep(clock_.Now()), 6));
  EXPECT_TRUE(done.location().starts_with("/oauth2/authorize?")) << done.page();
  EXPECT_EQ(Person(), ada);
}

TEST_F(IdentityHandlerTest, OpensATicketForItsOwnBrowserInTimeAlone) {
  AddAccount("ada@example.com");
  const auto asked = SignIn();
  const std::string mine = browser_;
  browser_ = NewOpaqueToken();
  EXPECT_EQ(Link(asked.page(), kPassword).status(), 403);
  browser_ = mine;
  EXPECT_EQ(Finish(asked.page(), "123456").status(), 403) << "it is for another form";
  std::string altered = asked.page();
  const auto at = altered.find("name=\"ticket\" value=\"") + 60;
  altered[at] = altered[at] == 'A' ? 'B' : 'A';
  EXPECT_EQ(Link(altered, kPassword).status(), 403);
  clock_.Advance(kProviderRequestLifetime);
  EXPECT_EQ(Link(asked.page(), kPassword).status(), 403);
  EXPECT_EQ(hasher_.work, 0);
}

TEST_F(IdentityHandlerTest, LinksWhatASignedInPersonConfirms) {
  SignInByPassword("owner@example.com");
  provider_.claims["email"] = "owner@example.com";
  const auto asked = Go(ToLink());
  EXPECT_EQ(Heading(asked.page()), "Link your account to Example &lt;&amp;&gt;?");
  EXPECT_TRUE(IdentitiesOf(owner_.user_id).empty());
  EXPECT_EQ(Link(asked.page()).location(), "/oauth2/identities");
  ASSERT_EQ(IdentitiesOf(owner_.user_id).size(), 1U);
  EXPECT_EQ(audited_.back(), "identity.link OK " + std::to_string(owner_.user_id));

  // Of another account.
  AddAccount("bob@example.com");
  SignInByPassword("bob@example.com");
  provider_.claims["email"] = "bob@example.com";
  const auto refused = Link(Go(ToLink()).page());
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(audited_.back().substr(0, 28), "identity.link identity_taken");
}

TEST_F(IdentityHandlerTest, LinksAnotherAddressOnlyToAnAccountWhoseOwnIsProved) {
  SignInByPassword("owner@example.com");
  EXPECT_EQ(Link(Go(ToLink()).page()).status(), 403)
      << "whoever registered it may not be whose address it is";
  EXPECT_TRUE(IdentitiesOf(owner_.user_id).empty());
  store_.Edit(owner_.user_id, [](Credentials& found) { found.account.email_verified = true; });
  EXPECT_EQ(Link(Go(ToLink()).page()).location(), "/oauth2/identities");
}

TEST_F(IdentityHandlerTest, LinksNothingToWhoSignedOutMeanwhile) {
  EXPECT_EQ(Visit(ToLink()).status(), 401);
  SignInByPassword("owner@example.com");
  const auto visit = Visit(ToLink());
  const auto state = provider_.Visit(visit.location())["state"];
  ASSERT_TRUE(store_.EndAll(owner_.user_id, "", clock_.Now(), kNoDeadline).ok());
  EXPECT_EQ(Return(state).status(), 401);
  EXPECT_TRUE(IdentitiesOf(owner_.user_id).empty());
}

TEST_F(IdentityHandlerTest, SaysThatAProviderIsDown) {
  provider_.down = true;
  const auto down = Visit(ForClub());
  EXPECT_EQ(down.status(), 503);
  EXPECT_NE(down.page().find("href=\"/oauth2/authorize?"), std::string::npos) << down.page();
  EXPECT_EQ(identity_store_.requests(), 0U);
  provider_.down = false;
  clock_.Advance(std::chrono::seconds{5});
  const auto visit = Visit(ForClub());
  const auto state = provider_.Visit(visit.location())["state"];
  provider_.down = true;
  EXPECT_EQ(Return(state).status(), 503);
  v1::VisitProviderRequest unknown;
  unknown.set_provider("nobody");
  EXPECT_EQ(Visit(unknown).status(), 404);
}

TEST_F(IdentityHandlerTest, ListsAndRemovesWhatIsTheCallers) {
  SignIn();
  const auto ada = *store_.Find(Person(), kNoDeadline);
  const std::string bearer = Bearer(ada), other = Bearer(ada);
  v1::ListIdentitiesResponse list;
  ASSERT_EQ(Call(*stub_, &Stub::ListIdentities, {}, list, bearer), "OK");
  ASSERT_EQ(list.identities_size(), 1);
  EXPECT_FALSE(list.has_password());
  EXPECT_EQ(list.identities(0).provider(), "Example <&>");
  EXPECT_EQ(list.identities(0).subject(), "ada-1");
  EXPECT_EQ(list.identities(0).email(), "ada@example.com");

  v1::RemoveIdentityRequest remove;
  remove.set_identity_id(list.identities(0).identity_id());
  v1::RemoveIdentityResponse removed;
  EXPECT_EQ(Call(*stub_, &Stub::RemoveIdentity, remove, removed, Bearer(owner_)),
            "NOT_FOUND identity_unknown");
  EXPECT_EQ(Call(*stub_, &Stub::RemoveIdentity, remove, removed, bearer),
            "FAILED_PRECONDITION last_sign_in");
  store_.Edit(ada.user_id, [](Credentials& found) { found.password_hash = "$argon2id$x"; });
  EXPECT_EQ(Call(*stub_, &Stub::RemoveIdentity, remove, removed, bearer), "OK");
  EXPECT_EQ(Call(*stub_, &Stub::ListIdentities, {}, list, bearer), "OK");
  EXPECT_EQ(list.identities_size(), 0);
  EXPECT_EQ(Call(*stub_, &Stub::ListIdentities, {}, list, other), "UNAUTHENTICATED session_ended");
  EXPECT_EQ(Person(), 0) << "the session that began with it has ended";
}

TEST_F(IdentityHandlerTest, ShowsItsPageToWhoIsSignedIn) {
  v1::OpenIdentitiesPageRequest request;
  v1::OpenIdentitiesPageResponse page;
  ASSERT_EQ(Call(*stub_, &Stub::OpenIdentitiesPage, request, page), "OK");
  EXPECT_EQ(Heading(page.page()), "Sign in");
  v1::SignInRequest form;
  form.set_email("owner@example.com");
  form.set_password(kPassword);
  form.set_form_token(Field(page.page(), "form_token"));
  form.set_identities(Field(page.page(), "identities") == "true");
  form.set_browser(page.browser());
  v1::SignInResponse signed_in;
  ASSERT_EQ(Call(*oauth_stub_, &v1::OAuthService::Stub::SignIn, form, signed_in), "OK");
  EXPECT_EQ(signed_in.location(), "/oauth2/identities");
  request.set_browser(signed_in.browser());
  ASSERT_EQ(Call(*stub_, &Stub::OpenIdentitiesPage, request, page), "OK");
  EXPECT_EQ(Heading(page.page()), "Your identities");
  EXPECT_NE(page.page().find("href=\"/oauth2/providers/id?link=true\""), std::string::npos);
}

TEST_F(IdentityHandlerTest, UnlinksOnItsPageAndSetsAFirstPassword) {
  SignIn();
  const auto ada = Person();
  v1::OpenIdentitiesPageRequest open;
  open.set_browser(browser_);
  v1::OpenIdentitiesPageResponse page;
  ASSERT_EQ(Call(*stub_, &Stub::OpenIdentitiesPage, open, page), "OK");
  v1::UnlinkIdentityRequest unlink;
  unlink.set_identity_id(IdentitiesOf(ada)[0].identity_id);
  unlink.set_browser(browser_);
  v1::UnlinkIdentityResponse unlinked;
  ASSERT_EQ(Call(*stub_, &Stub::UnlinkIdentity, unlink, unlinked), "OK");
  EXPECT_EQ(unlinked.status(), 403) << "a form of another site";
  unlink.set_form_token(Field(page.page(), "form_token"));
  ASSERT_EQ(Call(*stub_, &Stub::UnlinkIdentity, unlink, unlinked), "OK");
  EXPECT_EQ(unlinked.status(), 409) << "the last way in";
  EXPECT_EQ(audited_.back(), "identity.remove last_sign_in " + std::to_string(ada));

  v1::SetFirstPasswordRequest set;
  v1::SetFirstPasswordResponse was_set;
  set.set_browser(browser_);
  set.set_new_password("a new long password");
  ASSERT_EQ(Call(*stub_, &Stub::SetFirstPassword, set, was_set), "OK");
  EXPECT_EQ(was_set.status(), 403);
  set.set_form_token(unlink.form_token());
  set.set_new_password("short");
  ASSERT_EQ(Call(*stub_, &Stub::SetFirstPassword, set, was_set), "OK");
  EXPECT_EQ(was_set.status(), 400);
  set.set_new_password("a new long password");
  ASSERT_EQ(Call(*stub_, &Stub::SetFirstPassword, set, was_set), "OK");
  EXPECT_EQ(was_set.location(), "/oauth2/identities");
  EXPECT_EQ(audited_.back(), "password.set OK " + std::to_string(ada));
  EXPECT_TRUE(accounts_.Login({"ada@example.com", "a new long password"}, kNoDeadline).ok());
  set.set_new_password("another long password");
  ASSERT_EQ(Call(*stub_, &Stub::SetFirstPassword, set, was_set), "OK");
  EXPECT_EQ(was_set.status(), 403) << "there is one now";

  ASSERT_EQ(Call(*stub_, &Stub::UnlinkIdentity, unlink, unlinked), "OK");
  EXPECT_EQ(unlinked.location(), "/oauth2/identities");
  EXPECT_TRUE(IdentitiesOf(ada).empty());
}

TEST_F(IdentityHandlerTest, TellsNobodyThatAnAccountHasNoPassword) {
  SignIn();
  const auto refused = accounts_.Login({"ada@example.com", kPassword}, kNoDeadline);
  const auto unknown = accounts_.Login({"nobody@example.com", kPassword}, kNoDeadline);
  EXPECT_EQ(refused.error(), unknown.error());
  EXPECT_EQ(hasher_.work, 2) << "both take as long";
  EXPECT_EQ(
      accounts_
          .Update({Person(), ""}, {.current_password = "", .new_password = "a new long password"},
                  kNoDeadline)
          .error()
          .reason,
      "password_missing");
}

}  // namespace
}  // namespace marquee::auth
