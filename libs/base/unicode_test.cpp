#include "base/unicode.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(OpaqueString, IsTheSameHoweverItWasTyped) {
  EXPECT_EQ(OpaqueString("caf\u00e9 no\u00ebl"), OpaqueString("cafe\u0301 noe\u0308l"));
  EXPECT_EQ(OpaqueString("\uac00\ub098"), OpaqueString("\u1100\u1161\u1102\u1161"));
  EXPECT_EQ(OpaqueString("a\u00a0b\u3000c"), "a b c");
  EXPECT_EQ(OpaqueString("Caf\u00e9"), "Caf\u00e9") << "letters keep their case";
  EXPECT_NE(OpaqueString("\ufb01"), "fi") << "and their shape: compatibility isn't equality";
  EXPECT_EQ(OpaqueString(""), "");
}

TEST(Visible, IsWhatPeopleSee) {
  for (const char* name : {"a", "\u00e9", "\uac00", "\u4e2d", "\U0001F3AC", "-", " x "})
    EXPECT_TRUE(IsVisible(name)) << name;
  for (const char* name : {"", " ", "\u200b", "\u2800", "\u3164", "\u115f\u1160", "\u00ad",
                           "\u2060 \u00a0", "\ue000", "\ufe0f", "\U000E0041"})
    EXPECT_FALSE(IsVisible(name)) << name;
}

TEST(Hidden, IsWhatChangesOthersUnseen) {
  for (const char* name :
       {"Ada L.", "\uac00 \ub098", "\u0646\u200c\u0647", "\U0001F469\u200d\U0001F4BB",
        "\u2764\ufe0f", "\u2764\ufe0f\u200d\U0001F525", "\u0645\u0631\u062d\u0628\u0627"})
    EXPECT_FALSE(HasHidden(name)) << name;
  for (const char* name :
       {"a\u202eb", "a\u200bb", "a\u2060b", "\u200da", "a\u200d", "a \u200d b", "Ada\U000E0041",
        "a\u3164", "a\u2028b", "a\ue000", "a\u0378", "a\ufeff", "a\u00adb", "\ufe0fa"})
    EXPECT_TRUE(HasHidden(name)) << name;
}

}  // namespace
}  // namespace marquee
