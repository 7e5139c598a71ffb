#include "reviews/domain/review.h"

#include <gtest/gtest.h>

namespace marquee::reviews {
namespace {

TEST(ReviewText, IsTrimmedAndHasLineFeeds) {
  EXPECT_EQ(ReviewText::Make(" \r\nStill funny.\r\n\r\n\tVery.\n ")->text(),
            "Still funny.\n\n\tVery.");
}

TEST(ReviewText, CountsCharactersNotBytes) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "é";
  EXPECT_TRUE(ReviewText::Make(text).ok());
  EXPECT_TRUE(ReviewText::Make(" " + text + " ").ok());
  EXPECT_EQ(ReviewText::Make(text + "e").error().reason, "text_too_long");
}

TEST(ReviewText, RefusesNothingAndControls) {
  EXPECT_EQ(ReviewText::Make("").error().reason, "text_missing");
  EXPECT_EQ(ReviewText::Make(" \n\t\u00a0").error().reason, "text_missing");
  for (const std::string& text : {std::string("a\0b", 3), std::string("a\x1b[31mb"),
                                  std::string("a\rb"), std::string("a\u0085b")}) {
    const auto made = ReviewText::Make(text);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().reason, "text_malformed");
    EXPECT_EQ(made.error().field, "text");
  }
}

TEST(Review, IsEditedByItsAuthorOnly) {
  const Review review{.review_id = 1,
                      .movie_id = 1,
                      .user_id = 7,
                      .author = {},
                      .text = {},
                      .created_at = {},
                      .updated_at = {}};
  EXPECT_TRUE(MayEdit({.user_id = 7}, review).ok());
  EXPECT_FALSE(MayEdit({.user_id = 8}, review).ok());
  EXPECT_EQ(MayEdit({.user_id = 8, .curates = true}, review).error().code, Code::kPermissionDenied);
}

TEST(Review, IsDeletedByItsAuthorOrACurator) {
  const Review review{.review_id = 1,
                      .movie_id = 1,
                      .user_id = 7,
                      .author = {},
                      .text = {},
                      .created_at = {},
                      .updated_at = {}};
  EXPECT_TRUE(MayDelete({.user_id = 7}, review).ok());
  EXPECT_TRUE(MayDelete({.user_id = 8, .curates = true}, review).ok());
  EXPECT_EQ(MayDelete({.user_id = 8}, review).error().reason, "not_the_author");
}

}  // namespace
}  // namespace marquee::reviews
