#include "auth/domain/guesses.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace marquee::auth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kStart{seconds{1'700'000'000}};

// The waits after each of so many wrong ones, each made as soon as it may be.
std::vector<seconds> Waits(const GuessRule& rule, int count) {
  std::vector<seconds> waits;
  Guesses guesses;
  Time now = kStart;
  for (int i = 0; i < count; ++i) {
    guesses = WithOneMore(guesses, rule, now);
    const Time next = std::max(guesses.retry_at, now);
    waits.push_back(std::chrono::duration_cast<seconds>(next - now));
    now = next;
  }
  return waits;
}

TEST(Guesses, WaitsBeginAfterTheFreeOnesAndGrowToTheLongest) {
  // Before the longest, some of it is forgotten: 512 s come twice.
  const auto waits = Waits(kAccountRule, 16);
  const std::vector<seconds> expected{seconds{0},   seconds{0},   seconds{0},   seconds{0},
                                      seconds{1},   seconds{2},   seconds{4},   seconds{8},
                                      seconds{16},  seconds{32},  seconds{64},  seconds{128},
                                      seconds{256}, seconds{512}, seconds{512}, minutes{15}};
  EXPECT_EQ(waits, expected);
}

int GuessesInADay(const GuessRule& rule) {
  Guesses guesses;
  int made = 0;
  for (Time now = kStart; now < kStart + hours{24}; now = std::max(guesses.retry_at, now)) {
    guesses = WithOneMore(guesses, rule, now);
    ++made;
  }
  return made;
}

TEST(Guesses, ADayHasRoomForFew) {
  EXPECT_LE(GuessesInADay(kAccountRule), 120);
  EXPECT_LE(GuessesInADay(kStrangersRule), 150);
  EXPECT_LE(GuessesInADay(kNetworkRule), 24 * 60 + 60) << "one a minute";
}

TEST(Guesses, OneNetworkAloneNeverMakesOthersWait) {
  Guesses own;
  Guesses strangers;
  for (Time now = kStart; now < kStart + hours{24 * 7}; now = std::max(own.retry_at, now)) {
    ASSERT_LE(strangers.retry_at, now) << "the account would wait";
    own = WithOneMore(own, kAccountRule, now);
    strangers = WithOneMore(strangers, kStrangersRule, now);
  }
}

TEST(Guesses, ARightOneLeavesTheCountAsItWas) {
  Guesses guesses;
  for (int i = 0; i < 8; ++i) guesses = WithOneMore(guesses, kAccountRule, kStart);
  const auto during = WithOneMore(guesses, kAccountRule, kStart + minutes{1});
  const auto after = WithOneLess(during, kAccountRule, kStart + minutes{1});
  EXPECT_NEAR(after.level, LevelAt(guesses, kAccountRule, kStart + minutes{1}), 1e-9);
  EXPECT_EQ(after.retry_at, Time{}) << "whoever comes next may try";
}

// What holds for any history.
TEST(Guesses, AreBoundedAndForgottenWhateverHappens) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  std::uniform_int_distribution<int> pause(0, 2'000);
  for (const GuessRule& rule : {kAccountRule, kStrangersRule, kNetworkRule}) {
    Guesses guesses;
    Time now = kStart;
    for (int i = 0; i < 3'000; ++i) {
      now += seconds{pause(random) >> (i % 11)};
      const double before = LevelAt(guesses, rule, now);
      guesses = i % 5 == 0 ? WithOneLess(guesses, rule, now) : WithOneMore(guesses, rule, now);
      ASSERT_LE(guesses.retry_at - now, rule.longest);
      ASSERT_TRUE(guesses.retry_at > now || guesses.retry_at == Time{});
      ASSERT_LE(LevelAt(guesses, rule, now), before + 1);
      ASSERT_LE(LevelAt(guesses, rule, now + seconds{30}), LevelAt(guesses, rule, now));
      ASSERT_NEAR(LevelAt(guesses, rule, DrainedAt(guesses, rule)), 0, 1e-9);
      ASSERT_LE(DrainedAt(guesses, rule) - now, hours{8});
    }
  }
}

TEST(Guesses, AClockThatGoesBackForgetsNothing) {
  const auto guesses = WithOneMore({}, kAccountRule, kStart);
  EXPECT_EQ(LevelAt(guesses, kAccountRule, kStart - hours{1}), 1);
}

}  // namespace
}  // namespace marquee::auth
