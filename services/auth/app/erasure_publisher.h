// Tells the other services who is to be erased: from the table, which is written with the deletion
// itself, to marquee.erasures.v1; and notes which erasures all have confirmed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/periodic_task.h"
#include "base/result.h"
#include "erasures/erasure_events.h"
#include "logging/outage.h"
#include "metrics/metrics.h"

namespace marquee::auth {

struct PendingErasures {
  std::int64_t count = 0;
  std::optional<Time> oldest = {};                   // when it was asked for
  std::map<std::string, std::int64_t> of_service{};  // who has how many yet to confirm
};

class ErasureOutbox {
 public:
  using Publish = std::function<Status(std::span<const erasures::Erasure>)>;

  virtual ~ErasureOutbox() = default;
  // Hands over (`limit` at most) those that were never published, and those that were before
  // `again_before` and aren't complete; how many there were. Two that do so at the same time get
  // others. What fails, or is cut off, is handed out again.
  virtual Result<int> Drain(int limit, Time again_before, const Publish& publish,
                            const CallContext& call) = 0;
  // Completes those that all of the services have confirmed; what is left.
  virtual Result<PendingErasures> Settle(const std::vector<std::string>& services,
                                         const CallContext& call) = 0;
};

// Works from construction to destruction.
class ErasurePublisher {
 public:
  // Once `publish` returns well they are in the log.
  ErasurePublisher(ErasureOutbox& outbox, ErasureOutbox::Publish publish,
                   std::vector<std::string> services, const Clock& clock, metrics::Metrics& metrics,
                   std::chrono::milliseconds period = std::chrono::milliseconds{500});

 private:
  std::chrono::milliseconds Step();
  void Show(const PendingErasures& pending);

  ErasureOutbox& outbox_;
  const ErasureOutbox::Publish publish_;
  const std::vector<std::string> services_;
  const Clock& clock_;
  const std::chrono::milliseconds period_;
  metrics::Gauge pending_;
  metrics::Gauge oldest_;
  std::map<std::string, metrics::Gauge> awaited_;  // by service
  logging::Outage outage_{"erasures aren't published: nobody erases what they are about"};
  PeriodicTask task_;  // last: it uses the others
};

}  // namespace marquee::auth
