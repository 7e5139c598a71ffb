// Reads marquee.erasure-receipts.v1 into auth's database.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "erasures/erasure_events.h"
#include "kafka/group_consumer.h"
#include "metrics/metrics.h"
#include "pg/pool.h"
#include "ratings/topic_projection.h"

namespace marquee::auth {

// On a thread of its own from construction to destruction.
class ReceiptConsumer {
 public:
  using Take = std::function<Status(pg::Transaction&, std::span<const erasures::Receipt>)>;

  ReceiptConsumer(const kafka::ClusterConfig& cluster, pg::Pool& pool, Take take,
                  metrics::Metrics& metrics,
                  std::string topic = std::string(erasures::kReceiptsTopic));

 private:
  Status Apply(pg::Transaction& tx, const kafka::Batch& batch);

  const Take take_;
  metrics::Counter undecodable_;
  ratings::TopicProjection projection_;
  kafka::GroupConsumer consumer_;  // last: it uses the others
};

}  // namespace marquee::auth
