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

  // A login that succeeded, was refused, wants the second factor, too, or couldn't be judged.
  void SignIn(const Status& outcome);
  void Refresh(RefreshVerdict verdict);
  void Hashed(std::chrono::nanoseconds took);
  void ActiveSessions(std::int64_t count);
  void BackedOff();  // a guess at a secret wasn't looked at

 private:
  metrics::Counter succeeded_, refused_, half_, failed_;
  std::map<RefreshVerdict, metrics::Counter> refreshes_;
  metrics::Histogram hash_seconds_;
  metrics::Counter backed_off_;
  metrics::Gauge active_sessions_;
};

}  // namespace marquee::auth
