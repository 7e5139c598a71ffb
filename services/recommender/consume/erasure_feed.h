// Follows marquee.erasures.v1 in every replica: who was erased is forgotten in memory, and that is
// confirmed (docs/adr/0608).
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "erasures/erasure_events.h"
#include "kafka/partition_log.h"
#include "kafka/producer.h"
#include "metrics/metrics.h"

namespace marquee::recommender {

struct ErasureTopics {
  std::string erasures = std::string(erasures::kErasuresTopic);
  std::string receipts = std::string(erasures::kReceiptsTopic);
};

class ErasureFeed {
 public:
  // Starts to read; never blocks. `erase` is called from a thread of its own and outlives it, as
  // `producer` does. Of what is older than a day nothing is in memory any more: that is left alone.
  // A receipt that gets lost is sent again when auth says the erasure again.
  ErasureFeed(const kafka::ClusterConfig& cluster, kafka::Producer& producer,
              std::function<void(std::int64_t user_id)> erase, const Clock& clock,
              metrics::Metrics& metrics, ErasureTopics topics = {});

 private:
  void Take(const kafka::Message& message);

  kafka::Producer& producer_;
  const std::function<void(std::int64_t)> erase_;
  const Clock& clock_;
  const ErasureTopics topics_;
  metrics::Counter erased_;
  metrics::Counter undecodable_;
  kafka::PartitionLog log_;  // last: it calls the others
};

}  // namespace marquee::recommender
