// Where guesses are counted: for all replicas together. store/ implements it;
// testing/guess_contract.h is what every store must do. As the ports of domain/ports.h.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "auth/domain/guesses.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

struct GuessKey {
  std::string name;  // 32 bytes
  GuessRule rule;
};

class GuessRepository {
 public:
  virtual ~GuessRepository() = default;
  // Counts a guess under each key, or, when one of them must wait, under none: then until when. Of
  // those that come at the same time, one after another.
  virtual Result<std::optional<Time>> Count(std::span<const GuessKey> keys, Time now,
                                            const CallContext& call) = 0;
  // Takes back what Count did. Unknown keys are fine, here and below.
  virtual Status Uncount(std::span<const GuessKey> keys, Time now, const CallContext& call) = 0;
  virtual Status Forget(std::span<const GuessKey> keys, const CallContext& call) = 0;
  // Forgets what has drained.
  virtual Status Purge(Time now, const CallContext& call) = 0;
};

}  // namespace marquee::auth
