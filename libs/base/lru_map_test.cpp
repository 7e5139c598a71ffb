#include "base/lru_map.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace marquee {
namespace {

TEST(LruMap, GivesOutTheLeastRecentlyUsed) {
  LruMap<std::string, int> map;
  map.Put("a", 1);
  map.Put("b", 2);
  map.Put("c", 3);
  ASSERT_NE(map.Use("a"), nullptr);
  EXPECT_EQ(*map.Peek("b"), 2) << "a look is no use";
  EXPECT_EQ(map.TakeOldest(), std::pair(std::string("b"), 2));
  EXPECT_EQ(map.Peek("b"), nullptr);
  map.Put("c", 4);
  EXPECT_EQ(map.size(), 2U);
  EXPECT_EQ(map.TakeOldest().first, "a");
  EXPECT_EQ(*map.Use("c"), 4);
}

TEST(LruMap, ErasesWhatItIsTold) {
  LruMap<int, std::unique_ptr<int>> map;
  for (int key = 0; key < 6; ++key) map.Put(key, std::make_unique<int>(key));
  EXPECT_TRUE(map.Erase(3));
  EXPECT_FALSE(map.Erase(3));
  int seen = 0;
  map.EraseIf([&](int key, const std::unique_ptr<int>& value) {
    EXPECT_EQ(key, *value);
    ++seen;
    return key % 2 == 0;
  });
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(map.size(), 2U);
  EXPECT_EQ(map.Use(4), nullptr);
  EXPECT_EQ(**map.Use(5), 5);
}

}  // namespace
}  // namespace marquee
