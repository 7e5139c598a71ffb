#include "pg/pool_metrics.h"

namespace marquee::pg {
namespace {

double Seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

}  // namespace

PoolHooks PoolMetrics(metrics::Metrics& metrics, const std::string& service,
                      const std::string& pool, const PoolConfig& config) {
  const metrics::Labels labels{{"pool", pool}};
  const std::string prefix = "marquee_" + service + "_database_";
  auto open = metrics.AddGauge(prefix + "connections", "Open connections", labels);
  auto in_use = metrics.AddGauge(prefix + "connections_in_use", "Connections lent", labels);
  metrics.AddGauge(prefix + "connections_max", "Most connections that the pool opens", labels)
      .Set(config.max_connections);
  auto waited = metrics.AddHistogram(prefix + "acquire_duration_seconds",
                                     "How long a transaction waited for a connection", labels);
  auto took = metrics.AddHistogram(prefix + "transaction_duration_seconds",
                                   "How long transactions took", labels);
  auto failed = metrics.AddCounter(prefix + "failures_total", "Transactions that failed", labels);
  return {.acquired = [=](std::chrono::nanoseconds span) mutable { waited.Observe(Seconds(span)); },
          .resized =
              [=](int now_open, int now_in_use) mutable {
                open.Set(now_open);
                in_use.Set(now_in_use);
              },
          .finished =
              [=](std::chrono::nanoseconds span, std::optional<Code> code) mutable {
                took.Observe(Seconds(span));
                // The caller's own mistakes are no failures of the database.
                if (code == Code::kUnavailable || code == Code::kInternal ||
                    code == Code::kDeadlineExceeded || code == Code::kResourceExhausted) {
                  failed.Increment();
                }
              }};
}

}  // namespace marquee::pg
