// Whose a token is, told without waiting: the keys that tokens are verified with are fetched from
// auth in the background.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/periodic_task.h"
#include "token/token.h"

namespace marquee::gateway {

class Callers {
 public:
  // `source` may take its time; it is asked every half minute, and every second until it has
  // answered once.
  Callers(token::Verifier::KeySource source, const Clock& clock);

  // nullopt: no valid token, or there are no keys yet. Thread-safe.
  std::optional<token::Claims> Identify(std::string_view token);

 private:
  Result<std::vector<token::PublicKey>> Known();

  std::mutex mutex_;
  Result<std::vector<token::PublicKey>> keys_;
  token::Verifier verifier_;
  const PeriodicTask fetching_;  // last: it uses the others
};

}  // namespace marquee::gateway
