// Guesses in memory, for tests.
#pragma once

#include <map>
#include <mutex>

#include "auth/domain/guess_repository.h"

namespace marquee::auth {

class MemoryGuesses final : public GuessRepository {
 public:
  Result<std::optional<Time>> Count(std::span<const GuessKey> keys, Time now,
                                    const CallContext& call) override;
  Status Uncount(std::span<const GuessKey> keys, Time now, const CallContext& call) override;
  Status Forget(std::span<const GuessKey> keys, const CallContext& call) override;
  Status Purge(Time now, const CallContext& call) override;

  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return guesses_.size();
  }

 private:
  struct Stored {
    Guesses guesses;
    Time drained_at;
  };
  std::mutex mutex_;
  std::map<std::string, Stored> guesses_;
};

}  // namespace marquee::auth
