// The thread that keeps the signing keys fresh and forgets what is over.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "auth/app/audit.h"
#include "auth/app/guess_guard.h"
#include "auth/app/key_ring.h"
#include "auth/app/sessions.h"
#include "auth/domain/identity.h"
#include "auth/domain/oauth_repository.h"
#include "base/periodic_task.h"

namespace marquee::auth {

// Works from construction to destruction: until there are keys every half second, then once a
// `period`.
class Housekeeper {
 public:
  Housekeeper(KeyRing& keys, Sessions& sessions, GuessGuard& guard, Audit& audit,
              OAuthRepository& oauth, IdentityRepository& identities, const Clock& clock,
              std::chrono::milliseconds period = std::chrono::minutes{1});

 private:
  std::optional<std::chrono::milliseconds> Step();
  void Report(const char* task, const Status& status);

  KeyRing& keys_;
  Sessions& sessions_;
  GuessGuard& guard_;
  Audit& audit_;
  OAuthRepository& oauth_;
  IdentityRepository& identities_;
  const Clock& clock_;
  std::string last_problem_;
  PeriodicTask task_;  // last: it uses the others
};

}  // namespace marquee::auth
