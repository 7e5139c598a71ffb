#include "auth/app/auth_metrics.h"

namespace marquee::auth {
namespace {

metrics::Counter Logins(metrics::Metrics& metrics, const char* outcome) {
  return metrics.AddCounter("marquee_auth_logins_total", "Logins, by outcome.",
                            {{"outcome", outcome}});
}

metrics::Counter Refreshes(metrics::Metrics& metrics, const char* outcome) {
  return metrics.AddCounter("marquee_auth_refreshes_total",
                            "Refresh tokens that were presented, by outcome.",
                            {{"outcome", outcome}});
}

}  // namespace

AuthMetrics::AuthMetrics(metrics::Metrics& metrics)
    : succeeded_(Logins(metrics, "succeeded")),
      refused_(Logins(metrics, "refused")),
      half_(Logins(metrics, "second_factor_required")),
      failed_(Logins(metrics, "failed")),
      refreshes_{{RefreshVerdict::kRotate, Refreshes(metrics, "rotated")},
                 {RefreshVerdict::kRepeat, Refreshes(metrics, "repeated")},
                 {RefreshVerdict::kUnknown, Refreshes(metrics, "unknown")},
                 {RefreshVerdict::kEnded, Refreshes(metrics, "ended")},
                 {RefreshVerdict::kExpired, Refreshes(metrics, "expired")},
                 {RefreshVerdict::kReused, Refreshes(metrics, "reused")},
                 {RefreshVerdict::kDisabled, Refreshes(metrics, "disabled")}},
      hash_seconds_(metrics.AddHistogram("marquee_auth_password_hash_seconds",
                                         "Time to hash a password, without waiting for a turn.")),
      backed_off_(metrics.AddCounter(
          "marquee_auth_backoffs_total",
          "Passwords, codes and links that weren't looked at, for too many before were wrong.")),
      active_sessions_(metrics.AddGauge("marquee_auth_sessions",
                                        "Sessions that go on, counted once a minute.")) {}

void AuthMetrics::SignIn(const Status& outcome) {
  if (outcome.ok()) {
    succeeded_.Increment();
  } else if (outcome.error().reason == "second_factor_required") {
    half_.Increment();
  } else if (outcome.error().code == Code::kUnauthenticated) {
    refused_.Increment();
  } else {
    failed_.Increment();
  }
}

void AuthMetrics::Refresh(RefreshVerdict verdict) { refreshes_.at(verdict).Increment(); }

void AuthMetrics::Hashed(std::chrono::nanoseconds took) {
  hash_seconds_.Observe(std::chrono::duration<double>(took).count());
}

void AuthMetrics::BackedOff() { backed_off_.Increment(); }

void AuthMetrics::ActiveSessions(std::int64_t count) {
  active_sessions_.Set(static_cast<double>(count));
}

}  // namespace marquee::auth
