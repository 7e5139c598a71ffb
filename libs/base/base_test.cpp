#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"

namespace marquee {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Error::InvalidArgument("odd", "The value must be even.", "value");
  return value / 2;
}

Result<int> Quarter(int value) {
  ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

TEST(Result, CarriesAValueOrLeavesWithTheFirstError) {
  EXPECT_EQ(*Quarter(8), 2);
  ASSERT_FALSE(Quarter(7).ok());
  EXPECT_EQ(Quarter(6).error().ToString(), "INVALID_ARGUMENT odd (value): The value must be even.");
}

TEST(Uuid, Version7IsOrderedByTimeAndRoundTrips) {
  const Time now{std::chrono::milliseconds{1'700'000'000'123}};
  const Uuid earlier = Uuid::V7(now);
  const Uuid later = Uuid::V7(now + std::chrono::milliseconds{1});
  EXPECT_LT(earlier, later);
  EXPECT_EQ(earlier.ToString()[14], '7');
  EXPECT_EQ(Uuid::Parse(earlier.ToString()), earlier);
  EXPECT_EQ(Uuid::FromBytes(earlier.bytes()), earlier);
}

TEST(Uuid, Version5MatchesTheRfcExample) {
  // RFC 9562, appendix A.4: the DNS namespace and "www.example.com".
  const auto dns = Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  ASSERT_TRUE(dns.has_value());
  EXPECT_EQ(Uuid::V5(*dns, "www.example.com").ToString(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(Uuid, RefusesWhatIsNotAUuid) {
  EXPECT_FALSE(Uuid::Parse("").has_value());
  EXPECT_FALSE(Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430cg").has_value());
  EXPECT_FALSE(Uuid::Parse("6ba7b8109dad-11d1-80b4-00c04fd430c8-").has_value());
  EXPECT_FALSE(Uuid::FromBytes("short").has_value());
}

}  // namespace
}  // namespace marquee
