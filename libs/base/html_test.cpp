#include "base/html.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(EscapeHtml, LeavesNothingThatStartsOrEndsATagOrAnAttribute) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\" title='é'>&amp;"),
            "&lt;a href=&quot;x&quot; title=&#39;é&#39;&gt;&amp;amp;");
  EXPECT_EQ(EscapeHtml(""), "");
}

}  // namespace
}  // namespace marquee
