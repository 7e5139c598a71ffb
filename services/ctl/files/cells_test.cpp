#include "ctl/files/cells.h"

#include <gtest/gtest.h>

namespace marquee::ctl {
namespace {

TEST(ParseWhole, TakesWholeNumbersAndTellsWhyNot) {
  const std::tuple<const char*, NumberForm, std::int64_t> cases[] = {
      {"21", NumberForm::kPlain, 21},
      {"-3", NumberForm::kPlain, -3},
      {" 21\t", NumberForm::kPlain, 21},
      {"114709.0", NumberForm::kWholeDecimal, 114709},
      {"21.", NumberForm::kWholeDecimal, 21},
      {"9223372036854775807", NumberForm::kPlain, INT64_MAX},
      {"9223372036854775808", NumberForm::kTooLarge, 0},
      {"99999999999999999999.0", NumberForm::kTooLarge, 0},
      {"21.5", NumberForm::kText, 0},
      {"1.1E+09", NumberForm::kScientific, 0},
      {"1e9", NumberForm::kScientific, 0},
      {"'21'", NumberForm::kQuoted, 0},
      {"\"21\"", NumberForm::kQuoted, 0},
      {"A3SGXH7AUHU8GW", NumberForm::kText, 0},
      {"+21", NumberForm::kText, 0},
      {"0x15", NumberForm::kText, 0},
      {"2 1", NumberForm::kText, 0},
      {"21abc", NumberForm::kText, 0},
      {"", NumberForm::kText, 0},
      {".0", NumberForm::kText, 0}};
  for (const auto& [text, form, expected] : cases) {
    std::int64_t value = 0;
    EXPECT_EQ(ParseWhole(text, value), form) << text;
    if (IsTaken(form)) {
      EXPECT_EQ(value, expected) << text;
    }
  }
}

TEST(ParseDecimal, TakesACommaOnlyWhereItSeparatesNothing) {
  double value = 0;
  EXPECT_EQ(ParseDecimal("4.5", false, value), NumberForm::kPlain);
  EXPECT_EQ(value, 4.5);
  EXPECT_EQ(ParseDecimal("4,5", true, value), NumberForm::kDecimalComma);
  EXPECT_EQ(value, 4.5);
  EXPECT_EQ(ParseDecimal("4,5", false, value), NumberForm::kText);
  EXPECT_EQ(ParseDecimal("4,5,0", true, value), NumberForm::kText);
  EXPECT_EQ(ParseDecimal("'4.5'", true, value), NumberForm::kQuoted);
  EXPECT_EQ(ParseDecimal("four", true, value), NumberForm::kText);
  EXPECT_EQ(ParseDecimal("", true, value), NumberForm::kText);
}

TEST(ParseSeconds, TakesNumbersAndIsoDates) {
  const std::tuple<const char*, NumberForm, std::int64_t> cases[] = {
      {"1100000000", NumberForm::kPlain, 1100000000},
      {"1100000000.0", NumberForm::kWholeDecimal, 1100000000},
      {"1100000000.75", NumberForm::kFraction, 1100000000},
      {"1970-01-02", NumberForm::kDate, 86400},
      {"2005-04-02 23:53:47", NumberForm::kDate, 1112486027},
      {"2005-04-02T23:53:47", NumberForm::kDate, 1112486027},
      {"2005-04-02T23:53:47Z", NumberForm::kDate, 1112486027},
      {"2005-04-02T23:53:47.123456Z", NumberForm::kDate, 1112486027},
      {"2005-04-03T01:53:47+02:00", NumberForm::kDate, 1112486027},
      {"2005-04-02T18:53:47-0500", NumberForm::kDate, 1112486027},
      {"2005-04-02 23:53", NumberForm::kDate, 1112485980},
      {"2004-02-29", NumberForm::kDate, 1078012800},
      {"1969-12-31", NumberForm::kDate, -86400},
      {"2005-02-29", NumberForm::kText, 0},
      {"2005-13-01", NumberForm::kText, 0},
      {"2005-04-02 24:00:00", NumberForm::kText, 0},
      {"2005-04-02 23:53:47 PM", NumberForm::kText, 0},
      {"2005-04-02T23:53:47+2", NumberForm::kText, 0},
      {"04/02/2005", NumberForm::kText, 0},
      {"02-Apr-2005", NumberForm::kText, 0},
      {"1.1E+09", NumberForm::kScientific, 0}};
  for (const auto& [text, form, expected] : cases) {
    std::int64_t seconds = 0;
    EXPECT_EQ(ParseSeconds(text, seconds), form) << text;
    if (IsTaken(form)) {
      EXPECT_EQ(seconds, expected) << text;
    }
  }
}

TEST(ParseImdbId, KnowsTheFormsOfOneId) {
  for (const char* text : {"0114709", "tt0114709", "114709", "114709.0", " 0114709 "})
    EXPECT_EQ(ParseImdbId(text), "tt0114709") << text;
  EXPECT_EQ(ParseImdbId("10954984"), "tt10954984");
  EXPECT_EQ(ParseImdbId("tt10954984"), "tt10954984");
  for (const char* text : {"", "tt", "nm0114709", "114709.5", "-1", "1e5", "tt01x"})
    EXPECT_EQ(ParseImdbId(text), "") << text;
}

TEST(Excerpt, ShowsNothingThatATerminalObeys) {
  EXPECT_EQ(Excerpt("a\tb\x1b[31m\n"), "a\\x09b\\x1B[31m\\x0A");
  EXPECT_EQ(Excerpt("Caf\xe9"), "Caf\\xE9");
  EXPECT_EQ(Excerpt("Café"), "Café");
  EXPECT_EQ(Excerpt("x\u0085y"), "x?y");
  EXPECT_EQ(Excerpt("éééé", 4), "éé…");
  EXPECT_EQ(Excerpt(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(ShowSeconds, ShowsUtc) {
  EXPECT_EQ(ShowSeconds(1112486027), "2005-04-02 23:53:47");
  EXPECT_EQ(ShowSeconds(1'100'000'000'000), "1100000000000");
  EXPECT_EQ(ShowSeconds(-5), "-5");
}

}  // namespace
}  // namespace marquee::ctl
