// Who may hash a password now: it takes 64 MiB and a core, so few may at once, the others wait for
// a bounded time, and nobody's waiting is at the cost of all others'.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>

#include "auth/domain/ports.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

struct HashGateLimits {
  int running = 2;
  int waiting = 64;
  int waiting_of_one = 4;  // from one address, or for one account
  std::chrono::milliseconds patience{3'000};
};

// Places go round the addresses that ask, and within one round the accounts: whoever tries
// passwords fast waits behind themselves. Thread-safe.
class HashGate {
 public:
  explicit HashGate(HashGateLimits limits) : limits_(limits) {}

  // ResourceExhausted "too_many_sign_ins" when this address or account has too many waiting
  // already; Unavailable "sign_ins_overloaded" when everyone together has, or the turn didn't come
  // in time.
  Status Enter(const Attempt& attempt, Time deadline);
  // With what Enter was given.
  void Leave(const Attempt& attempt);
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  struct Waiter {
    const Attempt* attempt;
    std::condition_variable came;
    bool ours = false;
  };
  // What is known of an address or an account while somebody of it runs or waits.
  struct Share {
    int running = 0;
    int waiting = 0;
    std::uint64_t last_turn = 0;
  };

  bool TooManyOfOne(const Attempt& attempt) const;
  void Begin(const Attempt& attempt);
  std::list<Waiter*>::iterator Next();
  static void Drop(std::map<std::string, Share>& shares, const std::string& name);

  const HashGateLimits limits_;
  std::mutex mutex_;
  int running_ = 0;
  std::uint64_t turn_ = 0;
  std::list<Waiter*> waiting_;  // in the order that they came
  std::map<std::string, Share> addresses_;
  std::map<std::string, Share> accounts_;
};

}  // namespace marquee::auth
