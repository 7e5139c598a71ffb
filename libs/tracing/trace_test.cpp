#include "tracing/trace.h"

#include <gtest/gtest.h>

namespace marquee::tracing {
namespace {

TEST(TraceContext, RoundTrips) {
  const auto made = TraceContext::New();
  const auto parsed = TraceContext::Parse(made.ToTraceparent());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->trace_id, made.trace_id);
  EXPECT_EQ(parsed->span_id, made.span_id);
  EXPECT_EQ(made.Child().trace_id, made.trace_id);
  EXPECT_NE(made.Child().span_id, made.span_id);
}

TEST(TraceContext, RefusesWhatTheStandardRefuses) {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_TRUE(TraceContext::Parse(good).has_value());
  EXPECT_TRUE(TraceContext::Parse("01" + good.substr(2) + "-more").has_value());
  for (const std::string& bad :
       {std::string(), good + "-more", "ff" + good.substr(2), good.substr(0, 54),
        std::string("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
        std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"),
        std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")}) {
    EXPECT_FALSE(TraceContext::Parse(bad).has_value()) << bad;
  }
}

TEST(Scope, NestsAndRestores) {
  EXPECT_EQ(Current(), nullptr);
  {
    const Scope outer(TraceContext::New());
    const auto id = Current()->trace_id;
    { const Scope inner(TraceContext::New()); }
    EXPECT_EQ(Current()->trace_id, id);
  }
  EXPECT_EQ(Current(), nullptr);
}

}  // namespace
}  // namespace marquee::tracing
