// Project Wycheproof's vectors against what verifies access tokens. The vectors are no part of this
// project: where they aren't, these tests are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "token/es256.h"
#include "token/id_token.h"
#include "token/jwt.h"
#include "token/token.h"

namespace marquee::token {
namespace {

using Json = nlohmann::json;

class Wycheproof : public ::testing::Test {
 protected:
  // `use(group, test)` for each vector of the file, and how many there were.
  template <typename Use>
  static int ForEach(const std::string& name, Use use) {
    const char* shared = std::getenv("MARQUEE_SHARED");
    const auto path = std::filesystem::path(shared != nullptr ? shared : MARQUEE_SHARED_DEFAULT) /
                      "data/wycheproof" / (name + ".json");
    std::ifstream file(path);
    if (!file) return 0;
    int count = 0;
    const Json vectors = Json::parse(file);
    for (const auto& group : vectors["testGroups"]) {
      for (const auto& test : group["tests"]) {
        SCOPED_TRACE(name + " " + test["tcId"].dump() + ": " + test.value("comment", ""));
        use(group, test);
        ++count;
      }
    }
    return count;
  }

  // As a service takes them: what it keeps of a set of keys, and what it believes with those.
  static std::map<std::string, Es256Key> KeysIn(const Json& set) {
    std::map<std::string, Es256Key> keys;
    for (const auto& jwk : set.contains("keys") ? set["keys"] : Json::array({set})) {
      const auto text = [&](const char* name) { return jwk.value(name, ""); };
      const auto key = FromJwk({.kty = text("kty"),
                                .crv = text("crv"),
                                .x = text("x"),
                                .y = text("y"),
                                .kid = text("kid"),
                                .use = text("use"),
                                .alg = text("alg"),
                                .key_ops = jwk.value("key_ops", std::vector<std::string>())});
      if (!key) continue;
      if (const auto point = Es256Key::FromPoint(key->x, key->y)) keys.emplace(key->kid, *point);
    }
    return keys;
  }
  static bool Believes(const Json& set, const Json& test) {
    if (!test["jws"].is_string()) return false;
    const std::string jws = test["jws"];
    const auto parsed = ParseJwt(jws);
    if (!parsed.ok()) return false;
    const auto keys = KeysIn(set);
    const auto key = keys.find(parsed->kid);
    return key != keys.end() && key->second.Verify(parsed->signing_input, parsed->signature);
  }
  // As a provider's set of keys is taken, and what is believed with it.
  static bool BelievesOfProvider(const Json& set, const Json& test) {
    if (!test["jws"].is_string()) return false;
    const std::string jws = test["jws"];
    const auto parsed = ParseJws(jws, jws.size());
    const auto keys =
        ProviderKeys::Parse((set.contains("keys") ? set : Json{{"keys", {set}}}).dump());
    if (!parsed.ok() || !keys.ok()) return false;
    return std::ranges::any_of(keys->keys(), [&](const auto& key) {
      return key.algorithm() == parsed->algorithm &&
             key.Verify(parsed->signing_input, parsed->signature);
    });
  }
  // What ID tokens are signed with, beside that.
  static bool IsRs256(const Json& set) {
    const Json& key = set.contains("keys") ? set["keys"][0] : set;
    return key.value("kty", "") == "RSA" && key.value("alg", "") == "RS256";
  }
  static const Json& SetOf(const Json& group) {
    return group.contains("public") ? group["public"] : group["private"];
  }
  // What we make tokens with, and nothing else.
  static bool IsEs256(const Json& set) {
    const Json& key = set.contains("keys") ? set["keys"][0] : set;
    return key.value("alg", "") == "ES256" && key.value("crv", "") == "P-256";
  }
};

TEST_F(Wycheproof, EcdsaSignatures) {
  int valid = 0;
  const int count =
      ForEach("ecdsa_secp256r1_sha256_p1363_test", [&](const Json& group, const Json& test) {
        const std::string point = FromHex(group["publicKey"]["uncompressed"].get<std::string>());
        const auto key = Es256Key::FromPoint(point.substr(1, 32), point.substr(33));
        ASSERT_TRUE(key);
        const bool good = test["result"] == "valid";
        valid += good ? 1 : 0;
        EXPECT_EQ(key->Verify(FromHex(test["msg"].get<std::string>()),
                              FromHex(test["sig"].get<std::string>())),
                  good);
      });
  if (count == 0) GTEST_SKIP() << "no vectors";
  EXPECT_EQ(count, 262);
  EXPECT_GT(valid, 100);
}

TEST_F(Wycheproof, JsonWebSignatures) {
  int believed = 0;
  const int count = ForEach("json_web_signature_test", [&](const Json& group, const Json& test) {
    const bool good = test["result"] == "valid" && IsEs256(SetOf(group));
    believed += good ? 1 : 0;
    EXPECT_EQ(Believes(SetOf(group), test), good) << group.value("comment", "");
  });
  if (count == 0) GTEST_SKIP() << "no vectors";
  EXPECT_EQ(count, 401);
  EXPECT_GT(believed, 0);
}

TEST_F(Wycheproof, JsonWebSignaturesOfProviders) {
  int believed = 0;
  const int count = ForEach("json_web_signature_test", [&](const Json& group, const Json& test) {
    const Json& set = SetOf(group);
    const bool good = test["result"] == "valid" && (IsEs256(set) || IsRs256(set));
    believed += good ? 1 : 0;
    EXPECT_EQ(BelievesOfProvider(set, test), good) << group.value("comment", "");
  });
  if (count == 0) GTEST_SKIP() << "no vectors";
  EXPECT_EQ(believed, 10);
}

// But for one: whether a key was made by a chip of Infineon's (ROCA) is the provider's to know.
TEST_F(Wycheproof, JsonWebKeysOfProviders) {
  const int count = ForEach("json_web_key_test", [&](const Json& group, const Json& test) {
    if (test.value("comment", "") == "rejectsKeyWithRocaVulnerability") return;
    const Json& set = SetOf(group);
    EXPECT_EQ(BelievesOfProvider(set, test),
              test["result"] == "valid" && (IsEs256(set) || IsRs256(set)));
  });
  if (count == 0) GTEST_SKIP() << "no vectors";
}

TEST_F(Wycheproof, JsonWebKeys) {
  const int count = ForEach("json_web_key_test", [&](const Json& group, const Json& test) {
    EXPECT_EQ(Believes(SetOf(group), test), test["result"] == "valid" && IsEs256(SetOf(group)));
  });
  if (count == 0) GTEST_SKIP() << "no vectors";
  EXPECT_EQ(count, 26);
}

}  // namespace
}  // namespace marquee::token
