// How far a topic was read, as a database has it: the table consumer_offsets (rating_projection.h).
// What takes a transaction throws the driver's exceptions: inside Pool::Run and Pool::Read only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/log_position.h"
#include "base/result.h"
#include "kafka/group_consumer.h"
#include "pg/pool.h"
#include "ratings/stored_position.h"

namespace marquee::ratings {

// Of the partitions that have been read.
StoredPositions ReadPositions(pg::Transaction& tx, const std::string& topic);

// Of these partitions; one that has never been read is at 0 from now on.
StoredPositions MakePositions(pg::Transaction& tx, const std::string& topic,
                              const std::vector<std::int32_t>& partitions);

// Moves the positions on if they are where they are expected, and holds their rows: a zombie that
// still thinks it owns a partition finds them moved, and gets kafka::kOffsetsFenced.
Status AdvancePositions(pg::Transaction& tx, const std::string& topic, const LogPositions& expected,
                        const LogPositions& next);

// kafka::BatchHandler::Move.
Status MovePosition(pg::Transaction& tx, const std::string& topic, const LogPosition& from,
                    std::int64_t to, kafka::Moved why);

// MakePositions and MovePosition in a transaction each: how the partitions are stored then.
Result<StoredPositions> LoadStored(pg::Pool& pool, const std::string& topic,
                                   const std::vector<std::int32_t>& partitions,
                                   std::chrono::milliseconds timeout);
Result<StoredPositions> MoveStored(pg::Pool& pool, const std::string& topic,
                                   const LogPosition& from, std::int64_t to, kafka::Moved why,
                                   std::chrono::milliseconds timeout);

LogPositions PositionsOf(const StoredPositions& stored);

}  // namespace marquee::ratings
