#include "auth/domain/identity.h"

#include <gtest/gtest.h>

namespace marquee::auth {
namespace {

TEST(IsProviderUrl, IsHttpsAndAHost) {
  for (const char* good :
       {"https://id.example", "https://id.example/", "https://id.example:8443/realms/all?a=b",
        "https://[2001:db8::1]/authorize"})
    EXPECT_TRUE(IsProviderUrl(good, false)) << good;
  for (const char* bad :
       {"", "https://", "https:///a", "https://:443/", "http://id.example", "ftp://id.example",
        "https://me@id.example/", "https://id.example/#a", "https://id.example/a b",
        "https://id.example/\r\nSet-Cookie: a", "https://id.example/\"", "javascript:alert(1)"})
    EXPECT_FALSE(IsProviderUrl(bad, true)) << bad;
  EXPECT_FALSE(IsProviderUrl("https://id.example/" + std::string(2000, 'a'), true));
}

TEST(IsProviderUrl, MayBeHttpOnALoopbackAddressForWhoSaysSo) {
  for (const char* local : {"http://127.0.0.1:3000", "http://[::1]/a", "http://localhost:1/a?b"}) {
    EXPECT_TRUE(IsProviderUrl(local, true)) << local;
    EXPECT_FALSE(IsProviderUrl(local, false)) << local;
  }
  for (const char* other :
       {"http://127.0.0.1.evil.example", "http://localhost.evil.example:80",
        "http://127.0.0.1@evil.example", "http://127.0.0.1:80@evil.example/", "http://10.0.0.1"}) {
    EXPECT_FALSE(IsProviderUrl(other, true)) << other;
    EXPECT_FALSE(IsLoopbackUrl(other)) << other;
  }
}

}  // namespace
}  // namespace marquee::auth
