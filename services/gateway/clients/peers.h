// How many gateways share the work, by what their common name resolves to.
#pragma once

#include <atomic>
#include <string>

#include "base/periodic_task.h"
#include "metrics/metrics.h"

namespace marquee::gateway {

class Peers {
 public:
  // `name`: a host that resolves to one address for each gateway, as a headless Service's does.
  // Empty: this is the only one.
  Peers(std::string name, metrics::Metrics& metrics);

  // At least 1; what was known last while the name can't be resolved. Thread-safe.
  int Count() const { return count_; }

 private:
  std::atomic<int> count_ = 1;
  const std::string name_;
  metrics::Gauge gauge_;
  const PeriodicTask looking_;  // last: it uses the others
};

// How many addresses the host has; 0 when it can't be said. Blocks.
int AddressesOf(const std::string& host);

}  // namespace marquee::gateway
