#include "ratings/rating_projection.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <pqxx/pqxx>

#include "base/acknowledgements.h"
#include "logging/log.h"
#include "marquee/events/v1/events.pb.h"
#include "pg/array.h"
#include "ratings/rating_events.h"
#include "tracing/trace.h"

namespace marquee::ratings {
namespace {

constexpr std::size_t kMostDetailBytes = 500;

// Moves the offsets on if they are where they are expected, and holds their rows: a zombie that
// still thinks it owns the partition finds them moved.
Status MoveOffsets(pg::Transaction& tx, const std::string& topic, const kafka::Offsets& expected,
                   const kafka::Offsets& next) {
  std::vector<std::int32_t> partitions;
  std::vector<std::int64_t> from;
  std::vector<std::int64_t> to;
  for (const auto& [partition, offset] : next) {
    partitions.push_back(partition);
    from.push_back(expected.at(partition));
    to.push_back(offset);
  }
  const auto moved = tx.exec_params(
      "UPDATE consumer_offsets AS c SET next_offset = x.next"
      " FROM unnest($2::integer[], $3::bigint[], $4::bigint[]) AS x(partition, expected, next)"
      " WHERE c.topic = $1 AND c.partition = x.partition AND c.next_offset = x.expected",
      topic, pg::Array(partitions), pg::Array(from), pg::Array(to));
  if (static_cast<std::size_t>(moved.affected_rows()) != next.size()) {
    return Error::FailedPrecondition(kafka::kOffsetsFenced,
                                     "another consumer has moved the offsets on");
  }
  return {};
}

// One line for each request with events in the batch. An import's carry no trace, and leave none.
void LogApplied(const kafka::Batch& batch, std::chrono::steady_clock::time_point began) {
  struct Seen {
    std::int64_t events = 0;
    std::int32_t partition = 0;
    std::int64_t offset = 0;  // the last one's
  };
  std::map<std::string_view, Seen> traces;
  for (const auto& [partition, messages] : batch) {
    for (const auto& message : messages) {
      if (message.traceparent.empty()) continue;
      auto& seen = traces[message.traceparent];
      ++seen.events;
      seen.partition = partition;
      seen.offset = message.offset;
    }
  }
  const double milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  for (const auto& [traceparent, seen] : traces) {
    const tracing::Scope scope(traceparent);
    logging::Info("ratings applied", {{"events", seen.events},
                                      {"partition", seen.partition},
                                      {"offset", seen.offset},
                                      {"ms", milliseconds}});
  }
}

}  // namespace

struct RatingProjection::Counters {
  std::mutex mutex;
  RatingProjectionStats stats;
};

RatingProjection::RatingProjection(pg::Pool& pool, DeadLetterSink dead_letters, Step step,
                                   RatingProjectionConfig config, Committed committed)
    : pool_(pool),
      dead_letters_(std::move(dead_letters)),
      step_(std::move(step)),
      config_(std::move(config)),
      committed_(std::move(committed)),
      counters_(std::make_shared<Counters>()) {}

Result<kafka::Offsets> RatingProjection::LoadOffsets(const std::vector<std::int32_t>& partitions) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<kafka::Offsets> {
        tx.exec_params(
            "INSERT INTO consumer_offsets (topic, partition, next_offset)"
            " SELECT $1, p, 0 FROM unnest($2::integer[]) AS p ON CONFLICT DO NOTHING",
            config_.topic, pg::Array(partitions));
        return ReadOffsets(tx, config_.topic);
      },
      {.deadline = SystemClock().Now() + config_.transaction_timeout});
}

Status RatingProjection::Apply(const kafka::Batch& batch, const kafka::Offsets& expected,
                               const kafka::Offsets& next) {
  const auto began = std::chrono::steady_clock::now();
  std::vector<RatingChange> changes;
  std::vector<DeadLetterMessage> dead;
  for (const auto& [partition, messages] : batch) {
    for (const auto& message : messages) {
      auto change = DecodeRating(message.key, message.value);
      if (change.ok()) {
        changes.push_back(std::move(*change));
      } else {
        dead.push_back({&message, change.error().reason, change.error().message});
      }
    }
  }
  // Before the offsets: a dead letter may be written twice, never not at all.
  if (!dead.empty()) RETURN_IF_ERROR(dead_letters_(dead));
  RETURN_IF_ERROR(pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        RETURN_IF_ERROR(MoveOffsets(tx, config_.topic, expected, next));
        if (!dead.empty() && config_.record_dead_letters) {
          RETURN_IF_ERROR(config_.record_dead_letters(tx, dead));
        }
        return step_(tx, changes);
      },
      {.deadline = SystemClock().Now() + config_.transaction_timeout,
       .statement_timeout = config_.transaction_timeout}));
  {
    const std::lock_guard lock(counters_->mutex);
    counters_->stats.events += static_cast<std::int64_t>(changes.size());
    counters_->stats.dead_letters += static_cast<std::int64_t>(dead.size());
    for (const auto& one : dead) ++counters_->stats.dead_letters_by_reason[one.reason];
  }
  if (committed_) committed_(next, changes);
  LogApplied(batch, began);
  return {};
}

RatingProjectionStats RatingProjection::Stats() const {
  const std::lock_guard lock(counters_->mutex);
  return counters_->stats;
}

Result<kafka::Offsets> ReadOffsets(pg::Transaction& tx, std::string_view topic) {
  kafka::Offsets offsets;
  for (const auto& row :
       tx.exec_params("SELECT partition, next_offset FROM consumer_offsets WHERE topic = $1",
                      std::string(topic))) {
    offsets[row[0].as<std::int32_t>()] = row[1].as<std::int64_t>();
  }
  return offsets;
}

DeadLetterSink KafkaDeadLetters(kafka::Producer& producer, std::string consumer,
                                std::string source_topic, const Clock& clock,
                                std::chrono::milliseconds timeout) {
  return [&producer, &clock, consumer = std::move(consumer), source_topic = std::move(source_topic),
          timeout](std::span<const DeadLetterMessage> messages) -> Status {
    const auto acknowledgements = std::make_shared<Acknowledgements>();
    for (const auto& one : messages) {
      events::v1::DeadLetter letter;
      letter.set_topic(source_topic);
      letter.set_partition(one.message->partition);
      letter.set_offset(one.message->offset);
      letter.set_key(one.message->key);
      letter.set_value(one.message->value);
      letter.set_reason(one.reason);
      letter.set_detail(one.detail.substr(0, kMostDetailBytes));
      letter.set_consumer(consumer);
      const auto now =
          std::chrono::duration_cast<std::chrono::microseconds>(clock.Now().time_since_epoch())
              .count();
      letter.mutable_failed_at()->set_seconds(now / 1'000'000);
      letter.mutable_failed_at()->set_nanos(static_cast<std::int32_t>(now % 1'000'000 * 1'000));
      kafka::Outgoing message{.topic = std::string(kDeadLettersTopic),
                              .key = one.message->key,
                              .value = letter.SerializeAsString()};
      if (!one.message->traceparent.empty()) {
        message.headers.push_back({"traceparent", one.message->traceparent});
      }
      acknowledgements->Expect();
      producer.ProduceAsync(std::move(message),
                            [acknowledgements](const Result<kafka::Position>& result) {
                              acknowledgements->Report(result.ok() ? Status() : result.error());
                            });
    }
    if (!acknowledgements->WaitForAtMost(0, SystemClock().Now() + timeout)) {
      return Error::Unavailable("kafka_unavailable", "dead letters weren't acknowledged in time");
    }
    return acknowledgements->failure();
  };
}

}  // namespace marquee::ratings
