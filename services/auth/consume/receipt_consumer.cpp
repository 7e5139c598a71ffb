#include "auth/consume/receipt_consumer.h"

#include <vector>

#include "logging/log.h"

namespace marquee::auth {

ReceiptConsumer::ReceiptConsumer(const kafka::ClusterConfig& cluster, pg::Pool& pool, Take take,
                                 metrics::Metrics& metrics, std::string topic)
    : take_(std::move(take)),
      undecodable_(metrics.AddCounter("marquee_auth_erasure_receipts_undecodable_total",
                                      "Records of marquee.erasure-receipts.v1 that were left out")),
      projection_(
          pool, topic,
          [this](pg::Transaction& tx, const kafka::Batch& batch) { return Apply(tx, batch); }),
      consumer_({.cluster = cluster,
                 .group = "marquee-auth-erasure-receipts",
                 .topic = topic,
                 .batch_messages = 500},
                projection_) {
  metrics.AddGaugeFunction(
      "marquee_auth_erasure_receipts_lag_messages",
      "Records of marquee.erasure-receipts.v1 that aren't taken in yet; NaN while unknown", {},
      [this] { return metrics::OrNaN(consumer_.Stats().lag); });
}

Status ReceiptConsumer::Apply(pg::Transaction& tx, const kafka::Batch& batch) {
  std::vector<erasures::Receipt> receipts;
  for (const auto& [partition, messages] : batch) {
    for (const auto& message : messages) {
      auto receipt = erasures::DecodeReceipt(message.value);
      if (receipt.ok()) {
        receipts.push_back(*std::move(receipt));
        continue;
      }
      undecodable_.Increment();
      logging::Warning("record left out", {{"topic", std::string(erasures::kReceiptsTopic)},
                                           {"offset", message.offset},
                                           {"reason", receipt.error().reason}});
    }
  }
  return receipts.empty() ? Status() : take_(tx, receipts);
}

}  // namespace marquee::auth
