// Answers that may be a little old, so that a crowd asks the database once.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::catalog {

// Thread-safe. At most `kMost` answers are kept; errors never are.
template <typename Value>
class Cache {
 public:
  Cache(const Clock& clock, std::chrono::milliseconds lifetime)
      : clock_(clock), lifetime_(lifetime) {}

  // The answer of that name if it isn't too old, else that of `ask()`, a Result<Value>.
  template <typename Ask>
  Result<Value> Get(const std::string& name, Ask&& ask) {
    const Time now = clock_.Now();
    {
      const std::lock_guard lock(mutex_);
      const auto found = answers_.find(name);
      if (found != answers_.end() && found->second.first > now) return found->second.second;
    }
    Result<Value> answer = ask();
    if (answer.ok()) {
      const std::lock_guard lock(mutex_);
      if (answers_.size() >= kMost) answers_.clear();
      answers_.insert_or_assign(name, std::pair(now + lifetime_, *answer));
    }
    return answer;
  }

 private:
  static constexpr std::size_t kMost = 64;
  const Clock& clock_;
  const std::chrono::milliseconds lifetime_;
  std::mutex mutex_;
  std::map<std::string, std::pair<Time, Value>> answers_;  // with when they are too old
};

}  // namespace marquee::catalog
