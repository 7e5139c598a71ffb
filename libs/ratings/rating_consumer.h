// The consumer of marquee.ratings.v1 as the services that keep ratings in a database run it: the
// projection in a consumer group, its metrics, its log lines, and the memory of applied events.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/group_consumer.h"
#include "metrics/metrics.h"
#include "pg/pool.h"
#include "ratings/rating_projection.h"

namespace marquee::ratings {

struct RatingConsumerConfig {
  kafka::GroupConsumerConfig consumer = {};
  std::string service = {};  // "catalog": metrics are marquee_catalog_consumer_…
  // Ids of live events, by which repetitions are known, are forgotten after this: or later, where
  // the topic keeps events for longer. An event whose id was forgotten while the log still holds it
  // would undo what came after it when the log is read again.
  std::chrono::hours remember_events{45 * 24};
  std::chrono::milliseconds forget_every{600'000};
  // What applying changes: their statistics, by which PostgreSQL plans, are made anew after much of
  // a backlog, and at its end. Its own autovacuum may come a minute too late.
  std::vector<std::string> tables{"ratings"};
};

// How a backlog (an import) leaves the machine to others. Of kafka::GroupConsumerConfig.
struct Courtesy {
  std::function<std::chrono::nanoseconds(std::size_t messages, std::chrono::nanoseconds took)>
      rest = {};
  std::function<int()> next_batch = {};
};
// A backlog is applied for half of the time, and while people use their pool for a quarter, in
// transactions of a thousand events. Live ratings, which come by ones, never wait. `people`
// outlives it.
Courtesy YieldTo(const pg::Pool& people);

// What the service does with a batch, beside moving its position on.
struct RatingSteps {
  RatingProjection::Step apply = {};
  DeadLetterSink dead_letters = NoDeadLetters();
  std::function<Status(pg::Transaction&, std::span<const DeadLetterMessage>)> record_dead_letters =
      {};
  RatingProjection::Committed committed = {};
  Courtesy courtesy = {};
};

// Runs on threads of its own from construction to Stop(), through any outage of Kafka or the
// database: what it can't do now it does when they are back.
class RatingConsumer {
 public:
  // All outlive it; `metrics` must not serve any more when it is destroyed.
  RatingConsumer(RatingConsumerConfig config, pg::Pool& pool, RatingSteps steps,
                 metrics::Metrics& metrics);
  ~RatingConsumer();  // as Stop()
  // The batch under way is finished; then the group is left. Idempotent.
  void Stop();
  // Why nothing is being applied; OK when things move or are idle.
  Status Health() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// For how long, at least, a topic of these settings (kafka::Admin::Settings) may hold an event:
// segments are deleted whole, when the last of their events is old enough. hours::max(): for ever.
std::chrono::hours LongestKept(const std::map<std::string, std::string>& settings);

}  // namespace marquee::ratings
