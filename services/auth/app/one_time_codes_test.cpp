#include "auth/app/one_time_codes.h"

#include <gtest/gtest.h>

#include <set>

namespace marquee::auth {
namespace {

using std::chrono::seconds;

constexpr char kSecret[] = "12345678901234567890";  // the RFCs'

constexpr std::int64_t kLastSecond =
    std::chrono::duration_cast<seconds>(Time::max().time_since_epoch()).count();

Time At(std::int64_t second) { return Time{seconds{second}}; }

// RFC 4226, appendix D.
TEST(HotpCode, IsTheRfcs) {
  const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                         "254676", "287922", "162583", "399871", "520489"};
  for (int counter = 0; counter < 10; ++counter)
    EXPECT_EQ(HotpCode(kSecret, counter, 6), codes[counter]) << counter;
}

struct Vector {
  std::int64_t second;
  const char* code;
};
// RFC 6238, appendix B, those of SHA-1.
constexpr Vector kVectors[] = {{59, "94287082"},
                               {1'111'111'109, "07081804"},
                               {1'111'111'111, "14050471"},
                               {1'234'567'890, "89005924"},
                               {2'000'000'000, "69279037"},
                               {20'000'000'000, "65353130"}};

TEST(TotpCode, IsTheRfcs) {
  for (const auto& [second, code] : kVectors) {
    EXPECT_EQ(HotpCode(kSecret, second / 30, 8), code) << second;
    if (second > kLastSecond) continue;  // of a clock that counts nanoseconds
    const std::string six = std::string(code).substr(2);
    EXPECT_EQ(MatchingStep(kSecret, six, At(second)), TotpStep(At(second))) << second;
  }
}

TEST(TotpCode, IsTakenOneStepEarlyOrLateAndNoMore) {
  const Time now = At(1'111'111'111);
  const std::int64_t step = TotpStep(now);
  for (int off = -3; off <= 3; ++off) {
    const auto matching = MatchingStep(kSecret, HotpCode(kSecret, step + off, 6), now);
    EXPECT_EQ(matching, off >= -1 && off <= 1 ? std::optional(step + off) : std::nullopt) << off;
  }
}

TEST(TotpCode, IsTypedWithOrWithoutSpaces) {
  EXPECT_TRUE(MatchingStep(kSecret, "050 471", At(1'111'111'111)));
  for (const char* wrong : {"", "50471", "0050471", "050472", "o50471", "14050471"})
    EXPECT_FALSE(MatchingStep(kSecret, wrong, At(1'111'111'111))) << wrong;
}

// RFC 4648, section 10, without its padding.
TEST(Base32Encode, IsTheRfcs) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "MY"},
                                                         {"fo", "MZXQ"},
                                                         {"foo", "MZXW6"},
                                                         {"foob", "MZXW6YQ"},
                                                         {"fooba", "MZXW6YTB"},
                                                         {"foobar", "MZXW6YTBOI"}};
  for (const auto& [bytes, text] : vectors) EXPECT_EQ(Base32Encode(bytes), text);
}

TEST(OtpauthUri, SaysAllThatAnAppNeeds) {
  EXPECT_EQ(OtpauthUri("foobar", "Ada+1@example.com"),
            "otpauth://totp/Marquee:Ada%2B1%40example.com?secret=MZXW6YTBOI&issuer=Marquee"
            "&algorithm=SHA1&digits=6&period=30");
}

TEST(RecoveryCode, IsTheSameHoweverItIsTyped) {
  const std::string code = NewRecoveryCode();
  ASSERT_EQ(code.size(), 19U) << code;
  const auto plain = PlainRecoveryCode(code);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->size(), 16U);
  std::string typed = " " + code + " ";
  for (char& c : typed) c = c == '-' ? ' ' : static_cast<char>(std::toupper(c));
  EXPECT_EQ(PlainRecoveryCode(typed), plain);
  EXPECT_EQ(PlainRecoveryCode("492039"), std::nullopt) << "that is a code of an app";
  std::set<std::string> codes;
  for (int i = 0; i < 100; ++i) codes.insert(NewRecoveryCode());
  EXPECT_EQ(codes.size(), 100U);
}

}  // namespace
}  // namespace marquee::auth
