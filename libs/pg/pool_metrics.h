// A pool's numbers for Prometheus.
#pragma once

#include <string>

#include "metrics/metrics.h"
#include "pg/pool.h"

namespace marquee::pg {

// Hooks that keep marquee_<service>_database_* with the label pool=`pool`: connections, connections
// in use, the most that there may be, seconds waited for one, seconds of transactions, failed
// transactions.
PoolHooks PoolMetrics(metrics::Metrics& metrics, const std::string& service,
                      const std::string& pool, const PoolConfig& config);

}  // namespace marquee::pg
