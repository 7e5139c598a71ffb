#include "token/id_token.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "token/openssl.h"

namespace marquee::token {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

constexpr std::int64_t kSecond = 1'700'000'000;
const Time kNow{seconds{kSecond}};
const ExpectedIdToken kExpected{
    .issuer = "https://id.example", .client_id = "marquee", .nonce = "nonce"};

// A provider's RSA key, of our own making.
class Rsa {
 public:
  explicit Rsa(int bits = 2048) : key_(Own(EVP_RSA_gen(static_cast<unsigned>(bits)))) {}

  std::string Sign(std::string_view message, const EVP_MD* hash = EVP_sha256()) const {
    const Digest digest(EVP_MD_CTX_new());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    EXPECT_EQ(EVP_DigestSignInit(digest.get(), nullptr, hash, nullptr, key_.get()), 1);
    EXPECT_EQ(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()),
                             &size, Bytes(message), message.size()),
              1);
    return signature;
  }
  Json Jwk(const std::string& kid) const {
    return {{"kty", "RSA"},
            {"kid", kid},
            {"n", Number(OSSL_PKEY_PARAM_RSA_N)},
            {"e", Number(OSSL_PKEY_PARAM_RSA_E)}};
  }

 private:
  std::string Number(const char* parameter) const {
    BIGNUM* raw = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), parameter, &raw), 1);
    const token::Number number(raw);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
    BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
    return Base64UrlEncode(bytes);
  }

  std::shared_ptr<EVP_PKEY> key_;
};

const Rsa& RsaKey() {
  static const Rsa key;
  return key;
}
const Es256Key& EcKey() {
  static const Es256Key key = Es256Key::Generate();
  return key;
}
Json EcJwk(const std::string& kid) {
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"kid", kid},
          {"x", Base64UrlEncode(EcKey().X())},
          {"y", Base64UrlEncode(EcKey().Y())}};
}
ProviderKeys Keys(const Json& keys) {
  auto parsed = ProviderKeys::Parse(Json{{"keys", keys}}.dump());
  EXPECT_TRUE(parsed.ok());
  return *std::move(parsed);
}
const ProviderKeys& BothKeys() {
  static const auto keys = Keys({RsaKey().Jwk("rsa"), EcJwk("ec")});
  return keys;
}

Json Good() {
  return {{"iss", "https://id.example"}, {"aud", "marquee"},      {"sub", "ada-1"},
          {"exp", kSecond + 300},        {"iat", kSecond - 1},    {"nonce", "nonce"},
          {"email", "ada@example.com"},  {"email_verified", true}};
}
Json Header(const char* algorithm, const char* kid) { return {{"alg", algorithm}, {"kid", kid}}; }

std::string Signed(const Json& header, const Json& claims) {
  const std::string input = Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(claims.dump());
  const std::string algorithm = header.value("alg", "");
  return input + "." +
         Base64UrlEncode(algorithm == "ES256" ? EcKey().Sign(input) : RsaKey().Sign(input));
}
std::string Reason(const std::string& jwt, const ProviderKeys& keys = BothKeys(), Time now = kNow) {
  const auto token = VerifyIdToken(jwt, keys, kExpected, now);
  return token.ok() ? "" : token.error().reason;
}
std::string Reason(const Json& claims) { return Reason(Signed(Header("RS256", "rsa"), claims)); }
Json With(const char* name, Json value) {
  Json claims = Good();
  claims[name] = std::move(value);
  return claims;
}
Json Without(const char* name) {
  Json claims = Good();
  claims.erase(name);
  return claims;
}

TEST(IdToken, IsTakenWithEitherAlgorithmUnderItsOwnKey) {
  for (const auto& header : {Header("RS256", "rsa"), Header("ES256", "ec")}) {
    const auto token = VerifyIdToken(Signed(header, Good()), BothKeys(), kExpected, kNow);
    ASSERT_TRUE(token.ok()) << token.error().ToString();
    EXPECT_EQ(token->subject, "ada-1");
    EXPECT_EQ(token->email, "ada@example.com");
    EXPECT_TRUE(token->email_verified);
  }
}

TEST(IdToken, IsSignedAsItsKeySaysAndNotAsItSaysItself) {
  const std::string none =
      Base64UrlEncode(R"({"alg":"none"})") + "." + Base64UrlEncode(Good().dump()) + ".";
  EXPECT_EQ(Reason(none), "id_token_invalid");
  EXPECT_EQ(Reason(none + "AA"), "id_token_invalid");

  // HS256 under what everybody knows: the public key's text, or the client's secret.
  for (const std::string& secret : {RsaKey().Jwk("rsa").dump(), std::string("the secret")}) {
    const std::string input =
        Base64UrlEncode(R"({"alg":"HS256","kid":"rsa"})") + "." + Base64UrlEncode(Good().dump());
    unsigned char mac[32];
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), Bytes(input), input.size(),
         mac, nullptr);
    EXPECT_EQ(Reason(input + "." + Base64UrlEncode({reinterpret_cast<char*>(mac), sizeof mac})),
              "id_token_invalid");
  }
  // Each under the other's key.
  EXPECT_EQ(Reason(Signed(Header("ES256", "rsa"), Good())), "id_token_invalid");
  EXPECT_EQ(Reason(Signed(Header("RS256", "ec"), Good())), "id_token_invalid");
  // RS384 isn't among what we said we take.
  const std::string input =
      Base64UrlEncode(R"({"alg":"RS384","kid":"rsa"})") + "." + Base64UrlEncode(Good().dump());
  EXPECT_EQ(Reason(input + "." + Base64UrlEncode(RsaKey().Sign(input, EVP_sha384()))),
            "id_token_invalid");
}

TEST(IdToken, IsNotTakenWhenAnythingOfItWasAltered) {
  const std::string good = Signed(Header("RS256", "rsa"), Good());
  ASSERT_EQ(Reason(good), "");
  const auto signature = good.rfind('.') + 1;
  for (const std::size_t at : {std::size_t{3}, good.find('.') + 5, signature + 5}) {
    std::string altered = good;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    EXPECT_NE(Reason(altered), "") << at;
  }
  EXPECT_NE(Reason(good.substr(0, signature)), "");
  EXPECT_NE(Reason(good + "."), "");
  EXPECT_EQ(Reason(Signed({{"alg", "RS256"}, {"kid", "rsa"}, {"crit", {"exp"}}}, Good())),
            "id_token_invalid");
}

TEST(IdToken, NamesItsKeyUnlessThereIsOnlyOne) {
  EXPECT_EQ(Reason(Signed(Header("RS256", "another"), Good())), "id_token_key_unknown");
  const std::string nameless = Signed({{"alg", "RS256"}}, Good());
  EXPECT_EQ(Reason(nameless), "") << "there is one RSA key";
  const auto two = Keys({RsaKey().Jwk("a"), RsaKey().Jwk("b")});
  EXPECT_EQ(Reason(nameless, two), "id_token_invalid");
}

TEST(IdToken, IsOfTheIssuerForUsAndOfThisSignIn) {
  for (const Json& claims :
       {With("iss", "https://id.example/"), With("iss", "https://evil.example"), Without("iss"),
        With("aud", "another"), With("aud", Json::array()), With("aud", {"another"}),
        With("aud", {"marquee", 7}), Without("aud"), With("nonce", "another"), With("nonce", ""),
        Without("nonce"), With("sub", ""), Without("sub"), With("sub", 7),
        With("sub", std::string(256, 's')), With("sub", "a\nb")}) {
    EXPECT_EQ(Reason(claims), "id_token_invalid") << claims.dump();
  }
  EXPECT_EQ(Reason(With("sub", std::string(255, 's'))), "");
  EXPECT_EQ(Reason(With("aud", {"marquee"})), "");
}

TEST(IdToken, WasGivenToUsWhereItIsForSeveral) {
  EXPECT_EQ(Reason(With("aud", {"marquee", "another"})), "id_token_invalid");
  EXPECT_EQ(Reason(With("azp", "another")), "id_token_invalid");
  EXPECT_EQ(Reason(With("azp", 7)), "id_token_invalid");
  EXPECT_EQ(Reason(With("azp", "marquee")), "");
  Json several = With("aud", {"another", "marquee"});
  several["azp"] = "marquee";
  EXPECT_EQ(Reason(several), "");
}

TEST(IdToken, IsTakenWhileItIsValid) {
  EXPECT_EQ(Reason(With("exp", kSecond - 59)), "") << "within the leeway";
  EXPECT_EQ(Reason(With("exp", kSecond - 60)), "id_token_expired");
  EXPECT_EQ(Reason(With("iat", kSecond + 60)), "");
  for (const Json& claims :
       {With("iat", kSecond + 61), With("nbf", kSecond + 61), Without("exp"), Without("iat"),
        With("exp", "never"), With("exp", 1e300), With("exp", -1)}) {
    EXPECT_EQ(Reason(claims), "id_token_invalid") << claims.dump();
  }
  EXPECT_EQ(Reason(With("exp", kSecond + 300.5)), "") << "RFC 7519 lets seconds have fractions";
}

TEST(IdToken, SaysWhetherTheAddressIsProved) {
  const auto verified = [](Json value) {
    const auto token = VerifyIdToken(Signed(Header("RS256", "rsa"), With("email_verified", value)),
                                     BothKeys(), kExpected, kNow);
    return token.ok() && token->email_verified;
  };
  EXPECT_TRUE(verified(true));
  EXPECT_TRUE(verified("true"));
  for (const Json& no : {Json(false), Json("false"), Json(1), Json("yes"), Json(nullptr)})
    EXPECT_FALSE(verified(no)) << no.dump();
}

TEST(ProviderKeys, HasWhatVerifiesAndPassesOverTheRest) {
  Json encryption = RsaKey().Jwk("enc"), other = RsaKey().Jwk("ps"), deriving = EcJwk("derive");
  encryption["use"] = "enc";
  other["alg"] = "PS256";
  deriving["key_ops"] = {"deriveKey"};
  Json off_curve = EcJwk("off"), even = RsaKey().Jwk("even"), one = RsaKey().Jwk("one");
  off_curve["x"] = off_curve["y"];
  even["e"] = Base64UrlEncode("\x02");
  one["e"] = Base64UrlEncode("\x01");
  const Json small = Rsa(1024).Jwk("small");
  Json mislabelled = EcJwk("mislabelled");
  mislabelled["kty"] = "RSA";
  const auto keys = Keys({encryption,
                          other,
                          deriving,
                          off_curve,
                          even,
                          one,
                          small,
                          mislabelled,
                          {{"kty", "oct"}, {"k", "c2VjcmV0"}},
                          7,
                          RsaKey().Jwk("good")});
  ASSERT_EQ(keys.keys().size(), 1U);
  EXPECT_EQ(keys.keys()[0].kid, "good");
}

TEST(ProviderKeys, RefusesWhatIsNoSet) {
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", "{\"keys\":[]}x", "null"})
    EXPECT_EQ(ProviderKeys::Parse(text).error().reason, "jwk_set_malformed") << text;
}

}  // namespace
}  // namespace marquee::token
