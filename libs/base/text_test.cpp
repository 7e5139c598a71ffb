#include "base/text.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(Text, TrimsSpacesOfAllKinds) {
  EXPECT_EQ(Trimmed(" \t\r\n Ada L.\u00a0\u3000"), "Ada L.");
  EXPECT_EQ(Trimmed("\u200b\ufeff"), "");
  EXPECT_EQ(Trimmed("é"), "é");
}

TEST(Text, CountsCodePoints) {
  EXPECT_EQ(CodePoints(""), 0U);
  EXPECT_EQ(CodePoints("aé日😀"), 4U);
}

TEST(Text, FindsControls) {
  EXPECT_FALSE(HasControls("Ada é 😀"));
  EXPECT_TRUE(HasControls("a\nb"));
  EXPECT_FALSE(HasControls("a\nb\tc", true));
  EXPECT_TRUE(HasControls("a\rb", true));
  EXPECT_TRUE(HasControls("a\x7f"));
  EXPECT_TRUE(HasControls("a\u0085"));
}

TEST(Text, LowersAsciiOnly) { EXPECT_EQ(AsciiLower("ADA É"), "ada É"); }

}  // namespace
}  // namespace marquee
