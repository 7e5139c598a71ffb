// All of auth's that is about erasures, composed: publishing them, carrying them out in auth's own
// tables, and reading who has confirmed (docs/adr/0608).
#pragma once

#include <string>
#include <vector>

#include "auth/app/erasure_publisher.h"
#include "auth/app/erasures.h"
#include "auth/consume/receipt_consumer.h"
#include "auth/rpc/erasure_handler.h"
#include "auth/store/pg_erasures.h"
#include "erasures/erasure_consumer.h"
#include "kafka/producer.h"
#include "pg/pool.h"

namespace marquee::auth {

struct ErasingConfig {
  std::vector<std::string> services = {};  // who has to confirm
  pg::PoolConfig database = {};            // connections of its own: Kafka is waited for with one
};

// Works from construction to destruction.
class Erasing {
 public:
  // `calls` is the rpcs' pool. All outlive it.
  Erasing(const ErasingConfig& config, AccountRepository& accounts, pg::Pool& calls,
          kafka::Producer& producer, const kafka::ClusterConfig& cluster, const Clock& clock,
          metrics::Metrics& metrics);

  ErasureHandler& handler() { return handler_; }

 private:
  PgErasures store_;
  Erasures erasures_;
  ErasureHandler handler_;
  pg::Pool pool_;
  PgErasureOutbox outbox_;
  ErasurePublisher publisher_;
  erasures::ErasureConsumer eraser_;
  ReceiptConsumer receipts_;
};

}  // namespace marquee::auth
