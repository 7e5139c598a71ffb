#include "gateway/http/head.h"

#include <gtest/gtest.h>

#include <random>

namespace marquee::gateway::http {
namespace {

// "ok", "more" or the status of the refusal.
std::string Outcome(const std::string& text) {
  Head head;
  std::optional<HeadError> error;
  if (ReadHead(text, head, error)) return "ok";
  return error ? std::to_string(error->status) : "more";
}

TEST(Head, IsReadWhole) {
  const std::string text =
      "PUT /v1/x?a=%20&a=2 HTTP/1.1\r\nHost: m\r\nX-Odd:\t spaced  \r\nContent-Length: "
      "12\r\n\r\nrest";
  Head head;
  std::optional<HeadError> error;
  ASSERT_TRUE(ReadHead(text, head, error));
  EXPECT_EQ(head.request.method, Method::kPut);
  EXPECT_EQ(head.request.target, "/v1/x?a=%20&a=2");
  EXPECT_EQ(*head.request.Find("x-odd"), "spaced");
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.bytes, text.size() - 4);
  EXPECT_TRUE(head.keep_alive);
}

TEST(Head, SaysWhetherTheConnectionStays) {
  const auto keeps = [](const std::string& version, const std::string& header) {
    Head head;
    std::optional<HeadError> error;
    EXPECT_TRUE(ReadHead("GET / " + version + "\r\n" + header + "\r\n", head, error));
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: x, Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(Head, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::pair<std::string, const char*> table[] = {
      {"GET / HTTP/1.1\r\n\r\n", "ok"},
      {"", "more"},
      {"GET / HTTP/1.1\r\nA: b", "more"},
      {"GET / HTTP/1.1\r\nA: b\r\n", "more"},
      {"\r\n\r\n", "400"},
      {"GET /\r\n\r\n", "400"},
      {"GET  / HTTP/1.1\r\n\r\n", "400"},
      {"GET /a b HTTP/1.1\r\n\r\n", "505"},
      {"G(T / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/2.0\r\n\r\n", "505"},
      {"GET / http/1.1\r\n\r\n", "505"},
      {"GET / HTTP/1.1\r\nA b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nA : b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n: b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", "400"},
      {std::string("GET / HTTP/1.1\r\nA: \0b\r\n\r\n", 25), "400"},
      {"GET / HTTP/1.1\r\nA: \x01\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "411"},
      {"GET / HTTP/1.1\r\nA: " + std::string(40'000, 'x'), "431"},
      {"GET /" + std::string(40'000, 'x'), "431"},
  };
  for (const auto& [text, expected] : table)
    EXPECT_EQ(Outcome(text), expected) << text.substr(0, 60);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(Outcome(many + "\r\n"), "431");
}

TEST(Head, SurvivesRandomBytes) {
  std::mt19937 random(1);
  const std::string good =
      "PUT /v1/x HTTP/1.1\r\nHost: m\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (int n = 0; n < 3; ++n) {
      const std::size_t at = random() % text.size();
      random() % 2 ? text[at] = static_cast<char>(random()) : text.erase(at, 1).empty();
    }
    const std::string outcome = Outcome(text);
    EXPECT_TRUE(outcome == "ok" || outcome == "more" || outcome == "400" || outcome == "505" ||
                outcome == "411");
  }
}

}  // namespace
}  // namespace marquee::gateway::http
