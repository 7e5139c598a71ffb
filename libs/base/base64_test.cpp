#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/hex.h"

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

TEST(Base64Url, RoundTripsAndRefusesOtherEncodings) {
  for (const std::string bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(*Base64UrlDecode(Base64UrlEncode(bytes)), bytes);
  }
  EXPECT_EQ(Base64UrlEncode("\xfb\xff\xfe"), "-__-");
  for (const char* text :
       {"A", "Zg==", "Zh", "Zm9", "Zm 9", "+/+/", "Zm9v\n", "Zm9v ", " Zm9v", "Zm9v.", "\xff"}) {
    EXPECT_FALSE(Base64UrlDecode(text).ok()) << text;
  }
}

TEST(Hex, IsLowerCaseAndComesBack) {
  EXPECT_EQ(ToHex(std::string("\0\x0f\xa0\xff", 4)), "000fa0ff");
  EXPECT_EQ(FromHex("000fa0ff"), std::string("\0\x0f\xa0\xff", 4));
  EXPECT_EQ(ToHex(""), "");
}

}  // namespace
}  // namespace marquee
