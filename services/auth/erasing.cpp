#include "auth/erasing.h"

#include "pg/pool_metrics.h"

namespace marquee::auth {
namespace {

ErasureOutbox::Publish To(kafka::Producer& producer) {
  return [&producer](std::span<const erasures::Erasure> erasures) {
    std::vector<kafka::Outgoing> messages;
    for (const auto& erasure : erasures) messages.push_back(ToMessage(erasure));
    return producer.ProduceAll(std::move(messages));
  };
}

}  // namespace

Erasing::Erasing(const ErasingConfig& config, AccountRepository& accounts, pg::Pool& calls,
                 kafka::Producer& producer, const kafka::ClusterConfig& cluster, const Clock& clock,
                 metrics::Metrics& metrics)
    : store_(calls),
      erasures_(accounts, store_, config.services),
      handler_(erasures_),
      pool_(config.database, pg::PoolMetrics(metrics, "auth", "erasures", config.database)),
      outbox_(pool_),
      publisher_(outbox_, To(producer), config.services, clock, metrics),
      eraser_({.cluster = cluster, .service = "auth"}, pool_, producer, ErasePerson, metrics),
      receipts_(cluster, pool_, TakeReceipts, metrics) {}

}  // namespace marquee::auth
