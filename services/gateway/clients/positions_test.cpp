#include "gateway/clients/positions.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/base64.h"

namespace marquee::gateway {
namespace {

TEST(Position, IsReadStrictly) {
  const auto position = Position::Parse("ratings:3:1234");
  ASSERT_TRUE(position);
  EXPECT_EQ(position->partition, "ratings:3");
  EXPECT_EQ(position->offset, 1234);
  EXPECT_EQ(position->ToString(), "ratings:3:1234");
  for (const char* bad :
       {"", "x", ":1", "a:", "a:-1", "a:1x", "a b:1", "a\n:1", "a:99999999999999999999"}) {
    EXPECT_FALSE(Position::Parse(bad)) << bad;
  }
  const auto named = Position::Parse("ratings:3:1234:00f1e2d3c4b5a697");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->partition, "ratings:3");
  EXPECT_EQ(named->offset, 1234);
  EXPECT_EQ(named->ToString(), "ratings:3:1234:00f1e2d3c4b5a697");
  EXPECT_FALSE(Position::Parse("ratings:3:1234:f1e2"));
  const std::string too_long(200, '1');
  EXPECT_FALSE(Position::Parse("a:" + too_long));
}

TEST(Position, ListsAreBoundedAndForgiving) {
  EXPECT_EQ(ParsePositions("a:1, b:2,,rubbish, c:3").size(), 3U);
  std::string many;
  for (int i = 0; i < 50; ++i) many += "p" + std::to_string(i) + ":1,";
  EXPECT_EQ(ParsePositions(many).size(), 8U);
}

TEST(PositionMemory, KeepsTheFurtherOfEachPartition) {
  PositionMemory memory(10);
  memory.Remember("ada", {{"ratings:1", 5}, {"ratings:2", 1}});
  memory.Remember("ada", {{"ratings:1", 3}, {"ratings:2", 9}});
  EXPECT_EQ(MergePositions(memory.Recall("ada"), {}),
            (std::vector<std::string>{"ratings:1:5", "ratings:2:9"}));
  EXPECT_EQ(MergePositions(memory.Recall("ada"), {{"ratings:1", 7}, {"x:0", 0}}),
            (std::vector<std::string>{"ratings:1:7", "ratings:2:9", "x:0:0"}));
  EXPECT_TRUE(memory.Recall("eve").empty());
}

TEST(PositionMemory, KeepsPositionsOfDifferentLogsApart) {
  const std::string old(16, 'a');
  const std::string first(16, 'b');
  const std::string second(16, 'c');
  PositionMemory memory(10);
  memory.Remember("ada", {{"ratings:1", 500, old}});
  memory.Remember("ada", {{"ratings:1", 3, first}});
  memory.Remember("ada", {{"ratings:1", 4, second}});
  EXPECT_EQ(MergePositions(memory.Recall("ada"), {}),
            (std::vector<std::string>{"ratings:1:500:" + old, "ratings:1:4:" + second}));
  for (int i = 0; i < 100; ++i)
    memory.Remember("ada",
                    {{"ratings:1", 400 - i, std::string(16, static_cast<char>('a' + i % 6))}});
  EXPECT_EQ(memory.Recall("ada").size(), 8U);
  EXPECT_EQ(memory.Recall("ada").back().offset, 301);
}

TEST(PositionMemory, ForgetsTheLeastRecentlyUsed) {
  PositionMemory memory(2);
  memory.Remember("a", {{"p", 1}});
  memory.Remember("b", {{"p", 1}});
  EXPECT_FALSE(memory.Recall("a").empty());
  memory.Remember("c", {{"p", 1}});
  EXPECT_TRUE(memory.Recall("b").empty());
  EXPECT_FALSE(memory.Recall("a").empty());
  EXPECT_EQ(memory.size(), 2U);
}

TEST(PositionMemory, BoundsAndIgnoresTheNameless) {
  PositionMemory memory(2);
  memory.Remember("", {{"p", 1}});
  memory.Remember("a", {});
  EXPECT_TRUE(memory.empty());
  for (int i = 0; i < 100; ++i) memory.Remember("a", {{"p" + std::to_string(i), 1}});
  EXPECT_EQ(memory.Recall("a").size(), 8U);
}

TEST(PositionMemory, MayBeUsedByManyThreads) {
  PositionMemory memory(50);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&memory] {
      for (int i = 0; i < 5000; ++i) {
        memory.Remember("user" + std::to_string(i % 80), {{"p", i}});
        memory.Recall("user" + std::to_string(i % 70));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(memory.size(), 50U);
}

TEST(UnverifiedSubject, IsReadFromTheToken) {
  const auto token = [](const std::string& payload) {
    return "Bearer e30." + Base64UrlEncode(payload) + ".sig";
  };
  EXPECT_EQ(UnverifiedSubject(token(R"({"sub":"1000000001","aud":"marquee"})")), "1000000001");
  for (const char* bad : {"", "Bearer ", "Basic x.y.z", "Bearer a.b", "Bearer a.!!.c"}) {
    EXPECT_EQ(UnverifiedSubject(bad), "") << bad;
  }
  for (const char* bad : {"[]", "{", R"({"sub":5})", "{}"})
    EXPECT_EQ(UnverifiedSubject(token(bad)), "") << bad;
  EXPECT_EQ(UnverifiedSubject("Bearer " + std::string(9000, 'x')), "");
}

}  // namespace
}  // namespace marquee::gateway
