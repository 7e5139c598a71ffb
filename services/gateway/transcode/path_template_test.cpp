#include "gateway/transcode/path_template.h"

#include <gtest/gtest.h>

#include "gateway/transcode/target.h"

#include "base/percent.h"
#include "base/text.h"

namespace marquee::gateway {
namespace {

// Templates by number, all with GET but where said; "METHOD path" → "number:captures" or what is
// allowed.
class PathTableTest : public ::testing::Test {
 protected:
  void Add(const std::string& text, const std::string& method = "GET") {
    auto parsed = PathTemplate::Parse(text);
    ASSERT_TRUE(parsed.ok()) << text;
    ASSERT_TRUE(table_.Add(std::move(*parsed), method, next_++).ok()) << text;
  }

  std::string Find(const std::string& path, const std::string& method = "GET") {
    const auto target = ParseTarget(path);
    if (!target.ok()) return target.error().reason;
    const auto found = table_.Find(target->segments, method);
    if (!found.ok()) return found.error().reason;
    if (found->binding < 0) {
      std::string allowed = "allowed";
      for (const auto& name : found->allowed) allowed += " " + name;
      return allowed;
    }
    std::string out = std::to_string(found->binding);
    for (const auto& capture : found->captures) out += ":" + capture;
    return out;
  }

  PathTable table_;
  int next_ = 0;
};

TEST_F(PathTableTest, FindsTheMostLiteralTemplate) {
  Add("/v1/movies");                        // 0
  Add("/v1/movies/{movie_id}");             // 1
  Add("/v1/movies/popular");                // 2
  Add("/v1/movies/{movie_id}/poster");      // 3
  Add("/v1/{name=shelves/*/books/*}");      // 4
  Add("/v1/files/{path=**}");               // 5
  Add("/v1/runs/{run_id}:cancel", "POST");  // 6
  Add("/v1/runs/{run_id}");                 // 7
  Add("/v1/a/{x}/c");                       // 8
  Add("/v1/{x}/b/d");                       // 9

  EXPECT_EQ(Find("/v1/movies"), "0");
  EXPECT_EQ(Find("/v1/movies/5"), "1:5");
  EXPECT_EQ(Find("/v1/movies/popular"), "2");
  EXPECT_EQ(Find("/v1/movies/popular/poster"), "3:popular");
  EXPECT_EQ(Find("/v1/shelves/a/books/b"), "4:shelves/a/books/b");
  EXPECT_EQ(Find("/v1/files/a/b/c.txt"), "5:a/b/c.txt");
  EXPECT_EQ(Find("/v1/runs/7"), "7:7");
  EXPECT_EQ(Find("/v1/a/b/d"), "9:a") << "the literal branch ends nowhere: the other one is tried";
  EXPECT_EQ(Find("/v1/a/b/c"), "8:b");
}

TEST_F(PathTableTest, TellsVerbFromName) {
  Add("/v1/runs/{run_id}:cancel", "POST");
  Add("/v1/runs/{run_id}");
  EXPECT_EQ(Find("/v1/runs/7:cancel", "POST"), "0:7");
  EXPECT_EQ(Find("/v1/runs/7%3Acancel"), "1:7:cancel") << "an escaped ':' is part of the name";
  EXPECT_EQ(Find("/v1/runs/a:b"), "1:a:b") << "no template has that verb";
  EXPECT_EQ(Find("/v1/runs/a:b:cancel", "POST"), "0:a:b");
  EXPECT_EQ(Find("/v1/runs/7:cancel"), "allowed POST") << "a known verb is no part of a name";
  EXPECT_EQ(Find("/v1/runs/:cancel", "POST"), "allowed GET");
}

TEST_F(PathTableTest, VerbsMayHaveHyphensBetweenWords) {
  Add("/v1/me/lists:what-if", "POST");
  EXPECT_EQ(Find("/v1/me/lists:what-if", "POST"), "0");
  for (const char* bad : {"/v1/runs:", "/v1/runs:-if", "/v1/runs:what-", "/v1/runs:a b"})
    EXPECT_FALSE(PathTemplate::Parse(bad).ok()) << bad;
}

TEST_F(PathTableTest, TellsWhatIsAllowed) {
  Add("/v1/movies");
  Add("/v1/movies", "POST");
  Add("/v1/movies/{movie_id}", "PATCH");
  EXPECT_EQ(Find("/v1/movies", "DELETE"), "allowed GET POST");
  EXPECT_EQ(Find("/v1/movies/1"), "allowed PATCH");
  EXPECT_EQ(Find("/v1/other"), "allowed");
}

TEST_F(PathTableTest, KnowsNoEmptySegments) {
  Add("/v1/movies");
  Add("/v1/movies/{movie_id}");
  for (const char* path :
       {"/v1/movies/", "/v1//movies", "//v1/movies", "/", "/v1/movies//", "/V1/movies"}) {
    EXPECT_EQ(Find(path), "allowed") << path;
  }
}

TEST_F(PathTableTest, DecodesCaptures) {
  Add("/v1/models/{model}");
  EXPECT_EQ(Find("/v1/models/a%20b%2Fc"), "0:a b/c");
  EXPECT_EQ(Find("/v1/models/caf%C3%A9"), "0:café");
  EXPECT_EQ(Find("/v1/models/a+b"), "0:a+b") << "'+' is a space in queries only";
  for (const char* path :
       {"/v1/models/%", "/v1/models/%2", "/v1/models/%GG", "/v1/models/%FF", "/v1/models/%00"}) {
    EXPECT_EQ(Find(path), "malformed_target") << path;
  }
}

TEST_F(PathTableTest, RefusesTwoRoutesOfOneShape) {
  Add("/v1/movies/{movie_id}");
  EXPECT_FALSE(table_.Add(*PathTemplate::Parse("/v1/movies/{other}"), "GET", 9).ok());
  EXPECT_TRUE(table_.Add(*PathTemplate::Parse("/v1/movies/{other}"), "PUT", 9).ok());
}

TEST(PathTemplate, RefusesBadTemplates) {
  for (const char* text :
       {"", "v1/movies", "/", "/v1//x", "/v1/{", "/v1/{x", "/v1/{}", "/v1/{x=}", "/v1/{x={y}}",
        "/v1/**/x", "/v1/x:", "/v1/x:a b", "/v1/x}", "/v1/{x-y}"}) {
    EXPECT_FALSE(PathTemplate::Parse(text).ok()) << text;
  }
}

TEST(Target, SplitsTheQuery) {
  const std::string raw = "/v1/movies?query=toy+story%26co&genre=&page_size&genre=a=b&&";
  const auto target = ParseTarget(raw);
  ASSERT_TRUE(target.ok());
  const std::vector<std::pair<std::string, std::string>> expected{
      {"query", "toy story&co"}, {"genre", ""}, {"page_size", ""}, {"genre", "a=b"}};
  EXPECT_EQ(target->query, expected);
}

TEST(Target, RefusesWhatItCannotRead) {
  std::string many = "/x?";
  for (int i = 0; i <= 500; ++i) many += "a=1&";
  for (const char* raw : {"", "x", "/x?a=%", "/x?%ff=1", "/x?a=%00"})
    EXPECT_FALSE(ParseTarget(raw).ok()) << raw;
  EXPECT_FALSE(ParseTarget(many).ok());
  EXPECT_EQ(ParseTarget("/" + std::string(9000, 'x')).error().reason, "target_too_long");
}

TEST(Utf8, TakesWellFormedSequencesOnly) {
  for (const char* good : {"", "a", "é", "€", "\U0001F3AC", "eight bytes and more: é",
                           "\xED\x9F\xBF", "\xEE\x80\x80"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "12345678\xC3", "\xE2\x82"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

TEST(PercentEncoding, ComesBackAsItWas) {
  const std::string text = "a b/ü%\"?&=+~";
  EXPECT_EQ(*PercentDecode(PercentEncode(text)), text);
  EXPECT_EQ(PercentEncode("a-b_c.d~e"), "a-b_c.d~e");
}

}  // namespace
}  // namespace marquee::gateway
