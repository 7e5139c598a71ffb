#include "gateway/clients/positions.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/base64.h"

namespace marquee::gateway {
namespace {

Position At(const std::string& stream, std::int32_t partition, std::int64_t offset,
            std::uint64_t fingerprint = 0) {
  return {stream, {partition, offset, fingerprint}};
}

std::vector<std::string> Texts(const std::vector<Position>& positions) {
  std::vector<std::string> texts;
  for (const Position& position : positions) texts.push_back(position.ToString());
  return texts;
}

TEST(Position, ListsAreBoundedAndForgiving) {
  EXPECT_EQ(ParsePositions("a:0:1, b:0:2,,rubbish, c:0:3").size(), 3U);
  std::string many;
  for (int i = 0; i < 50; ++i) many += "p" + std::to_string(i) + ":0:1,";
  EXPECT_EQ(ParsePositions(many).size(), 8U);
}

TEST(PositionMemory, KeepsTheFurtherOfEachPartition) {
  PositionMemory memory(10);
  memory.Remember("ada", {At("ratings", 1, 5), At("ratings", 2, 1)});
  memory.Remember("ada", {At("ratings", 1, 3), At("ratings", 2, 9)});
  EXPECT_EQ(Texts(MergePositions(memory.Recall("ada"), {})),
            (std::vector<std::string>{"ratings:1:5", "ratings:2:9"}));
  EXPECT_EQ(Texts(MergePositions(memory.Recall("ada"), {At("ratings", 1, 7), At("x", 0, 0)})),
            (std::vector<std::string>{"ratings:1:7", "ratings:2:9", "x:0:0"}));
  EXPECT_TRUE(memory.Recall("eve").empty());
}

TEST(PositionMemory, KeepsPositionsOfDifferentLogsApart) {
  constexpr std::uint64_t kOld = 0xaaaaaaaaaaaaaaaa;
  PositionMemory memory(10);
  memory.Remember("ada", {At("ratings", 1, 500, kOld)});
  memory.Remember("ada", {At("ratings", 1, 3, 0xb)});
  memory.Remember("ada", {At("ratings", 1, 4, 0xc)});
  EXPECT_EQ(
      Texts(MergePositions(memory.Recall("ada"), {})),
      (std::vector<std::string>{"ratings:1:500:aaaaaaaaaaaaaaaa", "ratings:1:4:000000000000000c"}));
  for (int i = 0; i < 100; ++i)
    memory.Remember("ada", {At("ratings", 1, 400 - i, static_cast<std::uint64_t>(1 + i % 6))});
  EXPECT_EQ(memory.Recall("ada").size(), 8U);
  EXPECT_EQ(memory.Recall("ada").back().at.next_offset, 301);
}

TEST(PositionMemory, ForgetsTheLeastRecentlyUsed) {
  PositionMemory memory(2);
  memory.Remember("a", {At("p", 0, 1)});
  memory.Remember("b", {At("p", 0, 1)});
  EXPECT_FALSE(memory.Recall("a").empty());
  memory.Remember("c", {At("p", 0, 1)});
  EXPECT_TRUE(memory.Recall("b").empty());
  EXPECT_FALSE(memory.Recall("a").empty());
  EXPECT_EQ(memory.size(), 2U);
}

TEST(PositionMemory, BoundsAndIgnoresTheNameless) {
  PositionMemory memory(2);
  memory.Remember("", {At("p", 0, 1)});
  memory.Remember("a", {});
  EXPECT_TRUE(memory.empty());
  for (int i = 0; i < 100; ++i) memory.Remember("a", {At("p" + std::to_string(i), 0, 1)});
  EXPECT_EQ(memory.Recall("a").size(), 8U);
}

TEST(PositionMemory, MayBeUsedByManyThreads) {
  PositionMemory memory(50);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&memory] {
      for (int i = 0; i < 5000; ++i) {
        memory.Remember("user" + std::to_string(i % 80), {At("p", 0, i)});
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
