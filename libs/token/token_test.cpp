#include "token/token.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/base64.h"
#include "token/es256.h"
#include "token/jwt.h"

namespace marquee::token {
namespace {

using std::chrono::seconds;

const Time kNow{seconds{1'700'000'000}};

const SigningKey& Key() {
  static const SigningKey key = SigningKey::Generate();
  return key;
}

Claims Ada() {
  return {.subject = "1000000001",
          .user_id = 1000000001,
          .roles = {"user", "curator"},
          .session_id = "s-1",
          .token_id = "t-1",
          .issued_at = kNow,
          .expires_at = kNow + seconds{900}};
}

// A token with any header and payload, rightly signed by Key().
std::string Forge(const std::string& header, const std::string& payload) {
  const std::string input = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
  const auto key = Es256Key::FromPem(Key().ToPem());
  return input + "." + Base64UrlEncode(key->Sign(input));
}

std::string Header(const std::string& extra = "") {
  return R"({"alg":"ES256","kid":")" + Key().public_key().kid + "\"" + extra + "}";
}

constexpr char kPayload[] =
    R"({"iss":"marquee","aud":"marquee","sub":"7","iat":1700000000,"exp":1700000900})";

Result<Claims> Check(const std::string& jwt, Time now = kNow) {
  return Verify(jwt, {Key().public_key()}, Policy{}, now);
}

Claims OfAnApplication() {
  Claims claims = Ada();
  claims.scopes = {"openid", "read"};
  claims.client_id = "app-1";
  return claims;
}

const Policy kOAuth{.oauth_issuer = "https://marquee.example"};

// The key, as who verifies has it.
std::vector<PublicKey> KeyOf(const std::string& issuer) {
  PublicKey key = Key().public_key();
  key.issuer = issuer;
  return {key};
}

TEST(ApplicationsToken, CarriesItsClaimsAndIsOfItsIssuerAlone) {
  const std::string jwt = Key().Sign(OfAnApplication(), kOAuth);
  EXPECT_EQ(*Base64UrlDecode(jwt.substr(0, jwt.find('.'))),
            R"({"alg":"ES256","kid":")" + Key().public_key().kid + R"(","typ":"at+jwt"})");
  const auto claims = Verify(jwt, KeyOf(kOAuth.oauth_issuer), {}, kNow);
  ASSERT_TRUE(claims.ok()) << claims.error().ToString();
  EXPECT_EQ(claims->client_id, "app-1");
  EXPECT_EQ(claims->user_id, 1000000001);
  EXPECT_EQ(*claims->scopes, (std::vector<std::string>{"openid", "read"}));
  for (const char* issuer : {"", "marquee", "https://other.example"})
    EXPECT_FALSE(Verify(jwt, KeyOf(issuer), {}, kNow).ok()) << issuer;
  Verifier verifier(
      {}, [] { return KeyOf(kOAuth.oauth_issuer); }, SystemClock());
  EXPECT_EQ(verifier.Verify(jwt).error().reason, "token_expired") << "and not token_invalid";
  // A login's is ours, whatever the key's issuer.
  EXPECT_TRUE(Verify(Key().Sign(Ada(), kOAuth), KeyOf(kOAuth.oauth_issuer), {}, kNow).ok());
}

TEST(ApplicationsToken, IsTheClientsOwnWithoutAPerson) {
  Claims claims = OfAnApplication();
  claims.subject = claims.client_id;
  const auto verified = Verify(Key().Sign(claims, kOAuth), KeyOf(kOAuth.oauth_issuer), {}, kNow);
  ASSERT_TRUE(verified.ok()) << verified.error().ToString();
  EXPECT_EQ(verified->user_id, 0);
  claims.subject = "app-2";
  EXPECT_FALSE(Verify(Key().Sign(claims, kOAuth), KeyOf(kOAuth.oauth_issuer), {}, kNow).ok());
}

TEST(ApplicationsToken, NamesItsClientAndScopes) {
  const std::string header = Header(R"(,"typ":"at+jwt")");
  const auto refused = [&](const std::string& more, const std::string& issuer) {
    const std::string payload = R"({"iss":")" + issuer +
                                R"(","aud":"marquee","sub":"7","iat":1700000000,"exp":1700000900)" +
                                more + "}";
    return !Verify(Forge(header, payload), KeyOf(kOAuth.oauth_issuer), {}, kNow).ok();
  };
  const std::string& issuer = kOAuth.oauth_issuer;
  EXPECT_FALSE(refused(R"(,"client_id":"a","scope":"read")", issuer));
  EXPECT_TRUE(refused(R"(,"client_id":"a","scope":"read")", "marquee"));
  EXPECT_TRUE(refused(R"(,"client_id":"a")", issuer)) << "it would be bound to nothing";
  EXPECT_TRUE(refused(R"(,"scope":"read")", issuer));
  EXPECT_TRUE(refused(R"(,"client_id":"","scope":"read")", issuer));
  EXPECT_TRUE(refused(R"(,"client_id":7,"scope":"read")", issuer));
  EXPECT_TRUE(refused("", issuer));
  EXPECT_TRUE(refused("", ""));
}

TEST(IdToken, IsNoAccessToken) {
  const IdentityClaims claims{.subject = "1000000001",
                              .client_id = "app-1",
                              .nonce = "n",
                              .session_id = "s",
                              .authenticated_at = kNow,
                              .issued_at = kNow,
                              .expires_at = kNow + seconds{900}};
  const std::string jwt = Key().SignIdentity(claims, kOAuth);
  const auto key = Es256Key::FromPoint(Key().public_key().x, Key().public_key().y);
  const auto parsed = ParseJwt(jwt);
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(key->Verify(parsed->signing_input, parsed->signature));
  EXPECT_FALSE(parsed->for_client);
  for (const char* issuer : {"", "marquee", "https://marquee.example"})
    EXPECT_FALSE(Verify(jwt, KeyOf(issuer), {}, kNow).ok()) << issuer;
  // Each of the two alone would do: were the client called as we are, its issuer is another.
  IdentityClaims ours = claims;
  ours.client_id = "marquee";
  EXPECT_FALSE(Verify(Key().SignIdentity(ours, kOAuth), KeyOf(kOAuth.oauth_issuer), {}, kNow).ok());
  EXPECT_FALSE(
      Verify(Key().SignIdentity(claims, {.oauth_issuer = "marquee"}), KeyOf("marquee"), {}, kNow)
          .ok());
}

TEST(Token, CarriesItsClaims) {
  const auto claims = Check(Key().Sign(Ada(), Policy{}));
  ASSERT_TRUE(claims.ok()) << claims.error().ToString();
  EXPECT_EQ(claims->subject, "1000000001");
  EXPECT_EQ(claims->user_id, 1000000001);
  EXPECT_EQ(claims->roles, (std::vector<std::string>{"user", "curator"}));
  EXPECT_EQ(claims->session_id, "s-1");
  EXPECT_EQ(claims->token_id, "t-1");
  EXPECT_EQ(claims->issued_at, kNow);
  EXPECT_EQ(claims->expires_at, kNow + seconds{900});
}

TEST(Token, OfAKeyCarriesItsScopesAndALoginsNone) {
  EXPECT_FALSE(Check(Key().Sign(Ada(), Policy{}))->scopes);
  Claims claims = Ada();
  claims.scopes = {{"read", "ratings:write"}};
  claims.api_key_id = "k";
  auto read = Check(Key().Sign(claims, Policy{}));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->scopes, claims.scopes);
  EXPECT_EQ(read->api_key_id, "k");
  claims.scopes.emplace();
  read = Check(Key().Sign(claims, Policy{}));
  ASSERT_TRUE(read->scopes) << "bound to none isn't unbound";
  EXPECT_TRUE(read->scopes->empty());
  for (const char* wrong : {"7", "null", R"(["read"])"}) {
    std::string payload = kPayload;
    payload.insert(1, std::string(R"("scope":)") + wrong + ",");
    EXPECT_EQ(Check(Forge(Header(), payload)).error().reason, "token_invalid") << wrong;
  }
}

TEST(Token, OfAServiceHasNoUser) {
  Claims claims = Ada();
  claims.subject = "service:trainer";
  const auto read = Check(Key().Sign(claims, Policy{}));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->user_id, 0);
  EXPECT_EQ(read->subject, "service:trainer");
}

TEST(Token, AcceptsAnAudienceInAList) {
  EXPECT_TRUE(Check(Forge(Header(), R"({"iss":"marquee","aud":["other","marquee"],"sub":"7",)"
                                    R"("iat":1700000000,"exp":1700000900})"))
                  .ok());
}

TEST(Token, ExpiresAfterTheLeeway) {
  const auto jwt = Key().Sign(Ada(), Policy{});
  EXPECT_TRUE(Check(jwt, kNow + seconds{904}).ok());
  EXPECT_EQ(Check(jwt, kNow + seconds{905}).error().reason, "token_expired");
  EXPECT_EQ(Check(jwt, kNow + seconds{905}).error().code, Code::kUnauthenticated);
}

TEST(Token, IsNotValidBeforeItsTime) {
  const auto jwt = Key().Sign(Ada(), Policy{});
  EXPECT_TRUE(Check(jwt, kNow - seconds{5}).ok());
  EXPECT_EQ(Check(jwt, kNow - seconds{6}).error().reason, "token_invalid");
}

struct Bad {
  const char* name;
  std::string jwt;
};

std::vector<Bad> BadTokens() {
  const std::string good = Forge(Header(), kPayload);
  const auto signature = good.substr(good.rfind('.') + 1);
  const auto parts = good.substr(0, good.rfind('.'));
  const auto payload_part = Base64UrlEncode(kPayload);
  const auto raw = *Base64UrlDecode(signature);
  const auto with_payload = [](const std::string& payload) { return Forge(Header(), payload); };
  const auto kid = Key().public_key().kid;
  Policy other_issuer, other_audience;
  other_issuer.issuer = "someone";
  other_audience.audience = "elsewhere";
  return {
      {"Empty", ""},
      {"Garbage", "not a token"},
      {"TwoParts", parts},
      {"FourParts", good + ".AAAA"},
      {"Padded", good + "="},
      {"TruncatedSignature", good.substr(0, good.size() - 4)},
      {"TruncatedInTheMiddle", good.substr(0, good.size() / 2)},
      {"EmptySignature", parts + "."},
      {"ZeroSignature", parts + "." + Base64UrlEncode(std::string(64, '\0'))},
      {"SwappedSignature", parts + "." + Base64UrlEncode(raw.substr(32) + raw.substr(0, 32))},
      {"ForeignKeyUnderOurKid",
       [&] {
         const auto input = Base64UrlEncode(Header()) + "." + payload_part;
         return input + "." + Base64UrlEncode(Es256Key::Generate().Sign(input));
       }()},
      {"ForeignKey", SigningKey::Generate().Sign(Ada(), Policy{})},
      {"NoneWithoutSignature",
       Base64UrlEncode(R"({"alg":"none","kid":")" + kid + "\"}") + "." + payload_part + "."},
      {"None", Forge(R"({"alg":"none","kid":")" + kid + "\"}", kPayload)},
      {"Hs256", Forge(R"({"alg":"HS256","kid":")" + kid + "\"}", kPayload)},
      {"Rs256", Forge(R"({"alg":"RS256","kid":")" + kid + "\"}", kPayload)},
      {"AlgorithmInLowerCase", Forge(R"({"alg":"es256","kid":")" + kid + "\"}", kPayload)},
      {"NoAlgorithm", Forge(R"({"kid":")" + kid + "\"}", kPayload)},
      {"NoKid", Forge(R"({"alg":"ES256"})", kPayload)},
      {"KidOfAnotherType", Forge(R"({"alg":"ES256","kid":7})", kPayload)},
      {"UnknownKid", Forge(R"({"alg":"ES256","kid":"another"})", kPayload)},
      {"Critical", Forge(Header(R"(,"crit":["exp"])"), kPayload)},
      {"AnotherType", Forge(Header(R"(,"typ":"logout+jwt")"), kPayload)},
      {"HeaderNotJson", Forge("{", kPayload)},
      {"HeaderNotAnObject", Forge("[]", kPayload)},
      {"PayloadNotJson", with_payload("{\"iss\":")},
      {"PayloadNotAnObject", with_payload("[]")},
      {"AnotherIssuer", Key().Sign(Ada(), other_issuer)},
      {"AnotherAudience", Key().Sign(Ada(), other_audience)},
      {"NoAudience", with_payload(R"({"iss":"marquee","sub":"7","iat":1700000000,)"
                                  R"("exp":1700000900})")},
      {"NoIssuer", with_payload(R"({"aud":"marquee","sub":"7","iat":1700000000,)"
                                R"("exp":1700000900})")},
      {"NoExpiry", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"7",)"
                                R"("iat":1700000000})")},
      {"FractionalExpiry", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"7",)"
                                        R"("iat":1700000000,"exp":1700000900.5})")},
      {"ExpiryAsText", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"7",)"
                                    R"("iat":1700000000,"exp":"1700000900"})")},
      {"ExpiryBeyondTime", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"7",)"
                                        R"("iat":1700000000,"exp":9223372036854775807})")},
      {"NegativeIssuedAt", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"7",)"
                                        R"("iat":-1,"exp":1700000900})")},
      {"NotYet", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"7",)"
                              R"("iat":1700000000,"nbf":1700000060,"exp":1700000900})")},
      {"NoSubject", with_payload(R"({"iss":"marquee","aud":"marquee","iat":1700000000,)"
                                 R"("exp":1700000900})")},
      {"NegativeSubject", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"-7",)"
                                       R"("iat":1700000000,"exp":1700000900})")},
      {"SubjectWithLeadingZero", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"07",)"
                                              R"("iat":1700000000,"exp":1700000900})")},
      {"RolesAsText", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"7",)"
                                   R"("roles":"administrator",)"
                                   R"("iat":1700000000,"exp":1700000900})")},
      {"RolesOfNumbers", with_payload(R"({"iss":"marquee","aud":"marquee","sub":"7","roles":[1],)"
                                      R"("iat":1700000000,"exp":1700000900})")},
      {"TooLong", with_payload(std::string(kPayload, sizeof kPayload - 2) + R"(,"x":")" +
                               std::string(9000, 'a') + "\"}")},
  };
}

class BadToken : public testing::TestWithParam<Bad> {};
TEST_P(BadToken, IsRefused) {
  const auto claims = Check(GetParam().jwt);
  ASSERT_FALSE(claims.ok());
  EXPECT_EQ(claims.error().code, Code::kUnauthenticated);
  EXPECT_EQ(claims.error().reason, "token_invalid");
}
INSTANTIATE_TEST_SUITE_P(All, BadToken, testing::ValuesIn(BadTokens()),
                         [](const auto& info) { return info.param.name; });

TEST(Token, IsRefusedWithAnyBitFlipped) {
  const std::string good = Forge(Header(), kPayload);
  ASSERT_TRUE(Check(good).ok());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int bit : {0, 3, 5}) {
      std::string flipped = good;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_FALSE(Check(flipped).ok()) << "byte " << i << ", bit " << bit;
    }
  }
}

TEST(Es256, VerifiesTheStandardsExample) {
  const auto key =
      Es256Key::FromPoint(*Base64UrlDecode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                          *Base64UrlDecode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
  ASSERT_TRUE(key.has_value());
  const std::string input =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV"
      "lfQ";
  const auto signature = *Base64UrlDecode(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_TRUE(key->Verify(input, signature));
  EXPECT_FALSE(key->Verify(input + "x", signature));
}

TEST(SigningKey, NamesItselfByItsThumbprint) {  // RFC 7638; computed with Python's hashlib
  EXPECT_EQ(Thumbprint(*Base64UrlDecode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                       *Base64UrlDecode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")),
            "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  EXPECT_EQ(Key().public_key().kid, Thumbprint(Key().public_key().x, Key().public_key().y));
}

TEST(Es256, RefusesAPointOffTheCurve) {
  auto x = Key().public_key().x;
  x[31] ^= 1;
  EXPECT_FALSE(Es256Key::FromPoint(x, Key().public_key().y).has_value());
  EXPECT_FALSE(Es256Key::FromPoint(std::string(32, '\0'), std::string(32, '\0')).has_value());
  EXPECT_FALSE(Es256Key::FromPoint("short", Key().public_key().y).has_value());
}

TEST(SigningKey, SurvivesStorageAsPem) {
  const auto read = SigningKey::FromPem(Key().ToPem());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->public_key().kid, Key().public_key().kid);
  EXPECT_TRUE(Check(read->Sign(Ada(), Policy{})).ok());
}

TEST(SigningKey, RefusesWhatIsNoPrivateKeyOnP256) {
  EXPECT_FALSE(SigningKey::FromPem("").ok());
  EXPECT_FALSE(SigningKey::FromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END").ok());
  // openssl genpkey -algorithm ed25519
  EXPECT_FALSE(
      SigningKey::FromPem("-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
                          "-----END PRIVATE KEY-----\n")
          .ok());
}

// What a Verifier asks for keys, with what it shall answer next.
struct Source {
  Result<std::vector<PublicKey>> answer = std::vector<PublicKey>{Key().public_key()};
  std::atomic<int> asked = 0;
  Verifier::KeySource Function() {
    return [this] {
      ++asked;
      return answer;
    };
  }
};

class VerifierTest : public testing::Test {
 protected:
  ManualClock clock_{kNow};
  Source source_;
  Verifier verifier_{Policy{}, source_.Function(), clock_};
  const std::string jwt_ = Key().Sign(Ada(), Policy{});
};

TEST_F(VerifierTest, FetchesKeysOnce) {
  for (int i = 0; i < 3; ++i) {
    const auto claims = verifier_.Verify(jwt_);
    ASSERT_TRUE(claims.ok());
    EXPECT_EQ(claims->roles.size(), 2U);
  }
  EXPECT_EQ(source_.asked, 1);
}

TEST_F(VerifierTest, RefusesARememberedTokenOnceItExpired) {
  ASSERT_TRUE(verifier_.Verify(jwt_).ok());
  clock_.Advance(seconds{905});
  EXPECT_EQ(verifier_.Verify(jwt_).error().reason, "token_expired");
}

TEST_F(VerifierTest, RefusesAForgedTokenAfterAGoodOne) {
  ASSERT_TRUE(verifier_.Verify(jwt_).ok());
  std::string forged = jwt_;
  forged[jwt_.rfind('.') + 5] ^= 1;
  EXPECT_EQ(verifier_.Verify(forged).error().reason, "token_invalid");
}

TEST_F(VerifierTest, AsksAgainForAnUnknownKeyButNotOften) {
  ASSERT_TRUE(verifier_.Verify(jwt_).ok());
  const auto next = SigningKey::Generate();
  const auto fresh = next.Sign(Ada(), Policy{});
  source_.answer = std::vector{Key().public_key(), next.public_key()};
  EXPECT_FALSE(verifier_.Verify(fresh).ok());  // asked less than 5 s ago
  clock_.Advance(seconds{5});
  EXPECT_TRUE(verifier_.Verify(fresh).ok());
  EXPECT_EQ(source_.asked, 2);
  const auto foreign = SigningKey::Generate().Sign(Ada(), Policy{});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(verifier_.Verify(foreign).ok());
  EXPECT_EQ(source_.asked, 2);
  EXPECT_TRUE(verifier_.Verify(jwt_).ok());
}

TEST_F(VerifierTest, ForgetsARetiredKeyAndItsTokens) {
  ASSERT_TRUE(verifier_.Verify(jwt_).ok());
  source_.answer = std::vector{SigningKey::Generate().public_key()};
  clock_.Advance(seconds{300});
  EXPECT_EQ(verifier_.Verify(jwt_).error().reason, "token_invalid");
}

TEST_F(VerifierTest, GoesOnWithOldKeysWhenTheSourceFails) {
  ASSERT_TRUE(verifier_.Verify(jwt_).ok());
  source_.answer = Error::Unavailable("down", "down");
  clock_.Advance(seconds{300});
  EXPECT_TRUE(verifier_.Verify(jwt_).ok());
  EXPECT_TRUE(verifier_.Verify(jwt_).ok());
  EXPECT_EQ(source_.asked, 2);  // and doesn't ask at every call
  clock_.Advance(seconds{5});
  EXPECT_TRUE(verifier_.Verify(jwt_).ok());
  EXPECT_EQ(source_.asked, 3);
}

TEST_F(VerifierTest, IsUnavailableWithoutKeysAndRecovers) {
  source_.answer = Error::Unavailable("down", "down");
  EXPECT_EQ(verifier_.Verify(jwt_).error().code, Code::kUnavailable);
  source_.answer = std::vector{Key().public_key()};
  EXPECT_TRUE(verifier_.Verify(jwt_).ok());
}

TEST_F(VerifierTest, ServesManyThreadsWithOneFetch) {
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 100; ++n) good += verifier_.Verify(jwt_).ok() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(good, 800);
  EXPECT_EQ(source_.asked, 1);
}

TEST_F(VerifierTest, KeepsManyTokensApart) {
  // More than it remembers: each must give its own claims, whether looked up or checked anew.
  std::vector<std::string> tokens;
  for (int i = 1; i <= 2600; ++i) {
    Claims claims = Ada();
    claims.subject = std::to_string(i);
    tokens.push_back(Key().Sign(claims, Policy{}));
  }
  for (int round = 0; round < 2; ++round) {
    for (int i = 1; i <= 2600; ++i) ASSERT_EQ(verifier_.Verify(tokens[i - 1])->user_id, i);
  }
}

TEST(BearerToken, IsWhatTheRfcSaysAndNothingElse) {
  for (const char* header :
       {"Bearer a.b-c_d~e+f/g=", "bearer a.b-c_d~e+f/g=", "BEARER   a.b-c_d~e+f/g=  "}) {
    EXPECT_EQ(BearerToken(header), "a.b-c_d~e+f/g=") << header;
  }
  for (const char* header :
       {"", "Bearer", "Bearer ", "Bearer\tx", "Bearerx", "Basic YTpi", "Bearer a b",
        "Bearer =", "Bearer a\x80", "Bearer a,b", "Bearer a=b"}) {
    EXPECT_FALSE(BearerToken(header).has_value()) << header;
  }
}

TEST(ParsedJwt, DoesNotEndAtANul) {
  const auto key = SigningKey::Generate();
  const auto now = SystemClock().Now();
  Claims claims;
  claims.subject = "7";
  claims.user_id = 7;
  claims.issued_at = now;
  claims.expires_at = now + std::chrono::minutes{5};
  const std::string good = key.Sign(claims, {});
  ASSERT_TRUE(Verify(good, {key.public_key()}, {}, now).ok());
  const auto first = good.find('.');
  const auto header = *Base64UrlDecode(std::string_view(good).substr(0, first));
  const auto hidden = Base64UrlEncode(header + std::string("\0{}", 3));
  const auto status = Verify(hidden + good.substr(first), {key.public_key()}, {}, now);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("header isn't a JSON object"), std::string::npos);
}

}  // namespace
}  // namespace marquee::token
