#include "auth/app/housekeeper.h"

#include "logging/log.h"

namespace marquee::auth {

Housekeeper::Housekeeper(KeyRing& keys, Sessions& sessions, GuessGuard& guard, Audit& audit,
                         OAuthRepository& oauth, IdentityRepository& identities, const Clock& clock,
                         std::chrono::milliseconds period)
    : keys_(keys),
      sessions_(sessions),
      guard_(guard),
      audit_(audit),
      oauth_(oauth),
      identities_(identities),
      clock_(clock),
      task_(period, [this](const std::stop_token&) { return Step(); }) {}

std::optional<std::chrono::milliseconds> Housekeeper::Step() {
  constexpr std::chrono::seconds kMostTime{5};
  constexpr std::chrono::milliseconds kEager{500};
  Report("reading the signing keys", keys_.Refresh(CallContext(clock_.Now() + kMostTime)));
  if (!keys_.Ready().ok()) return kEager;
  Report("forgetting old sessions", sessions_.Purge(CallContext(clock_.Now() + kMostTime)));
  Report("forgetting old guesses", guard_.Purge(CallContext(clock_.Now() + kMostTime)));
  Report("forgetting old audit entries", audit_.Forget(CallContext(clock_.Now() + kMostTime)));
  // Spent codes are remembered for a while, so that who comes with one again is known for it.
  constexpr std::chrono::hours kRemembered{24};
  const Time now = clock_.Now();
  Report("forgetting old codes",
         oauth_.Purge(now, now - kRemembered, CallContext(now + kMostTime)));
  Report("forgetting who didn't come back from a provider",
         identities_.Purge(now, CallContext(now + kMostTime)));
  return std::nullopt;
}

// Each problem once, not twice a second.
void Housekeeper::Report(const char* task, const Status& status) {
  if (status.ok()) {
    if (last_problem_.starts_with(task)) last_problem_.clear();
    return;
  }
  std::string problem = std::string(task) + ": " + status.error().ToString();
  if (problem == last_problem_) return;
  logging::Warning("housekeeping failed", {{"why", problem}});
  last_problem_ = std::move(problem);
}

}  // namespace marquee::auth
