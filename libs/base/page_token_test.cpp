#include "base/page_token.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(PageToken, GivesItsKeyBack) {
  const std::vector<std::string> key{"2024-01-01T00:00:00Z", "", std::string("\0x", 2), "17"};
  EXPECT_EQ(DecodePageToken("movies", EncodePageToken("movies", key), 4).value(), key);
}

TEST(PageToken, RefusesAnotherListsToken) {
  const auto token = EncodePageToken("movies?genre=Drama", std::vector<std::string>{"1"});
  const auto decoded = DecodePageToken("movies?genre=Crime", token, 1);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().reason, "page_token_invalid");
  EXPECT_EQ(decoded.error().field, "page_token");
}

TEST(PageToken, RefusesEveryOneCharacterChange) {
  const auto token = EncodePageToken("movies", std::vector<std::string>{"1", "two"});
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(DecodePageToken("movies", changed, 2).ok()) << i;
  }
  EXPECT_FALSE(DecodePageToken("movies", token, 3).ok());
  EXPECT_FALSE(DecodePageToken("movies", "", 2).ok());
  EXPECT_FALSE(DecodePageToken("movies", token.substr(0, token.size() - 4), 2).ok());
}

TEST(PageToken, ReadsAKeyByItsTypes) {
  const auto token = EncodeTypedPageToken("ratings", std::int64_t{-5}, std::string("a"));
  const auto key = DecodeTypedPageToken<std::int64_t, std::string>("ratings", token);
  EXPECT_EQ(key.value(), std::tuple(-5, "a"));
  const auto decode = DecodeTypedPageToken<std::string, std::int64_t>;
  EXPECT_EQ(decode("ratings", token).error().reason, "page_token_invalid");
  EXPECT_FALSE(DecodeTypedPageToken<std::int64_t>("ratings", token).ok());
  for (const std::string text : {"", " 1", "1 ", "+1", "9223372036854775808", "1.0"}) {
    const auto odd = EncodePageToken("ratings", std::vector<std::string>{text});
    EXPECT_FALSE(DecodeTypedPageToken<std::int64_t>("ratings", odd).ok()) << text;
  }
}

TEST(PageToken, TellsWhichNumberWasSentLast) {
  EXPECT_EQ(DecodeLastSent("users", "").value(), 0);
  EXPECT_EQ(DecodeLastSent("users", EncodeTypedPageToken("users", std::int64_t{7})).value(), 7);
  for (const std::int64_t odd : {0, -1}) {
    EXPECT_FALSE(DecodeLastSent("users", EncodeTypedPageToken("users", odd)).ok()) << odd;
  }
  EXPECT_FALSE(DecodeLastSent("users", EncodeTypedPageToken("runs", std::int64_t{7})).ok());
}

TEST(NextLink, GoesOnInTheListAndThenElsewhere) {
  EXPECT_EQ(NextLink("/v1/a", "t-_k", "/v1/b"), "</v1/a?page_token=t-_k>; rel=\"next\"");
  EXPECT_EQ(NextLink("/v1/a", "", "/v1/b"), "</v1/b>; rel=\"next\"");
  EXPECT_EQ(NextLink("/v1/a", "", ""), "");
}

}  // namespace
}  // namespace marquee
