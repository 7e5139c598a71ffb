#include "auth/app/erasure_publisher.h"

namespace marquee::auth {
namespace {

constexpr int kAtOnce = 500;
constexpr std::chrono::seconds kMostTime{15};
constexpr std::chrono::seconds kPauseAfterFailure{2};
// Said again to who hasn't confirmed: a receipt, or the topic, may have been lost.
constexpr std::chrono::minutes kAgainAfter{5};

}  // namespace

ErasurePublisher::ErasurePublisher(ErasureOutbox& outbox, ErasureOutbox::Publish publish,
                                   std::vector<std::string> services, const Clock& clock,
                                   metrics::Metrics& metrics, std::chrono::milliseconds period)
    : outbox_(outbox),
      publish_(std::move(publish)),
      services_(std::move(services)),
      clock_(clock),
      period_(period),
      pending_(metrics.AddGauge("marquee_auth_erasures_pending",
                                "Erasures that not every service has confirmed")),
      oldest_(metrics.AddGauge("marquee_auth_erasures_oldest_pending_seconds",
                               "How long ago the oldest of them was asked for; 0: there is none")),
      task_(period, [this](const std::stop_token&) { return Step(); }) {
  for (const auto& service : services_) {
    awaited_.emplace(service, metrics.AddGauge("marquee_auth_erasures_awaited",
                                               "Erasures that this service has yet to confirm",
                                               {{"by", service}}));
  }
}

std::chrono::milliseconds ErasurePublisher::Step() {
  const CallContext call(clock_.Now() + kMostTime);
  const auto published = outbox_.Drain(kAtOnce, clock_.Now() - kAgainAfter, publish_, call);
  outage_.Note(published.ok() ? Status() : Status(published.error()));
  if (const auto pending = outbox_.Settle(services_, call); pending.ok()) Show(*pending);
  if (!published.ok()) return kPauseAfterFailure;
  return *published == kAtOnce ? std::chrono::milliseconds{0} : period_;
}

void ErasurePublisher::Show(const PendingErasures& pending) {
  pending_.Set(static_cast<double>(pending.count));
  oldest_.Set(pending.oldest ? std::chrono::duration<double>(clock_.Now() - *pending.oldest).count()
                             : 0);
  for (auto& [service, gauge] : awaited_) {
    const auto found = pending.of_service.find(service);
    gauge.Set(found == pending.of_service.end() ? 0 : static_cast<double>(found->second));
  }
}

}  // namespace marquee::auth
