// Applies every event of marquee.ratings.v1, from the live end at start on, to the store of
// histories. Of another log by that name, the last events that the store keeps.
#pragma once

#include <memory>
#include <string>

#include "metrics/metrics.h"
#include "recommender/domain/history.h"
#include "recommender/domain/history_store.h"

namespace marquee::kafka {
struct ClusterConfig;
struct Message;
class PartitionLog;
}  // namespace marquee::kafka

namespace marquee::recommender {

class RatingFeed final : public RatingLog {
 public:
  // Starts to read; never blocks. `store` outlives it.
  RatingFeed(const kafka::ClusterConfig& cluster, std::string topic, HistoryStore& store,
             metrics::Metrics& metrics);
  ~RatingFeed() override;
  void Stop();

  std::int32_t partitions() const override;
  std::int64_t Next(std::int32_t partition) const override;
  Reach WaitFor(const LogPosition& position, Time deadline) const override;

 private:
  void Begin(const LogPosition& from, bool another_log);
  void Apply(const kafka::Message& message, const LogPosition& after);

  HistoryStore& store_;
  metrics::Metrics& metrics_;
  metrics::Counter events_;
  metrics::Counter undecodable_;
  std::unique_ptr<kafka::PartitionLog> log_;
};

}  // namespace marquee::recommender
