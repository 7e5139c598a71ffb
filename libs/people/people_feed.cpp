#include "people/people_feed.h"

#include "kafka/partition_log.h"
#include "logging/log.h"

namespace marquee::people {

void RecentChanges::Take(PersonChange change) {
  const Time oldest = clock_.Now() - kRemembered;
  if (change.changed_at < oldest) return;
  std::size_t early = 0;
  {
    const std::lock_guard lock(mutex_);
    if (change.ended_session.empty())
      TakePerson(std::move(change));
    else if (ended_sessions_.Find(change.ended_session) == nullptr)
      ended_sessions_.Put(change.ended_session, change.changed_at, {});
    early = people_.Forget(oldest) + ended_sessions_.Forget(oldest);
  }
  if (early > 0 && forgot_) forgot_(early);
}

void RecentChanges::TakePerson(PersonChange change) {
  const PersonChange* known = people_.Find(change.user_id);
  // An account that is gone doesn't come back: its number is never given out again.
  if (known != nullptr &&
      (known->deleted || (!change.deleted && change.changed_at < known->changed_at)))
    return;
  const std::int64_t user_id = change.user_id;
  const Time changed_at = change.changed_at;
  people_.Put(user_id, changed_at, std::move(change));
}

Result<Caller> RecentChanges::Check(Caller caller) const {
  if (caller.user_id == 0) return caller;
  const std::lock_guard lock(mutex_);
  if (ended_sessions_.Find(caller.session_id) != nullptr)
    return Error::Unauthenticated("token_revoked",
                                  "The session that this token is of has ended: sign in again.");
  const PersonChange* change = people_.Find(caller.user_id);
  if (change == nullptr) return caller;
  if (change->deleted)
    return Error::Unauthenticated("token_revoked",
                                  "The account that this token is of was deleted.");
  // `iat` counts whole seconds: a token of the same second is from before or from after, and has
  // these roles either way.
  if (caller.token_issued_at > change->changed_at) return caller;
  if (change->disabled)
    return Error::Unauthenticated("account_disabled", "An administrator disabled this account.");
  caller.roles = change->roles;
  return caller;
}

std::size_t RecentChanges::size() const {
  const std::lock_guard lock(mutex_);
  return people_.size() + ended_sessions_.size();
}

class PeopleFeed::Impl {
 public:
  Impl(const kafka::ClusterConfig& cluster, const Clock& clock, metrics::Metrics& metrics,
       const std::string& service, std::string topic)
      : topic_(std::move(topic)),
        forgotten_early_(metrics.AddCounter(
            "marquee_" + service + "_people_forgotten_early_total",
            "Changes of people and ended sessions that were forgotten within the hour, as too many "
            "came: their tokens are believed until they expire")),
        changes_(clock, [this](std::size_t count) { forgotten_early_.Increment(count); }),
        undecodable_(metrics.AddCounter("marquee_" + service + "_people_log_undecodable_total",
                                        "Records of marquee.people.v1 that were left out")),
        log_(
            {.cluster = cluster, .topic = topic_},
            [](std::int32_t) -> Result<kafka::Offsets> { return kafka::Offsets{}; },
            [this](const kafka::Message& message, const LogPosition&) { Take(message); }) {
    metrics.AddGaugeFunction(
        "marquee_" + service + "_people_log_lag_messages",
        "Records of marquee.people.v1 that aren't taken in yet; NaN while unknown: tokens are then "
        "believed as they are, until they expire",
        // What Kafka last said of its end is no news while it is away.
        {}, [this] { return metrics::OrNaN(log_.followed() ? log_.Lag() : std::nullopt); });
  }

  const RecentChanges& changes() const { return changes_; }
  bool WaitFor(const LogPosition& position, Time deadline) const {
    return log_.WaitFor(position, deadline) == kafka::Awaited::kReached;
  }

 private:
  void Take(const kafka::Message& message) {
    if (message.tombstone) return;
    auto change = Decode(message.value);
    if (change.ok()) return changes_.Take(*std::move(change));
    undecodable_.Increment();
    logging::Warning(
        "record left out",
        {{"topic", topic_}, {"offset", message.offset}, {"reason", change.error().reason}});
  }

  const std::string topic_;
  metrics::Counter forgotten_early_;
  RecentChanges changes_;
  metrics::Counter undecodable_;
  kafka::PartitionLog log_;  // last: it calls the others
};

PeopleFeed::PeopleFeed(const kafka::ClusterConfig& cluster, const Clock& clock,
                       metrics::Metrics& metrics, const std::string& service, std::string topic)
    : impl_(std::make_unique<Impl>(cluster, clock, metrics, service, std::move(topic))) {}
PeopleFeed::~PeopleFeed() = default;
rpc::CallerCheck PeopleFeed::check() const {
  return [this](const CallContext& call) { return impl_->changes().Check(call.caller); };
}
bool PeopleFeed::WaitFor(const LogPosition& position, Time deadline) const {
  return impl_->WaitFor(position, deadline);
}

}  // namespace marquee::people
