#include "auth/testing/memory_guesses.h"

#include <algorithm>

namespace marquee::auth {

Result<std::optional<Time>> MemoryGuesses::Count(std::span<const GuessKey> keys, Time now,
                                                 const CallContext&) {
  const std::lock_guard lock(mutex_);
  Time until = now;
  for (const auto& key : keys) {
    const auto found = guesses_.find(key.name);
    if (found != guesses_.end()) until = std::max(until, found->second.guesses.retry_at);
  }
  if (until > now) return std::optional(until);
  for (const auto& key : keys) {
    auto& stored = guesses_[key.name];
    stored.guesses = WithOneMore(stored.guesses, key.rule, now);
    stored.drained_at = DrainedAt(stored.guesses, key.rule);
  }
  return std::optional<Time>();
}

Status MemoryGuesses::Uncount(std::span<const GuessKey> keys, Time now, const CallContext&) {
  const std::lock_guard lock(mutex_);
  for (const auto& key : keys) {
    auto& stored = guesses_[key.name];
    stored.guesses = WithOneLess(stored.guesses, key.rule, now);
    stored.drained_at = DrainedAt(stored.guesses, key.rule);
  }
  return {};
}

Status MemoryGuesses::Forget(std::span<const GuessKey> keys, const CallContext&) {
  const std::lock_guard lock(mutex_);
  for (const auto& key : keys) guesses_.erase(key.name);
  return {};
}

Status MemoryGuesses::Purge(Time now, const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::erase_if(guesses_, [&](const auto& entry) { return entry.second.drained_at < now; });
  return {};
}

}  // namespace marquee::auth
