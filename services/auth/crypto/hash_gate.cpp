#include "auth/crypto/hash_gate.h"

#include <algorithm>

namespace marquee::auth {
namespace {

Error TooMany() {
  return Error::ResourceExhausted("too_many_sign_ins",
                                  "Too many people are signing in at the moment: try again soon.");
}

}  // namespace

Status HashGate::Enter(Time deadline) {
  std::unique_lock lock(mutex_);
  if (running_ >= limits_.running) {
    if (waiting_ >= limits_.waiting) return TooMany();
    ++waiting_;
    const auto until = std::min(deadline, SystemClock().Now() + limits_.patience);
    const bool free = freed_.wait_until(lock, until, [this] { return running_ < limits_.running; });
    --waiting_;
    if (!free) return TooMany();
  }
  ++running_;
  return {};
}

void HashGate::Leave() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  freed_.notify_one();
}

}  // namespace marquee::auth
