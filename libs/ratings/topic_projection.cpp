#include "ratings/topic_projection.h"

#include "ratings/stored_positions.h"

namespace marquee::ratings {

Result<LogPositions> TopicProjection::LoadPositions(const std::vector<std::int32_t>& partitions) {
  ASSIGN_OR_RETURN(const StoredPositions stored, LoadStored(pool_, topic_, partitions, timeout_));
  return PositionsOf(stored);
}

Status TopicProjection::Apply(const kafka::Batch& batch, const LogPositions& expected,
                              const LogPositions& next) {
  RETURN_IF_ERROR(pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        RETURN_IF_ERROR(AdvancePositions(tx, topic_, expected, next));
        return step_(tx, batch);
      },
      pg::Within(timeout_)));
  if (committed_) committed_();
  return {};
}

Status TopicProjection::Move(const LogPosition& from, std::int64_t to, kafka::Moved why) {
  const auto moved = MoveStored(pool_, topic_, from, to, why, timeout_);
  return moved.ok() ? Status() : Status(moved.error());
}

}  // namespace marquee::ratings
