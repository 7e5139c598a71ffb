#include "logging/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tracing/trace.h"

namespace marquee::logging {
namespace {

TEST(Log, EveryLineIsOneJsonObjectWhateverItsText) {
  const auto parent = tracing::TraceContext::New();
  const tracing::Scope scope(parent.Child());
  const auto line = Format(
      Level::kWarning, "a \"quoted\"\nline \xff\x01 caf\xc3\xa9",
      {{"rows", 7}, {"share", 0.5}, {"bad", std::nan("")}, {"ok", true}, {"why", "no\treason"}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["level"], "warning");
  EXPECT_EQ(json["trace_id"], tracing::Current()->trace_id);
  EXPECT_EQ(json["span_id"], tracing::Current()->span_id);
  EXPECT_EQ(json["parent_id"], parent.span_id);
  EXPECT_EQ(json["rows"], 7);
  EXPECT_EQ(json["share"], 0.5);
  EXPECT_TRUE(json["bad"].is_null());
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["why"], "no\treason");
  EXPECT_NE(json["msg"].get<std::string>().find("caf\xc3\xa9"), std::string::npos);
}

TEST(Log, ReplacesWhatIsNotUtf8) {
  // Overlong, a surrogate, above U+10FFFF, cut short, a stray continuation.
  for (const char* bad :
       {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    const auto json = nlohmann::json::parse(Format(Level::kInfo, bad, {}), nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << bad;
    EXPECT_TRUE(json["msg"].get<std::string>().starts_with("\xef\xbf\xbd"));
  }
}

TEST(Log, NamesItsLevels) {
  EXPECT_EQ(*ParseLevel("error"), Level::kError);
  EXPECT_FALSE(ParseLevel("loud").ok());
}

}  // namespace
}  // namespace marquee::logging
