// What every audit log must do; see testing/store_contract.h. A fixture gives `audit()`, empty.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <vector>

#include "auth/domain/audit.h"

namespace marquee::auth {

template <typename Fixture>
class AuditContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
  }
  static constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  // Older than what PostgreSQL's trigger guards.
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};

  AuditLog& log() { return fixture_->audit(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  void Add(const AuditEntry& entry) {
    const Status added = log().Add(entry, Soon());
    EXPECT_TRUE(added.ok()) << added.error().ToString();
  }
  std::vector<std::string> Reasons(const AuditFilter& filter, std::int64_t before = kAll,
                                   int limit = 100) {
    std::vector<std::string> reasons;
    const auto listed = log().List(filter, before, limit, Soon());
    EXPECT_TRUE(listed.ok());
    for (const auto& entry : *listed) reasons.push_back(entry.reason);
    return reasons;
  }
  using Texts = std::vector<std::string>;

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(AuditContract);

TYPED_TEST_P(AuditContract, KeepsWhatWasEntered) {
  const AuditEntry entry{.at = this->now_,
                         .action = "roles.set",
                         .code = "PERMISSION_DENIED",
                         .reason = "not_allowed",
                         .actor = "1000000001",
                         .api_key_id = "k1",
                         .client_id = "4fVb0Zk2QpLr8sTn",
                         .about_user_id = 1'000'000'002,
                         .address = "2001:db8::7",
                         .user_agent = "marqueectl \"1\"",
                         .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"};
  this->Add(entry);
  const auto listed = this->log().List({}, this->kAll, 10, this->Soon());
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 1U);
  const AuditEntry& kept = listed->front();
  EXPECT_GT(kept.number, 0);
  EXPECT_EQ(kept.at, entry.at);
  EXPECT_EQ(kept.action, entry.action);
  EXPECT_EQ(kept.code, entry.code);
  EXPECT_EQ(kept.reason, entry.reason);
  EXPECT_EQ(kept.actor, entry.actor);
  EXPECT_EQ(kept.api_key_id, entry.api_key_id);
  EXPECT_EQ(kept.about_user_id, entry.about_user_id);
  EXPECT_EQ(kept.address, entry.address);
  EXPECT_EQ(kept.user_agent, entry.user_agent);
  EXPECT_EQ(kept.trace_id, entry.trace_id);
}

TYPED_TEST_P(AuditContract, ListsByPersonAndActionTheYoungestFirst) {
  const auto add = [&](const char* reason, const char* action, const char* actor,
                       std::int64_t about) {
    this->Add({.at = this->now_,
               .action = action,
               .reason = reason,
               .actor = actor,
               .about_user_id = about});
  };
  add("a", "login", "", 7);
  add("b", "roles.set", "7", 8);
  add("c", "login", "", 0);
  add("d", "login", "", 7);
  using Texts = typename TestFixture::Texts;
  EXPECT_EQ(this->Reasons({}), (Texts{"d", "c", "b", "a"}));
  EXPECT_EQ(this->Reasons({.user_id = 7}), (Texts{"d", "b", "a"})) << "of and by them";
  EXPECT_EQ(this->Reasons({.user_id = 8}), (Texts{"b"}));
  EXPECT_EQ(this->Reasons({.user_id = 7, .action = "login"}), (Texts{"d", "a"}));
  EXPECT_EQ(this->Reasons({}, this->kAll, 2), (Texts{"d", "c"}));
  const auto page = this->log().List({}, this->kAll, 2, this->Soon());
  EXPECT_EQ(this->Reasons({}, page->back().number), (Texts{"b", "a"}));
}

TYPED_TEST_P(AuditContract, ForgetsWhatIsOld) {
  this->Add({.at = this->now_, .action = "login", .reason = "old"});
  this->Add({.at = this->now_ + std::chrono::hours{1}, .action = "login", .reason = "new"});
  EXPECT_TRUE(this->log().Forget(this->now_ + std::chrono::minutes{1}, this->Soon()).ok());
  EXPECT_EQ(this->Reasons({}), (typename TestFixture::Texts{"new"}));
}

REGISTER_TYPED_TEST_SUITE_P(AuditContract, KeepsWhatWasEntered,
                            ListsByPersonAndActionTheYoungestFirst, ForgetsWhatIsOld);

}  // namespace marquee::auth
