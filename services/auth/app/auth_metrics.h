// What auth counts beside what every service counts.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "auth/domain/session.h"
#include "base/result.h"
#include "metrics/metrics.h"

namespace marquee::auth {

class AuthMetrics {
 public:
  explicit AuthMetrics(metrics::Metrics& metrics);

  void SignIn(const Status& outcome);  // a login that succeeded, was refused, or couldn't be judged
  void Refresh(RefreshVerdict verdict);
  void Hashed(std::chrono::nanoseconds took);
  void ActiveSessions(std::int64_t count);

 private:
  metrics::Counter succeeded_, refused_, failed_;
  std::map<RefreshVerdict, metrics::Counter> refreshes_;
  metrics::Histogram hash_seconds_;
  metrics::Gauge active_sessions_;
};

}  // namespace marquee::auth
