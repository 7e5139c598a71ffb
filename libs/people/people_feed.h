// Follows marquee.people.v1, in every replica of every service: tokens that were issued before a
// person was deleted or given other roles say what is no longer true (docs/adr/0601).
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/log_position.h"
#include "base/result.h"
#include "kafka/types.h"
#include "metrics/metrics.h"
#include "people/person_change.h"
#include "rpc/call.h"

namespace marquee::people {

// Longer than a token is believed: what happened before that is of no interest to anybody.
inline constexpr std::chrono::hours kRemembered{1};

// The changes that tokens in use may not know of. Thread-safe.
class RecentChanges {
 public:
  explicit RecentChanges(const Clock& clock) : clock_(clock) {}

  // Of two changes of one person the later one stands, whichever comes first.
  void Take(PersonChange change);
  // As rpc::CallerCheck: the caller with the roles that they have now; Unauthenticated
  // "token_revoked" for one who was deleted.
  Result<Caller> Check(Caller caller) const;
  std::size_t size() const;

 private:
  void ForgetOld();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, PersonChange> changes_;  // by user
  Time forgotten_at_{};
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
