#include "auth/app/openid_provider.h"

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

#include "auth/testing/fake_provider.h"
#include "base/digest.h"
#include "base/testing/calls.h"

namespace marquee::auth {
namespace {

using Json = nlohmann::json;

const ProviderChallenge kChallenge{
    .state = "a state", .nonce = "a nonce", .verifier = std::string(43, 'v')};

class OpenIdProviderTest : public testing::Test {
 protected:
  Result<token::IdToken> SignIn(ProviderAnswer answer = {
                                    .code = "a code", .error = {}, .issuer = {}}) {
    const auto url = provider_.AuthorizationUrl(kChallenge, kNoDeadline);
    if (!url.ok()) return url.error();
    http_.Visit(*url);
    return provider_.Redeem(answer, kChallenge, kNoDeadline);
  }
  std::string Reason(ProviderAnswer answer = {.code = "a code", .error = {}, .issuer = {}}) {
    const auto person = SignIn(std::move(answer));
    return person.ok() ? "" : person.error().reason;
  }
  std::string ReasonWith(const char* claim, Json value) {
    const Json before = http_.claims;
    http_.claims[claim] = std::move(value);
    const std::string reason = Reason();
    http_.claims = before;
    return reason;
  }

  ManualClock clock_;
  metrics::Metrics registry_;
  FakeProvider http_{clock_};
  OpenIdProvider provider_{{.id = "id",
                            .name = "Example",
                            .issuer = "https://id.example",
                            .client_id = "marquee",
                            .client_secret = "a secret & more"},
                           "https://marquee.example/oauth2/callback/id",
                           http_,
                           clock_,
                           registry_};
};

TEST_F(OpenIdProviderTest, SendsBrowsersThereWithAllThatBindsTheAnswer) {
  EXPECT_TRUE(http_.sent.empty()) << "nothing before it is needed";
  const auto url = *provider_.AuthorizationUrl(kChallenge, kNoDeadline);
  EXPECT_TRUE(url.starts_with("https://id.example/authorize?"));
  auto query = http_.Visit(url);
  EXPECT_EQ(query["response_type"], "code");
  EXPECT_EQ(query["client_id"], "marquee");
  EXPECT_EQ(query["redirect_uri"], "https://marquee.example/oauth2/callback/id");
  EXPECT_EQ(query["scope"], "openid email profile");
  EXPECT_EQ(query["state"], "a state");
  EXPECT_EQ(query["nonce"], "a nonce");
  EXPECT_EQ(query["code_challenge"], Base64UrlEncode(Sha256(kChallenge.verifier)));
  EXPECT_EQ(query["code_challenge_method"], "S256");
  EXPECT_EQ(url.find("secret"), std::string::npos);
}

TEST_F(OpenIdProviderTest, LearnsWhoCameBack) {
  const auto person = SignIn();
  ASSERT_TRUE(person.ok()) << person.error().ToString();
  EXPECT_EQ(person->subject, "ada-1");
  EXPECT_EQ(person->email, "ada@example.com");
  EXPECT_TRUE(person->email_verified);
  EXPECT_EQ(http_.AskedFor("/userinfo"), 0) << "the ID token said all";
  const auto& traded = http_.sent[1];
  EXPECT_EQ(traded.authorization, "Basic " + absl::Base64Escape("marquee:a%20secret%20%26%20more"));
  EXPECT_NE(traded.form.find("code=a%20code"), std::string::npos);
  EXPECT_NE(registry_.Text().find("outcome=\"succeeded\""), std::string::npos);
}

TEST_F(OpenIdProviderTest, FetchesMetadataAndKeysOnceForMany) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Reason(), "");
  EXPECT_EQ(http_.AskedFor("/.well-known/openid-configuration"), 1);
  EXPECT_EQ(http_.AskedFor("/jwks"), 1);
}

TEST_F(OpenIdProviderTest, SendsTheSecretInTheFormWhereNothingElseIsTaken) {
  http_.metadata["token_endpoint_auth_methods_supported"] = {"client_secret_post"};
  EXPECT_EQ(Reason(), "");
  EXPECT_EQ(http_.sent[1].authorization, "");
  EXPECT_NE(http_.sent[1].form.find("client_secret=a%20secret%20%26%20more"), std::string::npos);
}

TEST_F(OpenIdProviderTest, AsksUserInfoForWhatTheIdTokenLacks) {
  http_.claims = {{"sub", "ada-1"}};
  http_.userinfo = {
      {"sub", "ada-1"}, {"email", "ada@example.com"}, {"email_verified", true}, {"name", "Ada"}};
  const auto person = SignIn();
  ASSERT_TRUE(person.ok()) << person.error().ToString();
  EXPECT_EQ(person->email, "ada@example.com");
  EXPECT_TRUE(person->email_verified);
  EXPECT_EQ(person->name, "Ada");
  EXPECT_EQ(http_.sent.back().authorization, "Bearer an-access-token");

  http_.userinfo["sub"] = "eve-1";
  EXPECT_EQ(Reason(), "provider_refused") << "else it would be Eve's address";
  http_.metadata.erase("userinfo_endpoint");
  clock_.Advance(std::chrono::hours{1});
  EXPECT_EQ(Reason(), "") << "some have none";
}

TEST_F(OpenIdProviderTest, TakesKeysThatWereRotated) {
  EXPECT_EQ(Reason(), "");
  http_.Rotate("key 2");
  EXPECT_EQ(Reason(), "provider_refused") << "it was asked for keys just now";
  clock_.Advance(std::chrono::seconds{5});
  EXPECT_EQ(Reason(), "");
  EXPECT_EQ(http_.AskedFor("/jwks"), 2);
}

TEST_F(OpenIdProviderTest, RefusesWhatIsNotMeantForThisSignIn) {
  for (const auto& [claim, value] :
       std::vector<std::pair<const char*, Json>>{{"iss", "https://evil.example"},
                                                 {"aud", "another"},
                                                 {"aud", {"marquee", "another"}},
                                                 {"azp", "another"},
                                                 {"nonce", "another"},
                                                 {"exp", 1},
                                                 {"sub", ""}})
    EXPECT_EQ(ReasonWith(claim, value), "provider_refused") << claim;
  EXPECT_NE(registry_.Text().find("outcome=\"refused\""), std::string::npos);
}

TEST_F(OpenIdProviderTest, RefusesAnAnswerOfAnother) {
  EXPECT_EQ(Reason({.code = "a code", .error = {}, .issuer = "https://evil.example"}),
            "provider_refused");
  EXPECT_EQ(Reason({.code = "a code", .error = {}, .issuer = "https://id.example"}), "");
  EXPECT_EQ(Reason(), "") << "it doesn't say that it says so";
  http_.metadata["authorization_response_iss_parameter_supported"] = true;
  clock_.Advance(std::chrono::hours{1});
  EXPECT_EQ(Reason(), "provider_refused");
  EXPECT_EQ(Reason({.code = "a code", .error = {}, .issuer = "https://id.example"}), "");
}

TEST_F(OpenIdProviderTest, SaysWhatCameInsteadOfACode) {
  EXPECT_EQ(Reason({.code = {}, .error = "access_denied", .issuer = {}}), "access_denied");
  EXPECT_EQ(Reason({.code = {}, .error = "server_error", .issuer = {}}), "provider_refused");
  EXPECT_EQ(Reason({.code = {}, .error = {}, .issuer = {}}), "provider_refused");
  EXPECT_EQ(http_.AskedFor("/token"), 0);
}

TEST_F(OpenIdProviderTest, RefusesACodeThatTheProviderRefuses) {
  EXPECT_EQ(Reason(), "");
  auto other = kChallenge;
  other.verifier = std::string(43, 'w');
  EXPECT_EQ(provider_.Redeem({"a code", "", ""}, other, kNoDeadline).error().reason,
            "provider_refused");
  for (const auto& answer : {HttpResponse{200, "{}"}, HttpResponse{200, "<html>"},
                             HttpResponse{302, ""}, HttpResponse{401, ""}}) {
    http_.answers["/token"] = answer;
    EXPECT_EQ(Reason(), "provider_refused") << answer.status;
  }
  http_.answers["/token"] = {503, ""};
  EXPECT_EQ(Reason(), "provider_unavailable");
}

TEST_F(OpenIdProviderTest, IsUnavailableWhereItIsDownOrNoProvider) {
  http_.down = true;
  EXPECT_EQ(Reason(), "provider_unavailable");
  EXPECT_EQ(Reason(), "provider_unavailable");
  EXPECT_EQ(http_.sent.size(), 1U) << "it isn't asked again at once";
  EXPECT_NE(registry_.Text().find("outcome=\"unavailable\",provider=\"id\"} 2"), std::string::npos)
      << registry_.Text();
  http_.down = false;
  clock_.Advance(std::chrono::seconds{5});
  EXPECT_EQ(Reason(), "");
  http_.answers["/jwks"] = {200, "no keys"};
  clock_.Advance(std::chrono::hours{2});
  EXPECT_EQ(Reason(), "") << "those of before will do";
}

TEST(ReadProviderMetadata, RefusesAnotherIssuersAndWhatIsNotHttps) {
  const Json good = {{"issuer", "https://id.example"},
                     {"authorization_endpoint", "https://id.example/a"},
                     {"token_endpoint", "https://other.example/t"},
                     {"jwks_uri", "https://id.example/j"}};
  const auto reason = [&](const char* name, Json value) {
    Json changed = good;
    if (*name != '\0') changed[name] = std::move(value);
    const auto read = ReadProviderMetadata(changed.dump(), "https://id.example");
    return read.ok() ? "" : read.error().reason;
  };
  EXPECT_EQ(reason("", {}), "");
  for (const auto& [name, value] :
       std::vector<std::pair<const char*, Json>>{{"issuer", "https://id.example/"},
                                                 {"issuer", "https://evil.example"},
                                                 {"issuer", nullptr},
                                                 {"authorization_endpoint", "http://id.example/a"},
                                                 {"authorization_endpoint", "javascript:alert(1)"},
                                                 {"token_endpoint", "http://127.0.0.1/t"},
                                                 {"token_endpoint", ""},
                                                 {"jwks_uri", "file:///etc/passwd"},
                                                 {"jwks_uri", 7},
                                                 {"userinfo_endpoint", "http://id.example/u"}})
    EXPECT_EQ(reason(name, value), "provider_metadata_wrong") << name << value;
  EXPECT_EQ(ReadProviderMetadata("[]", "https://id.example").error().reason,
            "provider_metadata_wrong");
}

}  // namespace
}  // namespace marquee::auth
