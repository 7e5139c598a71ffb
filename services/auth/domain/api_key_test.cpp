#include "auth/domain/api_key.h"

#include <gtest/gtest.h>

namespace marquee::auth {
namespace {

std::string Written(std::string_view text) {
  const auto network = Network::Parse(text);
  return network ? network->ToString() : "none";
}

TEST(Network, IsWrittenAsTheRfcsWriteIt) {
  EXPECT_EQ(Written("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(Written("192.0.2.7/32"), "192.0.2.7");
  EXPECT_EQ(Written("192.0.2.0/24"), "192.0.2.0/24");
  EXPECT_EQ(Written("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(Written("2001:DB8:0:0::/32"), "2001:db8::/32");
  EXPECT_EQ(Written("2001:db8::1/128"), "2001:db8::1");
  EXPECT_EQ(Written("::/0"), "::/0");
  EXPECT_EQ(Written("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(Written("::ffff:c000:200/120"), "192.0.2.0/24");
  EXPECT_EQ(Written("::ffff:0:0/96"), "0.0.0.0/0");
}

TEST(Network, IsNothingElse) {
  for (const std::string text : {"",
                                 "/",
                                 "/24",
                                 "192.0.2",
                                 "192.0.2.0.1",
                                 "192.0.2.256",
                                 "192.0.02.1",
                                 "0xc0.0.2.1",
                                 "192.0.2.1/24",
                                 "192.0.2.0/",
                                 "192.0.2.0/33",
                                 "192.0.2.0/-1",
                                 "192.0.2.0/+24",
                                 "192.0.2.0/024",
                                 "192.0.2.0/24/24",
                                 "192.0.2.0/24 ",
                                 " 192.0.2.0/24",
                                 "192.0.2.0/2 4",
                                 "192.0.2.0/255.255.255.0",
                                 "2001:db8::/129",
                                 "2001:db8::1/64",
                                 ":::",
                                 "fe80::1%eth0",
                                 "[2001:db8::1]",
                                 "::ffff:192.0.2.7/95",
                                 "::ffff:192.0.2.7/120",
                                 "example.com",
                                 "1"}) {
    EXPECT_EQ(Written(text), "none") << text;
  }
  EXPECT_EQ(Written(std::string_view("192.0.2.7\0", 10)), "none");
}

bool Allows(std::initializer_list<const char*> networks, std::string_view address) {
  ApiKey key;
  for (const char* network : networks) key.networks.push_back(*Network::Parse(network));
  return key.AllowsAddress(address);
}

TEST(ApiKeyNetworks, HoldToTheLastBit) {
  EXPECT_TRUE(Allows({"192.0.2.128/25"}, "192.0.2.128"));
  EXPECT_TRUE(Allows({"192.0.2.128/25"}, "192.0.2.255"));
  EXPECT_FALSE(Allows({"192.0.2.128/25"}, "192.0.2.127"));
  EXPECT_FALSE(Allows({"192.0.2.128/25"}, "192.0.3.128"));
  EXPECT_TRUE(Allows({"192.0.2.7"}, "192.0.2.7"));
  EXPECT_FALSE(Allows({"192.0.2.7"}, "192.0.2.6"));
  EXPECT_TRUE(Allows({"2001:db8:8000::/33"}, "2001:db8:ffff::1"));
  EXPECT_FALSE(Allows({"2001:db8:8000::/33"}, "2001:db8:7fff::1"));
  EXPECT_TRUE(Allows({"2001:db8::1"}, "2001:db8:0::1"));
  EXPECT_FALSE(Allows({"2001:db8::1"}, "2001:db8::2"));
}

TEST(ApiKeyNetworks, TakeMappedAddressesForIpv4) {
  EXPECT_TRUE(Allows({"192.0.2.0/24"}, "::ffff:192.0.2.7"));
  EXPECT_TRUE(Allows({"::ffff:192.0.2.0/120"}, "192.0.2.7"));
  EXPECT_TRUE(Allows({"0.0.0.0/0"}, "::ffff:192.0.2.7"));
  EXPECT_FALSE(Allows({"::/0"}, "::ffff:192.0.2.7")) << "all of IPv6, and no IPv4";
  EXPECT_FALSE(Allows({"::/0"}, "192.0.2.7"));
  EXPECT_TRUE(Allows({"::/0"}, "2001:db8::1"));
  EXPECT_FALSE(Allows({"0.0.0.0/0"}, "2001:db8::1"));
  EXPECT_FALSE(Allows({"0.0.0.0/0"}, "::192.0.2.7")) << "compatible isn't mapped";
}

TEST(ApiKeyNetworks, LetInWhoIsInAnyAndKeepOutWhoIsUnknown) {
  EXPECT_TRUE(Allows({}, "192.0.2.7"));
  EXPECT_TRUE(Allows({}, ""));
  EXPECT_TRUE(Allows({"2001:db8::/32", "192.0.2.0/24"}, "192.0.2.7"));
  EXPECT_FALSE(Allows({"0.0.0.0/0", "::/0"}, ""));
  EXPECT_FALSE(Allows({"0.0.0.0/0", "::/0"}, "192.0.2.7, 192.0.2.8"));
  EXPECT_FALSE(Allows({"0.0.0.0/0", "::/0"}, "192.0.2.0/24"));
}

TEST(ApiKeyRules, NameWhatIsWrong) {
  const auto scopes = [](std::vector<std::string> names) { return ParseScopes(names); };
  EXPECT_EQ(scopes({}).error().reason, "scopes_missing");
  EXPECT_EQ(scopes({"read", "all"}).error().field, "scopes[1]");
  EXPECT_EQ(*scopes({"models:admin", "read", "read"}),
            (std::vector<std::string>{"read", "models:admin"}));

  const auto networks = [](std::vector<std::string> texts) { return ParseNetworks(texts); };
  EXPECT_EQ(networks({"192.0.2.0/24", "192.0.2.0/33"}).error().field, "networks[1]");
  EXPECT_EQ(networks(std::vector<std::string>(21, "192.0.2.7")).error().reason,
            "networks_too_many");
  EXPECT_EQ(networks({"192.0.2.7", "::ffff:192.0.2.7"})->size(), 1U);

  EXPECT_EQ(*MakeApiKeyName("  nightly export "), "nightly export");
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "é";
  EXPECT_EQ(*MakeApiKeyName(longest), longest);
  for (const std::string& name : {std::string(), std::string("  "), longest + "e",
                                  std::string("two\nlines"), std::string("\u202Eexport")}) {
    EXPECT_EQ(MakeApiKeyName(name).error().reason, "api_key_name_malformed") << name;
  }
}

TEST(ApiKeyRules, ExpireToTheMoment) {
  ApiKey key;
  const Time now{std::chrono::seconds{1'700'000'000}};
  EXPECT_FALSE(key.IsExpired(now));
  key.expires_at = now;
  EXPECT_TRUE(key.IsExpired(now));
  EXPECT_FALSE(key.IsExpired(now - std::chrono::microseconds{1}));
}

}  // namespace
}  // namespace marquee::auth
