// A pool's numbers for Prometheus.
#pragma once

#include <string>

#include "metrics/metrics.h"
#include "pg/pool.h"

namespace marquee::pg {

// Hooks that keep marquee_<service>_database_* with the label pool=`pool`: connections, connections
// in use, seconds waited for one, seconds of transactions, failed transactions.
PoolHooks PoolMetrics(metrics::Metrics& metrics, const std::string& service,
                      const std::string& pool);

}  // namespace marquee::pg
