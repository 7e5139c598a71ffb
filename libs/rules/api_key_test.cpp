#include "rules/api_key.h"

#include <gtest/gtest.h>

#include "rules/scope.h"

namespace marquee::rules {
namespace {

const std::string kId(kApiKeyIdLength, 'i');
const std::string kSecret(kApiKeySecretLength, 's');

TEST(ApiKeyText, HasTheChecksumThatEverybodyCanCompute) {
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926U) << "the check value of CRC-32";
  const std::string key = WriteApiKey(kId, kSecret);
  EXPECT_EQ(key.size(), kApiKeyLength);
  EXPECT_EQ(key.substr(0, 20), "mk_" + kId + "_");
  EXPECT_EQ(ApiKeyIdOf(key), kId);
}

TEST(ApiKeyText, IsRefusedWithAnyCharacterAltered) {
  const std::string key = WriteApiKey(kId, kSecret);
  for (std::size_t i = 0; i < key.size(); ++i) {
    for (const char c : {'0', 'Z', '_', '-', '\0', '\xff'}) {
      std::string typed = key;
      if (typed[i] == c) continue;
      typed[i] = c;
      EXPECT_FALSE(ApiKeyIdOf(typed)) << typed;
    }
  }
}

TEST(ApiKeyText, IsRefusedWhenItIsNotWhole) {
  const std::string key = WriteApiKey(kId, kSecret);
  for (const std::string& text :
       {std::string(), std::string("mk_"), key + "0", key + " ", " " + key, key.substr(1),
        key.substr(0, key.size() - 1), WriteApiKey(kId + "i", kSecret.substr(1)),
        WriteApiKey(kId, kSecret.substr(1) + "+")}) {
    EXPECT_FALSE(ApiKeyIdOf(text)) << text;
  }
}

TEST(ApiKeyText, TakesRandomBytesWithoutPreferringAny) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string text = Base62OfRandom(all, 1000);
  ASSERT_EQ(text.size(), 248U) << "bytes that would make some likelier are left out";
  for (const char c : text) EXPECT_EQ(std::ranges::count(text, c), 4) << c;
  EXPECT_EQ(Base62OfRandom(all, 10).size(), 10U);
}

TEST(Scopes, LeaveRolesBehind) {
  using Names = std::vector<std::string>;
  const Names all = {"user", "curator", "administrator"};
  EXPECT_EQ(RolesWithin(all, Names{"read", "ratings:write", "reviews:write"}), Names{"user"});
  EXPECT_EQ(RolesWithin(all, Names{"catalog:write"}), all);
  EXPECT_EQ(RolesWithin(all, Names{"read", "models:admin"}), (Names{"user", "administrator"}));
  EXPECT_EQ(RolesWithin({"user"}, Names{"models:admin"}), Names{"user"}) << "they give nothing";
  EXPECT_EQ(RolesWithin({"service"}, Names{"models:admin"}), Names{});
  EXPECT_EQ(RolesWithin(all, Names{}), Names{"user"});
}

}  // namespace
}  // namespace marquee::rules
