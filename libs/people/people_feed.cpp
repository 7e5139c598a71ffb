#include "people/people_feed.h"

#include "kafka/partition_log.h"
#include "logging/log.h"

namespace marquee::people {

void RecentChanges::Take(PersonChange change) {
  const std::lock_guard lock(mutex_);
  if (change.changed_at + kRemembered < clock_.Now()) return;
  ForgetOld();
  const auto [known, fresh] = changes_.try_emplace(change.user_id, change);
  // An account that is gone doesn't come back: its number is never given out again.
  if (!fresh && !known->second.deleted &&
      (change.deleted || known->second.changed_at <= change.changed_at))
    known->second = std::move(change);
}

// Now and then, not for each that comes.
void RecentChanges::ForgetOld() {
  const Time now = clock_.Now();
  if (now < forgotten_at_ + kRemembered / 4) return;
  std::erase_if(changes_,
                [&](const auto& one) { return one.second.changed_at + kRemembered < now; });
  forgotten_at_ = now;
}

Result<Caller> RecentChanges::Check(Caller caller) const {
  if (caller.user_id == 0) return caller;
  const std::lock_guard lock(mutex_);
  const auto found = changes_.find(caller.user_id);
  if (found == changes_.end()) return caller;
  if (found->second.deleted)
    return Error::Unauthenticated("token_revoked",
                                  "The account that this token is of was deleted.");
  // `iat` counts whole seconds: a token of the same second is from before or from after, and has
  // these roles either way.
  if (caller.token_issued_at <= found->second.changed_at) caller.roles = found->second.roles;
  return caller;
}

std::size_t RecentChanges::size() const {
  const std::lock_guard lock(mutex_);
  return changes_.size();
}

class PeopleFeed::Impl {
 public:
  Impl(const kafka::ClusterConfig& cluster, const Clock& clock, metrics::Metrics& metrics,
       const std::string& service, std::string topic)
      : topic_(std::move(topic)),
        changes_(clock),
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
        {}, [this] { return metrics::OrNaN(log_.Lag()); });
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
