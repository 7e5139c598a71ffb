#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "auth/crypto/argon2_hasher.h"
#include "auth/crypto/secretbox.h"

namespace marquee::auth {
namespace {

using std::chrono::milliseconds;

constexpr Argon2Cost kCheap{1, 8192};
Time Soon() { return SystemClock().Now() + std::chrono::seconds{10}; }

TEST(Argon2Hasher, VerifiesTheRightPasswordOnly) {
  int observed = 0;
  Argon2Hasher hasher({}, kCheap, [&](auto) { ++observed; });
  const auto hash = hasher.Hash("correct horse", Soon());
  ASSERT_TRUE(hash.ok());
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << *hash;
  EXPECT_TRUE(*hasher.Verify("correct horse", *hash, Soon()));
  EXPECT_FALSE(*hasher.Verify("correct horsf", *hash, Soon()));
  EXPECT_FALSE(*hasher.Verify("", *hash, Soon()));
  EXPECT_FALSE(*hasher.Verify("correct horse", "no hash", Soon()));
  EXPECT_EQ(observed, 5);
}

TEST(Argon2Hasher, SaltsEachHash) {
  Argon2Hasher hasher({}, kCheap);
  EXPECT_NE(*hasher.Hash("correct horse", Soon()), *hasher.Hash("correct horse", Soon()));
}

TEST(Argon2Hasher, VerifiesHashesOfOtherCosts) {
  Argon2Hasher cheap({}, kCheap);
  Argon2Hasher dearer({}, {3, 1 << 20});
  EXPECT_TRUE(*dearer.Verify("correct horse", *cheap.Hash("correct horse", Soon()), Soon()));
}

TEST(HashGate, RefusesAtOnceWhenTooManyWait) {
  HashGate gate({.running = 1, .waiting = 0});
  ASSERT_TRUE(gate.Enter(Soon()).ok());
  const auto refused = gate.Enter(Soon());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  gate.Leave();
  EXPECT_TRUE(gate.Enter(Soon()).ok());
}

TEST(HashGate, GivesUpWaitingWhenPatienceOrTheDeadlineEnds) {
  HashGate impatient({.running = 1, .waiting = 1, .patience = milliseconds{1}});
  ASSERT_TRUE(impatient.Enter(Soon()).ok());
  EXPECT_FALSE(impatient.Enter(Soon()).ok());
  HashGate patient({.running = 1, .waiting = 1, .patience = std::chrono::hours{1}});
  ASSERT_TRUE(patient.Enter(Soon()).ok());
  EXPECT_FALSE(patient.Enter(SystemClock().Now() + milliseconds{1}).ok());
}

TEST(HashGate, NeverLetsMoreThroughThanItMay) {
  HashGate gate({.running = 3, .waiting = 100, .patience = std::chrono::minutes{1}});
  std::atomic<int> inside = 0, most = 0, passed = 0;
  std::latch start(12);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        for (int n = 0; n < 200; ++n) {
          if (!gate.Enter(Soon()).ok()) continue;
          const int now = ++inside;
          int seen = most;
          while (seen < now && !most.compare_exchange_weak(seen, now)) {
          }
          ++passed;
          --inside;
          gate.Leave();
        }
      });
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_EQ(passed, 12 * 200);
}

TEST(Secretbox, OpensWhatItSealed) {
  const Secretbox box("0123456789abcdef0123456789abcdef");
  const std::string sealed = box.Seal("a private key");
  EXPECT_EQ(sealed.find("private"), sealed.npos);
  EXPECT_NE(sealed, box.Seal("a private key"));
  EXPECT_EQ(*box.Open(sealed), "a private key");
  EXPECT_EQ(*box.Open(box.Seal("")), "");
}

TEST(Secretbox, RefusesAnotherSecretAndAlteredBytes) {
  const Secretbox box("0123456789abcdef0123456789abcdef");
  const std::string sealed = box.Seal("a private key");
  EXPECT_EQ(Secretbox("another secret").Open(sealed).error().reason, "seal_broken");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string altered = sealed;
    altered[i] ^= 1;
    EXPECT_FALSE(box.Open(altered).ok()) << i;
    EXPECT_FALSE(box.Open(sealed.substr(0, i)).ok()) << i;
  }
}

}  // namespace
}  // namespace marquee::auth
