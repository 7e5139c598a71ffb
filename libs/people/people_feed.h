// Follows marquee.people.v1, in every replica of every service: tokens that were issued before a
// person was deleted, disabled or given other roles, or whose session has ended, say what is no
// longer true (docs/adr/0601, 0603).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/log_position.h"
#include "base/lru_map.h"
#include "base/result.h"
#include "kafka/types.h"
#include "metrics/metrics.h"
#include "people/person_change.h"
#include "rpc/call.h"

namespace marquee::people {

// Longer than a token is believed: what happened before that is of no interest to anybody.
inline constexpr std::chrono::hours kRemembered{1};

// As many people, and as many sessions, are remembered: some 20 MB of each at the most. It takes a
// hundred that end each second for the oldest to be forgotten before their tokens have expired.
inline constexpr std::size_t kMostRemembered = 100'000;

// What happened lately, by key: for kRemembered, and no more of it than the bound. Not thread-safe.
template <typename Key, typename Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t most) : most_(most) {}

  const Value* Find(const Key& key) const {
    const auto* found = values_.Peek(key);
    return found == nullptr ? nullptr : &found->second;
  }
  // In place of what was there.
  void Put(const Key& key, Time at, Value value) {
    values_.Put(key, std::pair(at, std::move(value)));
  }
  // Returns how many had to go before their time.
  std::size_t Forget(Time before) {
    std::size_t early = 0;
    while (!values_.empty() && (values_.size() > most_ || values_.Oldest().second.first < before)) {
      early += values_.TakeOldest().second.first >= before ? 1 : 0;
    }
    return early;
  }
  std::size_t size() const { return values_.size(); }

 private:
  const std::size_t most_;
  LruMap<Key, std::pair<Time, Value>> values_;  // as they came: about the order of their times
};

// The changes that tokens in use may not know of. Thread-safe.
class RecentChanges {
 public:
  // `forgot` is told how many had to be forgotten early.
  explicit RecentChanges(const Clock& clock, std::function<void(std::size_t)> forgot = {},
                         std::size_t most = kMostRemembered)
      : clock_(clock), forgot_(std::move(forgot)), people_(most), ended_sessions_(most) {}

  // Of two changes of one person the later one stands, whichever comes first.
  void Take(PersonChange change);
  // As rpc::CallerCheck: the caller with the roles that they have now; Unauthenticated
  // "token_revoked" for one who was deleted and for a session that has ended, "account_disabled".
  Result<Caller> Check(Caller caller) const;
  std::size_t size() const;  // people and sessions

 private:
  struct None {};

  void TakePerson(PersonChange change);

  const Clock& clock_;
  const std::function<void(std::size_t)> forgot_;
  mutable std::mutex mutex_;
  RecentMap<std::int64_t, PersonChange> people_;
  RecentMap<std::string, None> ended_sessions_;
};

class PeopleFeed {
 public:
  // Starts to read; never blocks. While Kafka is away tokens are believed as they are, until they
  // expire: the metric marquee_<service>_people_log_lag_messages says so by NaN.
  PeopleFeed(const kafka::ClusterConfig& cluster, const Clock& clock, metrics::Metrics& metrics,
             const std::string& service, std::string topic = std::string(kPeopleTopic));
  ~PeopleFeed();

  // Refers to this, which must outlive the server.
  rpc::CallerCheck check() const;
  // Until everything before the position is taken in: false when it doesn't come in time.
  bool WaitFor(const LogPosition& position, Time deadline) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::people
