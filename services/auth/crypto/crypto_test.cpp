#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "auth/crypto/argon2_hasher.h"
#include "auth/crypto/secretbox.h"

namespace marquee::auth {
namespace {

using std::chrono::milliseconds;

constexpr Argon2Cost kCheap{1, 8192};
const Attempt kAnyone{"192.0.2.1", "ada@example.com"};
CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{10}); }

TEST(Argon2Hasher, VerifiesTheRightPasswordOnly) {
  int observed = 0;
  Argon2Hasher hasher({}, kCheap, [&](auto) { ++observed; });
  const auto hash = hasher.Hash("correct horse", kAnyone, Soon());
  ASSERT_TRUE(hash.ok());
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << *hash;
  EXPECT_TRUE(*hasher.Verify("correct horse", *hash, kAnyone, Soon()));
  EXPECT_FALSE(*hasher.Verify("correct horsf", *hash, kAnyone, Soon()));
  EXPECT_FALSE(*hasher.Verify("", *hash, kAnyone, Soon()));
  EXPECT_FALSE(*hasher.Verify("correct horse", "no hash", kAnyone, Soon()));
  EXPECT_EQ(observed, 5);
}

TEST(Argon2Hasher, ComparesWithNobodysHashWhereThereIsNone) {
  int observed = 0;
  Argon2Hasher hasher({}, kCheap, [&](auto) { ++observed; });
  EXPECT_FALSE(*hasher.Verify("correct horse", "", kAnyone, Soon()));
  EXPECT_FALSE(*hasher.Verify("", "", kAnyone, Soon()));
  EXPECT_EQ(observed, 2);
}

TEST(Argon2Hasher, SaltsEachHash) {
  Argon2Hasher hasher({}, kCheap);
  EXPECT_NE(*hasher.Hash("correct horse", kAnyone, Soon()),
            *hasher.Hash("correct horse", kAnyone, Soon()));
}

TEST(Argon2Hasher, VerifiesHashesOfOtherCosts) {
  Argon2Hasher cheap({}, kCheap);
  Argon2Hasher dearer({}, {3, 1 << 20});
  EXPECT_TRUE(*dearer.Verify("correct horse", *cheap.Hash("correct horse", kAnyone, Soon()),
                             kAnyone, Soon()));
}

TEST(HashGate, RefusesAtOnceWhenTooManyWait) {
  HashGate gate({.running = 1, .waiting = 0});
  ASSERT_TRUE(gate.Enter(kAnyone, Soon().deadline).ok());
  const auto refused = gate.Enter(kAnyone, Soon().deadline);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnavailable) << "everyone together is our own overload";
  gate.Leave(kAnyone);
  EXPECT_TRUE(gate.Enter(kAnyone, Soon().deadline).ok());
}

TEST(HashGate, GivesUpWaitingWhenPatienceOrTheDeadlineEnds) {
  HashGate impatient({.running = 1, .waiting = 1, .patience = milliseconds{1}});
  ASSERT_TRUE(impatient.Enter(kAnyone, Soon().deadline).ok());
  EXPECT_FALSE(impatient.Enter(kAnyone, Soon().deadline).ok());
  HashGate patient({.running = 1, .waiting = 1, .patience = std::chrono::hours{1}});
  ASSERT_TRUE(patient.Enter(kAnyone, Soon().deadline).ok());
  EXPECT_FALSE(patient.Enter(kAnyone, SystemClock().Now() + milliseconds{1}).ok());
}

// Starts somebody who waits for their turn, and returns once they do.
std::jthread Waiting(HashGate& gate, const Attempt& attempt, std::vector<std::string>& order,
                     std::mutex& mutex) {
  const auto before = gate.waiting();
  std::jthread thread([&gate, attempt, &order, &mutex] {
    ASSERT_TRUE(gate.Enter(attempt, Soon().deadline).ok());
    {
      const std::lock_guard lock(mutex);
      order.push_back(attempt.address + " " + attempt.account);
    }
    gate.Leave(attempt);
  });
  while (gate.waiting() == before) std::this_thread::yield();
  return thread;
}

TEST(HashGate, GoesRoundTheAddressesAndWithinTheAccounts) {
  HashGate gate(
      {.running = 1, .waiting = 100, .waiting_of_one = 10, .patience = std::chrono::minutes{1}});
  std::vector<std::string> order;
  std::mutex mutex;
  const Attempt guesser{"198.51.100.6", "victim"};
  ASSERT_TRUE(gate.Enter(guesser, Soon().deadline).ok());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.push_back(Waiting(gate, guesser, order, mutex));
    threads.push_back(Waiting(gate, {"192.0.2.1", "ada"}, order, mutex));
    threads.push_back(Waiting(gate, {"192.0.2.1", "ada"}, order, mutex));
    threads.push_back(Waiting(gate, {"192.0.2.1", "bob"}, order, mutex));
    gate.Leave(guesser);
  }
  EXPECT_EQ(order,
            (std::vector<std::string>{"192.0.2.1 ada", "198.51.100.6 victim", "192.0.2.1 bob",
                                      "198.51.100.6 victim", "192.0.2.1 ada", "198.51.100.6 victim",
                                      "198.51.100.6 victim"}));
}

TEST(HashGate, LetsNobodyFillTheQueue) {
  HashGate gate(
      {.running = 1, .waiting = 100, .waiting_of_one = 2, .patience = std::chrono::minutes{1}});
  std::vector<std::string> order;
  std::mutex mutex;
  const Attempt guesser{"198.51.100.6", "a"};
  ASSERT_TRUE(gate.Enter(guesser, Soon().deadline).ok());
  {
    std::vector<std::jthread> threads;
    threads.push_back(Waiting(gate, {"198.51.100.6", "b"}, order, mutex));
    threads.push_back(Waiting(gate, {"198.51.100.6", "c"}, order, mutex));
    const auto one_more = gate.Enter({"198.51.100.6", "d"}, Soon().deadline);
    EXPECT_EQ(one_more.error().reason, "too_many_sign_ins") << "of one address";
    EXPECT_EQ(one_more.error().code, Code::kResourceExhausted);
    threads.push_back(Waiting(gate, {"192.0.2.1", "b"}, order, mutex));
    EXPECT_EQ(gate.Enter({"192.0.2.2", "b"}, Soon().deadline).error().reason, "too_many_sign_ins")
        << "for one account";
    threads.push_back(Waiting(gate, {"192.0.2.3", "e"}, order, mutex));
    gate.Leave(guesser);
  }
  EXPECT_EQ(order.size(), 4U);
  EXPECT_EQ(gate.waiting(), 0U);
}

TEST(HashGate, NeverLetsMoreThroughThanItMay) {
  HashGate gate(
      {.running = 3, .waiting = 100, .waiting_of_one = 100, .patience = std::chrono::minutes{1}});
  std::atomic<int> inside = 0, most = 0, passed = 0;
  std::latch start(12);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        for (int n = 0; n < 200; ++n) {
          if (!gate.Enter(kAnyone, Soon().deadline).ok()) continue;
          const int now = ++inside;
          int seen = most;
          while (seen < now && !most.compare_exchange_weak(seen, now)) {
          }
          ++passed;
          --inside;
          gate.Leave(kAnyone);
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
