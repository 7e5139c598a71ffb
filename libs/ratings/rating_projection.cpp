#include "ratings/rating_projection.h"

#include <map>
#include <mutex>

#include "logging/log.h"
#include "ratings/rating_events.h"
#include "tracing/trace.h"

namespace marquee::ratings {
namespace {

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

struct RatingProjection::Shared {
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
      shared_(std::make_shared<Shared>()) {}

Result<LogPositions> RatingProjection::LoadPositions(const std::vector<std::int32_t>& partitions) {
  ASSIGN_OR_RETURN(const StoredPositions stored,
                   LoadStored(pool_, config_.topic, partitions, config_.transaction_timeout));
  Remember(stored);
  return PositionsOf(stored);
}

Status RatingProjection::Move(const LogPosition& from, std::int64_t to, kafka::Moved why) {
  ASSIGN_OR_RETURN(const StoredPositions stored,
                   MoveStored(pool_, config_.topic, from, to, why, config_.transaction_timeout));
  Remember(stored);
  return {};
}

void RatingProjection::Remember(const StoredPositions& stored) {
  const std::lock_guard lock(shared_->mutex);
  for (const auto& [partition, one] : stored) shared_->stats.positions[partition] = one;
}

Status RatingProjection::Apply(const kafka::Batch& batch, const LogPositions& expected,
                               const LogPositions& next) {
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
  // Before the positions: a dead letter may be written twice, never not at all.
  if (!dead.empty()) RETURN_IF_ERROR(dead_letters_(dead));
  RETURN_IF_ERROR(pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        RETURN_IF_ERROR(AdvancePositions(tx, config_.topic, expected, next));
        if (!dead.empty() && config_.record_dead_letters) {
          RETURN_IF_ERROR(config_.record_dead_letters(tx, dead));
        }
        return step_(tx, changes);
      },
      {.deadline = SystemClock().Now() + config_.transaction_timeout,
       .statement_timeout = config_.transaction_timeout}));
  StoredPositions stored;
  {
    const std::lock_guard lock(shared_->mutex);
    auto& stats = shared_->stats;
    stats.events += static_cast<std::int64_t>(changes.size());
    stats.dead_letters += static_cast<std::int64_t>(dead.size());
    for (const auto& one : dead) ++stats.dead_letters_by_reason[one.reason];
    for (const auto& [partition, position] : next) {
      stats.positions[partition].position = position;
      stored[partition] = stats.positions[partition];
    }
  }
  if (committed_) committed_(stored, changes);
  LogApplied(batch, began);
  return {};
}

RatingProjectionStats RatingProjection::Stats() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->stats;
}

}  // namespace marquee::ratings
