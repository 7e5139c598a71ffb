#include "auth/domain/oauth.h"

#include <gtest/gtest.h>

namespace marquee::auth {
namespace {

const Time kNow{std::chrono::seconds{1'700'000'000}};

OAuthClient With(std::vector<std::string> uris) {
  OAuthClient client;
  client.redirect_uris = std::move(uris);
  return client;
}

TEST(RedirectUris, AreHttpsLoopbackOrAnApplicationsOwn) {
  for (const char* good :
       {"https://club.example/cb", "https://club.example", "https://club.example:8443/cb?x=1",
        "http://127.0.0.1/cb", "http://127.0.0.1:3000/cb", "http://[::1]/cb",
        "http://localhost:3000/cb", "com.example.app:/callback", "com.example.app://host/cb"}) {
    EXPECT_TRUE(ParseRedirectUris(std::vector<std::string>{good}).ok()) << good;
  }
  for (const char* bad :
       {"", "/cb", "club.example/cb", "http://club.example/cb", "https:///cb", "https://",
        "https://club.example/cb#x", "https://me@club.example/cb", "https://*.club.example/cb",
        "javascript:alert(1)", "data:text/html,x", "https://club.example/a b",
        "https://club.example/\xc3\xa9", "HTTPS://club.example/cb", "https://club.example:x/cb",
        "https://club.example\\@evil.example/", "http://127.0.0.1.evil.example/cb",
        "https://club.example/cb\n"}) {
    const auto parsed = ParseRedirectUris(std::vector<std::string>{"https://a.example/", bad});
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.error().reason, "redirect_uri_malformed");
    EXPECT_EQ(parsed.error().field, "redirect_uris[1]");
  }
  EXPECT_FALSE(ParseRedirectUris(std::vector<std::string>(21, "https://a.example/")).ok());
  EXPECT_EQ(ParseRedirectUris(std::vector<std::string>(2, "https://a.example/"))->size(), 1U);
}

TEST(RedirectUris, MatchToTheLetterButForALoopbacksPort) {
  const auto client = With({"https://club.example/cb", "http://127.0.0.1/cb", "http://[::1]:1/cb",
                            "http://localhost:3000/cb"});
  for (const char* good :
       {"https://club.example/cb", "http://127.0.0.1/cb", "http://127.0.0.1:51004/cb",
        "http://[::1]:51004/cb", "http://[::1]/cb", "http://localhost:3000/cb"}) {
    EXPECT_TRUE(client.HasRedirectUri(good)) << good;
  }
  for (const char* bad :
       {"", "https://club.example/cb/", "https://club.example/cb?x", "https://club.example:443/cb",
        "https://club.example/CB", "http://club.example/cb", "https://evil.example/cb",
        "http://127.0.0.1:51004/cb/x", "http://127.0.0.1:x/cb", "http://127.0.0.1:51004/cb#x",
        "http://me@127.0.0.1:51004/cb", "https://127.0.0.1/cb", "http://127.0.0.2/cb",
        "http://127.0.0.1:80@evil.example/cb", "http://localhost:3001/cb"}) {
    EXPECT_FALSE(client.HasRedirectUri(bad)) << bad;
  }
}

TEST(RedirectUris, AreWrittenAsSourcesOfAPolicy) {
  EXPECT_EQ(SourceOf("https://club.example:8443/cb?x=1"), "https://club.example:8443");
  EXPECT_EQ(SourceOf("http://127.0.0.1:5000/cb"), "http://127.0.0.1:5000");
  EXPECT_EQ(SourceOf("com.example.app:/cb"), "com.example.app:");
  EXPECT_EQ(SourceOf("http://[::1]:5000/cb"), "http:");
  EXPECT_EQ(SourceOf("https://a.example;script-src/*"), "'none'");
}

TEST(OAuthScopes, AreReadInOneOrder) {
  EXPECT_EQ(*ParseScopeText("read  openid read"), (ScopeList{"openid", "read"}));
  EXPECT_EQ(*ParseScopeText(""), ScopeList{});
  EXPECT_EQ(ParseScopeText("read everything").error().reason, "invalid_scope");
  EXPECT_EQ(Common({"openid", "read"}, {"read", "email"}), ScopeList{"read"});
  EXPECT_TRUE(IsWithin({}, {}));
  EXPECT_FALSE(IsWithin({"read"}, {"openid"}));
}

TEST(OAuthClients, HaveWhatGoesTogether) {
  OAuthClient client;
  client.grant_types = {GrantType::kAuthorizationCode};
  EXPECT_EQ(CheckClient(client, true).error().reason, "redirect_uris_missing");
  client.grant_types = {GrantType::kClientCredentials};
  EXPECT_TRUE(CheckClient(client, true).ok());
  EXPECT_EQ(CheckClient(client, false).error().reason, "grant_type_not_allowed");
  EXPECT_EQ(ParseGrantTypes(std::vector<std::string>{"password"}).error().reason,
            "grant_type_unknown");
  EXPECT_EQ(ParseGrantTypes({}).error().reason, "grant_types_missing");
  for (const char* bad : {"", " ", "a\nb", "\xe2\x80\x8b"})
    EXPECT_EQ(MakeClientName(bad).error().reason, "client_name_malformed") << bad;
}

TEST(OAuthClients, ProveThemselvesByASecretOrASite) {
  OAuthClient client;
  EXPECT_TRUE(ProvesItself(client, "https://club.example/cb"));
  EXPECT_FALSE(ProvesItself(client, "http://127.0.0.1:5000/cb"));
  EXPECT_FALSE(ProvesItself(client, "com.example.app:/cb"));
  client.secret_hash = std::string(32, 'x');
  EXPECT_TRUE(ProvesItself(client, "http://127.0.0.1:5000/cb"));
}

TEST(JudgeCode, IsStrictest) {
  AuthorizationCode code;
  code.expires_at = kNow + kCodeLifetime;
  EXPECT_EQ(JudgeCode(std::nullopt, false, kNow), CodeVerdict::kUnknown);
  EXPECT_EQ(JudgeCode(code, false, kNow), CodeVerdict::kRedeem);
  EXPECT_EQ(JudgeCode(code, false, code.expires_at), CodeVerdict::kExpired);
  EXPECT_EQ(JudgeCode(code, true, kNow), CodeVerdict::kEnded);
  code.grant_id = "x";
  EXPECT_EQ(JudgeCode(code, true, code.expires_at), CodeVerdict::kReplayed);
}

TEST(UserCodes, AreReadAsPeopleTypeThem) {
  for (const char* typed : {"WDJB-MJHT", "wdjbmjht", " wdjb mjht ", "W.D.J.B-M.J.H.T"})
    EXPECT_EQ(ParseUserCode(typed), "WDJBMJHT") << typed;
  for (const char* bad : {"", "WDJB-MJH", "WDJB-MJHTT", "WDJA-MJHT", "WDJB/MJHT", "WDJB-MJH1"})
    EXPECT_FALSE(ParseUserCode(bad)) << bad;
  EXPECT_EQ(ShowUserCode("WDJBMJHT"), "WDJB-MJHT");
}

}  // namespace
}  // namespace marquee::auth
