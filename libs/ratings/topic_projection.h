// A topic whose records become rows, in the transaction that stores how far it was read
// (consumer_offsets, as rating_projection.h has it): for topics other than that of ratings.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "kafka/group_consumer.h"
#include "pg/pool.h"

namespace marquee::ratings {

class TopicProjection final : public kafka::BatchHandler {
 public:
  // Within the transaction; an error or exception rolls everything back, and the batch comes again.
  using Step = std::function<Status(pg::Transaction& tx, const kafka::Batch& batch)>;

  // `committed` is called after each commit; it may be empty.
  TopicProjection(pg::Pool& pool, std::string topic, Step step,
                  std::function<void()> committed = {},
                  std::chrono::milliseconds transaction_timeout = std::chrono::seconds{30})
      : pool_(pool),
        topic_(std::move(topic)),
        step_(std::move(step)),
        committed_(std::move(committed)),
        timeout_(transaction_timeout) {}

  Result<LogPositions> LoadPositions(const std::vector<std::int32_t>& partitions) override;
  Status Apply(const kafka::Batch& batch, const LogPositions& expected,
               const LogPositions& next) override;
  Status Move(const LogPosition& from, std::int64_t to, kafka::Moved why) override;

 private:
  pg::Pool& pool_;
  const std::string topic_;
  const Step step_;
  const std::function<void()> committed_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace marquee::ratings
