#include "rating_ingest/metrics_of.h"

#include "logging/log.h"

namespace marquee::rating_ingest {

pg::PoolHooks PoolMetrics(metrics::Metrics& metrics, const std::string& pool) {
  const metrics::Labels labels{{"pool", pool}};
  auto open =
      metrics.AddGauge("marquee_rating_ingest_database_connections", "Open connections", labels);
  auto in_use = metrics.AddGauge("marquee_rating_ingest_database_connections_in_use",
                                 "Connections lent to calls", labels);
  auto waited = metrics.AddHistogram("marquee_rating_ingest_database_acquire_duration_seconds",
                                     "How long a call waited for a connection", labels);
  auto took = metrics.AddHistogram("marquee_rating_ingest_database_transaction_duration_seconds",
                                   "How long transactions took", labels);
  auto failed = metrics.AddCounter("marquee_rating_ingest_database_failures_total",
                                   "Transactions that failed", labels);
  const auto seconds = [](std::chrono::nanoseconds span) {
    return std::chrono::duration<double>(span).count();
  };
  return {.acquired = [=](std::chrono::nanoseconds span) mutable { waited.Observe(seconds(span)); },
          .resized =
              [=](int now_open, int now_in_use) mutable {
                open.Set(now_open);
                in_use.Set(now_in_use);
              },
          .finished =
              [=](std::chrono::nanoseconds span, std::optional<Code> code) mutable {
                took.Observe(seconds(span));
                if (code == Code::kUnavailable || code == Code::kInternal ||
                    code == Code::kDeadlineExceeded) {
                  failed.Increment();
                }
              }};
}

void LogKafka(int level, const std::string& client_id, const std::string& message) {
  const auto severity = level <= 3   ? logging::Level::kError
                        : level == 4 ? logging::Level::kWarning
                        : level <= 6 ? logging::Level::kInfo
                                     : logging::Level::kDebug;
  logging::Write(severity, "kafka", {{"client", client_id}, {"detail", message}});
}

}  // namespace marquee::rating_ingest
