#include "base/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace marquee {
namespace {

using namespace std::string_view_literals;

TEST(ParseJson, TakesOneTextAndNothingBesideIt) {
  const auto json = ParseJson(R"( {"a":[1,{"a":"é"}],"b":null} )");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ((*json)["a"][1]["a"], "é");
  for (const auto text : {""sv, "{"sv, "{}{}"sv, "{} x"sv, "nul"sv, "\"\xff\""sv}) {
    EXPECT_FALSE(ParseJson(text).ok()) << text;
  }
}

TEST(ParseJson, RefusesWhatANulWouldHide) {
  for (const auto text : {"{\"a\":1}\0"sv, "{\"a\":1}\0{\"a\":2}"sv, "\0{}"sv, "{\"a\0\":1}"sv}) {
    const auto json = ParseJson(text);
    ASSERT_FALSE(json.ok());
    EXPECT_EQ(json.error().message, "contains a NUL");
  }
}

TEST(ParseJson, RefusesARepeatedKeyOfOneObjectAlone) {
  EXPECT_TRUE(ParseJson(R"({"a":{"b":1},"c":{"b":1}})").ok());
  const auto json = ParseJson(R"({"c":{"b":1,"b":2}})");
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error().message, "repeats the key b");
}

TEST(ParseJson, RefusesWhatIsNestedTooDeep) {
  EXPECT_TRUE(ParseJson("[[1]]", 2).ok());
  EXPECT_FALSE(ParseJson("[[[1]]]", 2).ok());
  EXPECT_FALSE(ParseJson(std::string(100'000, '[')).ok());
}

}  // namespace
}  // namespace marquee
