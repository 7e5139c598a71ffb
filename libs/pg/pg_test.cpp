#include <gtest/gtest.h>

#include <cmath>

#include "pg/array.h"
#include "pg/translate.h"

namespace marquee::pg {
namespace {

TEST(Array, WritesNumbers) {
  EXPECT_EQ(Array(std::vector<std::int64_t>{}), "{}");
  EXPECT_EQ(Array(std::vector<std::int64_t>{INT64_MIN, 0, INT64_MAX}),
            "{-9223372036854775808,0,9223372036854775807}");
  EXPECT_EQ(Array(std::vector<float>{0.5F, -INFINITY, NAN}), "{0.5,-Infinity,NaN}");
  EXPECT_EQ(Array(std::vector<bool>{true, false}), "{t,f}");
  EXPECT_EQ(Array(std::vector<std::optional<float>>{std::nullopt, 4.5F}), "{NULL,4.5}");
}

TEST(Array, QuotesEveryText) {
  const std::vector<std::string> texts{"", "NULL", R"(a"b\c)", "{1,2}", "Amélie, 2001", "'; DROP"};
  EXPECT_EQ(Array(texts), R"({"","NULL","a\"b\\c","{1,2}","Amélie, 2001","'; DROP"})");
  EXPECT_EQ(ParseTextArray(Array(texts)).value(), texts);
}

TEST(ParseArray, ReadsWhatPostgresPrints) {
  EXPECT_EQ(ParseTextArray("{}").value(), std::vector<std::string>{});
  EXPECT_EQ(ParseTextArray(R"({Drama,"Film, Noir","a\"b"})").value(),
            (std::vector<std::string>{"Drama", "Film, Noir", "a\"b"}));
  EXPECT_EQ(ParseInt64Array("{1,-2}").value(), (std::vector<std::int64_t>{1, -2}));
}

TEST(ParseArray, RefusesWhatItIsNot) {
  for (const char* text : {"", "{", "1,2", "{a,NULL}", "{{1},{2}}", "{\"a}", "{a,}", "{,a}"}) {
    EXPECT_FALSE(ParseTextArray(text).ok()) << text;
  }
  for (const char* text : {"{a}", "{1.5}", "{9223372036854775808}"}) {
    EXPECT_FALSE(ParseInt64Array(text).ok()) << text;
  }
}

TEST(Translate, KnowsTheStates) {
  const auto unique = TranslateState(
      "23505", "ERROR:  duplicate key value violates unique constraint \"accounts_email_key\"\n");
  EXPECT_EQ(unique.error.code, Code::kAlreadyExists);
  EXPECT_EQ(unique.error.field, "accounts_email_key");
  EXPECT_EQ(TranslateState("23503", "").error.code, Code::kFailedPrecondition);
  EXPECT_EQ(TranslateState("23514", "").error.code, Code::kInvalidArgument);
  EXPECT_TRUE(TranslateState("40P01", "").retry);
  EXPECT_EQ(TranslateState("57014", "").error.code, Code::kDeadlineExceeded);
  for (const char* state : {"08006", "57P01", "57P03", "53300"}) {
    EXPECT_TRUE(TranslateState(state, "").connection_lost) << state;
    EXPECT_EQ(TranslateState(state, "").error.code, Code::kUnavailable) << state;
  }
  EXPECT_EQ(TranslateState("42601", "syntax").error.code, Code::kInternal);
}

}  // namespace
}  // namespace marquee::pg
