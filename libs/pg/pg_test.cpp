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
  EXPECT_EQ(TranslateState("57014", "").connection, Connection::kGood);
  // By class: states that PostgreSQL hasn't today, too.
  for (const char* state : {"08006", "08999", "57P01", "57P03", "57P05", "57XXX", "53100", "53200",
                            "53300", "28P01", "3D000", "40003", "25P03", "26000"}) {
    EXPECT_EQ(TranslateState(state, "").connection, Connection::kLost) << state;
    EXPECT_EQ(TranslateState(state, "").error.code, Code::kUnavailable) << state;
  }
  for (const char* state : {"42601", "22003", "23502", "25001", "0A000", "P0001"}) {
    EXPECT_EQ(TranslateState(state, "").error.code, Code::kInternal) << state;
    EXPECT_EQ(TranslateState(state, "").connection, Connection::kGood) << state;
  }
  for (const char* state : {"XX000", "58030", "99999", "", "Z"}) {
    EXPECT_EQ(TranslateState(state, "").error.code, Code::kInternal) << state;
    EXPECT_EQ(TranslateState(state, "").connection, Connection::kSuspect) << state;
  }
  const auto read_only = TranslateState("25006", "");
  EXPECT_EQ(read_only.error.reason, "database_read_only");
  EXPECT_EQ(read_only.connection, Connection::kLost);
  EXPECT_TRUE(read_only.retry) << "nothing has happened";
}

}  // namespace
}  // namespace marquee::pg
