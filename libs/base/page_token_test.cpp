#include "base/page_token.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(Base64Url, MatchesRfc4648) {
  EXPECT_EQ(Base64UrlEncode(""), "");
  EXPECT_EQ(Base64UrlEncode("f"), "Zg");
  EXPECT_EQ(Base64UrlEncode("fo"), "Zm8");
  EXPECT_EQ(Base64UrlEncode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64UrlEncode("\xff\xfe"), "__4");
}

TEST(Base64Url, RefusesWhatItWouldNotWrite) {
  for (const char* text : {"Z", "Zg==", "Zh", "Zm9=", "Zm+v", "Zm 9"}) {
    EXPECT_FALSE(Base64UrlDecode(text).ok()) << text;
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (std::size_t size = 0; size <= all.size(); ++size) {
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(all.substr(0, size))).value(), all.substr(0, size));
  }
}

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

}  // namespace
}  // namespace marquee
