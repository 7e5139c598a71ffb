#include "base/percent.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(Percent, EncodesFormsInOrderAndLeavesOutWhatIsEmpty) {
  EXPECT_EQ(FormEncode({{"b", "1&2"}, {"empty", ""}, {"a", "é ~"}}), "b=1%262&a=%C3%A9%20~");
  EXPECT_EQ(FormEncode({}), "");
}

TEST(Percent, AddsToTheQueryThereIs) {
  EXPECT_EQ(WithQuery("/a", {{"x", "1"}, {"y", "2"}}), "/a?x=1&y=2");
  EXPECT_EQ(WithQuery("https://club.example/cb?tenant=7", {{"x", "1"}}),
            "https://club.example/cb?tenant=7&x=1");
  EXPECT_EQ(WithQuery("/a", {{"x", ""}}), "/a");
}

}  // namespace
}  // namespace marquee
