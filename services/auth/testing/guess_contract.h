// What every store of guesses must do; see testing/store_contract.h. A fixture gives `guesses()` on
// an empty store.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "auth/domain/guess_repository.h"

namespace marquee::auth {

template <typename Fixture>
class GuessContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
  }
  static constexpr GuessRule kRule{
      .free = 2, .longest = std::chrono::seconds{60}, .forgets_one_in = std::chrono::minutes{10}};
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};

  GuessRepository& guesses() { return fixture_->guesses(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  using Keys = std::vector<GuessKey>;
  static GuessKey Key(char c) { return {std::string(32, c), kRule}; }
  // How long a guess must wait; 0 s: it was counted.
  std::chrono::seconds Wait(const Keys& keys, Time at) {
    const auto until = guesses().Count(keys, at, Soon());
    EXPECT_TRUE(until.ok()) << until.error().ToString();
    if (!until.ok() || !*until) return std::chrono::seconds{0};
    return std::chrono::ceil<std::chrono::seconds>(**until - at);
  }

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(GuessContract);

TYPED_TEST_P(GuessContract, WaitsGrowAndARefusedGuessCountsForNothing) {
  using std::chrono::seconds;
  const auto key = this->Key('a');
  EXPECT_EQ(this->Wait({key}, this->now_), seconds{0});
  EXPECT_EQ(this->Wait({key}, this->now_), seconds{0});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(this->Wait({key}, this->now_), seconds{1});
  EXPECT_EQ(this->Wait({key}, this->now_ + seconds{1}), seconds{0});
  EXPECT_EQ(this->Wait({key}, this->now_ + seconds{1}), seconds{2});
  EXPECT_EQ(this->Wait({this->Key('b')}, this->now_), seconds{0}) << "another's";
}

TYPED_TEST_P(GuessContract, OneThatWaitsHoldsAllAndNoneIsCounted) {
  using std::chrono::seconds;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(this->Wait({this->Key('a')}, this->now_), seconds{0});
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(this->Wait({this->Key('b'), this->Key('a')}, this->now_), seconds{1});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(this->Wait({this->Key('b')}, this->now_), seconds{0});
}

TYPED_TEST_P(GuessContract, TakesBackAndForgets) {
  using std::chrono::seconds;
  const typename TestFixture::Keys key{this->Key('a')};
  for (int i = 0; i < 2; ++i) EXPECT_EQ(this->Wait(key, this->now_), seconds{0});
  ASSERT_TRUE(this->guesses().Uncount(key, this->now_, this->Soon()).ok());
  EXPECT_EQ(this->Wait(key, this->now_), seconds{0});
  EXPECT_EQ(this->Wait(key, this->now_), seconds{1});
  ASSERT_TRUE(this->guesses().Forget(key, this->Soon()).ok());
  EXPECT_EQ(this->Wait(key, this->now_), seconds{0});
  EXPECT_TRUE(this->guesses().Forget(key, this->Soon()).ok());
  EXPECT_TRUE(this->guesses().Forget(key, this->Soon()).ok()) << "what isn't there";
}

// Of two at once the one with the earlier moment may come to the row last.
TYPED_TEST_P(GuessContract, WhoWasThereAMomentBeforeWaitsForNobody) {
  using std::chrono::microseconds;
  using std::chrono::seconds;
  const typename TestFixture::Keys key{this->Key('a')};
  EXPECT_EQ(this->Wait(key, this->now_ + microseconds{1}), seconds{0});
  EXPECT_EQ(this->Wait(key, this->now_), seconds{0});
  ASSERT_TRUE(this->guesses().Uncount(key, this->now_ + seconds{1}, this->Soon()).ok());
  EXPECT_EQ(this->Wait(key, this->now_), seconds{0});
  EXPECT_EQ(this->Wait(key, this->now_), seconds{1}) << "they were counted";
}

TYPED_TEST_P(GuessContract, PurgesWhatHasDrainedAlone) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(this->Wait({this->Key('a')}, this->now_), seconds{0});
  ASSERT_TRUE(this->guesses().Purge(this->now_ + minutes{19}, this->Soon()).ok());
  EXPECT_EQ(this->Wait({this->Key('a')}, this->now_), seconds{1});
  ASSERT_TRUE(this->guesses().Purge(this->now_ + minutes{21}, this->Soon()).ok());
  EXPECT_EQ(this->Wait({this->Key('a')}, this->now_), seconds{0});
}

TYPED_TEST_P(GuessContract, ManyAtOnceGetNoMoreThanOne) {
  const typename TestFixture::Keys keys{this->Key('a'), this->Key('b')};
  for (int i = 0; i < 2; ++i) (void)this->Wait(keys, this->now_);
  std::atomic<int> counted = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        // In either order: they mustn't wait for each other.
        const auto mine = i % 2 == 0 ? keys : typename TestFixture::Keys{keys[1], keys[0]};
        if (this->Wait(mine, this->now_ + std::chrono::seconds{1}).count() == 0) ++counted;
      });
    }
  }
  EXPECT_EQ(counted, 1);
}

REGISTER_TYPED_TEST_SUITE_P(GuessContract, WaitsGrowAndARefusedGuessCountsForNothing,
                            OneThatWaitsHoldsAllAndNoneIsCounted, TakesBackAndForgets,
                            WhoWasThereAMomentBeforeWaitsForNobody, PurgesWhatHasDrainedAlone,
                            ManyAtOnceGetNoMoreThanOne);

}  // namespace marquee::auth
