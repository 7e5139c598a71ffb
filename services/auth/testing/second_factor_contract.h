// What every store of second factors must do; see testing/store_contract.h. A fixture gives
// `accounts()` and `factors()` on an empty store.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "auth/domain/ports.h"
#include "auth/domain/second_factor.h"

namespace marquee::auth {

template <typename Fixture>
class SecondFactorContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
    const auto made = accounts().Create(
        {*Email::Make("ada@example.com"), "$argon2id$x", "", {Role::kUser}, now_}, Soon());
    ASSERT_TRUE(made.ok()) << made.error().ToString();
    ada_ = made->user_id;
  }
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};
  const std::string sealed_{"\0 sealed \xff", 10};

  AccountRepository& accounts() { return fixture_->accounts(); }
  SecondFactorRepository& factors() { return fixture_->factors(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  static std::string Hash(char c) { return std::string(32, c); }
  void Turn(bool on) {
    ASSERT_TRUE(factors().Begin(ada_, sealed_, now_, Soon()).ok());
    if (!on) return;
    ASSERT_TRUE(*factors().Confirm(ada_, sealed_, 7, {Hash('r'), Hash('s')}, now_, Soon()));
  }

  std::int64_t ada_ = 0;

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(SecondFactorContract);

TYPED_TEST_P(SecondFactorContract, IsBegunAndConfirmed) {
  auto& factors = this->factors();
  EXPECT_EQ(*factors.Find(this->ada_, this->Soon()), std::nullopt);
  ASSERT_TRUE(factors.Begin(this->ada_, "another", this->now_, this->Soon()).ok());
  this->Turn(false);
  EXPECT_EQ(*factors.Find(this->ada_, this->Soon()),
            (SecondFactor{.sealed = this->sealed_, .confirmed = false, .last_step = 0}));
  EXPECT_FALSE(this->accounts().Find(this->ada_, this->Soon())->second_factor);
  EXPECT_FALSE(*factors.TakeStep(this->ada_, 9, this->Soon()));
  EXPECT_FALSE(*factors.Confirm(this->ada_, "another", 7, {}, this->now_, this->Soon()));
  this->Turn(true);
  EXPECT_EQ(*factors.Find(this->ada_, this->Soon()),
            (SecondFactor{.sealed = this->sealed_, .confirmed = true, .last_step = 7}));
  EXPECT_TRUE(this->accounts().Find(this->ada_, this->Soon())->second_factor);
  EXPECT_FALSE(*factors.Confirm(this->ada_, this->sealed_, 8, {}, this->now_, this->Soon()));
  EXPECT_EQ(factors.Begin(this->ada_, "new", this->now_, this->Soon()).error().reason,
            "second_factor_on");
  EXPECT_EQ(factors.Begin(7, "new", this->now_, this->Soon()).error().reason, "account_unknown");
}

TYPED_TEST_P(SecondFactorContract, TakesAStepOnceAndNoneBeforeIt) {
  this->Turn(true);
  for (const auto& [step, taken] :
       std::vector<std::pair<int, bool>>{{7, false}, {8, true}, {8, false}, {6, false}, {10, true}})
    EXPECT_EQ(*this->factors().TakeStep(this->ada_, step, this->Soon()), taken) << step;
  EXPECT_FALSE(*this->factors().TakeStep(7, 11, this->Soon()));
}

TYPED_TEST_P(SecondFactorContract, TakesARecoveryCodeOnceHoweverManyTry) {
  this->Turn(true);
  EXPECT_FALSE(*this->factors().TakeRecoveryCode(this->ada_, this->Hash('x'), this->Soon()));
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        if (*this->factors().TakeRecoveryCode(this->ada_, this->Hash('r'), this->Soon())) ++taken;
      });
    }
  }
  EXPECT_EQ(taken, 1);
  EXPECT_TRUE(*this->factors().TakeRecoveryCode(this->ada_, this->Hash('s'), this->Soon()));
}

TYPED_TEST_P(SecondFactorContract, IsRemovedWithItsCodes) {
  this->Turn(true);
  ASSERT_TRUE(this->factors().Remove(this->ada_, this->Soon()).ok());
  EXPECT_EQ(this->factors().Remove(this->ada_, this->Soon()).error().reason,
            "second_factor_unknown");
  EXPECT_FALSE(this->accounts().Find(this->ada_, this->Soon())->second_factor);
  EXPECT_FALSE(*this->factors().TakeRecoveryCode(this->ada_, this->Hash('r'), this->Soon()));
  this->Turn(true);
  ASSERT_TRUE(this->accounts().Delete(this->ada_, this->Soon()).ok());
  EXPECT_EQ(*this->factors().Find(this->ada_, this->Soon()), std::nullopt) << "with its account";
}

REGISTER_TYPED_TEST_SUITE_P(SecondFactorContract, IsBegunAndConfirmed,
                            TakesAStepOnceAndNoneBeforeIt, TakesARecoveryCodeOnceHoweverManyTry,
                            IsRemovedWithItsCodes);

}  // namespace marquee::auth
