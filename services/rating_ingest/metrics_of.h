// The adapters' metrics and log lines, in this service's names.
#pragma once

#include <string>

#include "metrics/metrics.h"
#include "pg/pool.h"

namespace marquee::rating_ingest {

// marquee_rating_ingest_database_* of one pool.
pg::PoolHooks PoolMetrics(metrics::Metrics& metrics, const std::string& pool);

// librdkafka's lines as structured logs.
void LogKafka(int level, const std::string& client_id, const std::string& message);

}  // namespace marquee::rating_ingest
