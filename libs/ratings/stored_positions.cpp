#include "ratings/stored_positions.h"

#include <bit>
#include <pqxx/pqxx>

#include "pg/array.h"

namespace marquee::ratings {
namespace {

// A fingerprint counts only with the offset that it was stored for: a version of before, running
// beside this one during an upgrade, moves next_offset on alone.
const std::string kColumns =
    "SELECT partition, next_offset,"
    " CASE WHEN record_offset = next_offset - 1 THEN record_fingerprint ELSE 0 END,"
    " lost_events, (extract(epoch FROM coalesce(lost_at, 'epoch')) * 1000000)::bigint,"
    " other_logs, (extract(epoch FROM coalesce(other_log_at, 'epoch')) * 1000000)::bigint"
    " FROM consumer_offsets WHERE topic = $1";

StoredPositions Read(const pqxx::result& rows) {
  StoredPositions positions;
  for (const auto& row : rows) {
    const auto partition = row[0].as<std::int32_t>();
    positions[partition] = {
        .position = {.partition = partition,
                     .next_offset = row[1].as<std::int64_t>(),
                     .fingerprint = std::bit_cast<std::uint64_t>(row[2].as<std::int64_t>())},
        .lost_events = row[3].as<std::int64_t>(),
        .lost_at = Time(std::chrono::microseconds(row[4].as<std::int64_t>())),
        .other_logs = row[5].as<std::int64_t>(),
        .other_log_at = Time(std::chrono::microseconds(row[6].as<std::int64_t>()))};
  }
  return positions;
}

Error Fenced() {
  return Error::FailedPrecondition(kafka::kOffsetsFenced,
                                   "another consumer has moved the offsets on");
}

}  // namespace

StoredPositions ReadPositions(pg::Transaction& tx, const std::string& topic) {
  return Read(tx.exec_params(kColumns, topic));
}

StoredPositions MakePositions(pg::Transaction& tx, const std::string& topic,
                              const std::vector<std::int32_t>& partitions) {
  tx.exec_params(
      "INSERT INTO consumer_offsets (topic, partition, next_offset)"
      " SELECT $1, p, 0 FROM unnest($2::integer[]) AS p ON CONFLICT DO NOTHING",
      topic, pg::Array(partitions));
  return Read(tx.exec_params(kColumns + " AND partition = ANY($2::integer[])", topic,
                             pg::Array(partitions)));
}

Status AdvancePositions(pg::Transaction& tx, const std::string& topic, const LogPositions& expected,
                        const LogPositions& next) {
  std::vector<std::int32_t> partitions;
  std::vector<std::int64_t> from;
  std::vector<std::int64_t> from_fingerprints;
  std::vector<std::int64_t> to;
  std::vector<std::int64_t> to_fingerprints;
  for (const auto& [partition, position] : next) {
    const auto& before = expected.at(partition);
    partitions.push_back(partition);
    from.push_back(before.next_offset);
    from_fingerprints.push_back(std::bit_cast<std::int64_t>(before.fingerprint));
    to.push_back(position.next_offset);
    to_fingerprints.push_back(std::bit_cast<std::int64_t>(position.fingerprint));
  }
  const auto moved = tx.exec_params(
      "UPDATE consumer_offsets AS c SET next_offset = x.next, record_offset = x.next - 1,"
      " record_fingerprint = x.fingerprint"
      " FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])"
      " AS x(partition, expected, expected_fingerprint, next, fingerprint)"
      " WHERE c.topic = $1 AND c.partition = x.partition AND c.next_offset = x.expected"
      " AND CASE WHEN c.record_offset = c.next_offset - 1 THEN c.record_fingerprint ELSE 0 END"
      " = x.expected_fingerprint",
      topic, pg::Array(partitions), pg::Array(from), pg::Array(from_fingerprints), pg::Array(to),
      pg::Array(to_fingerprints));
  if (static_cast<std::size_t>(moved.affected_rows()) != next.size()) return Fenced();
  return {};
}

Status MovePosition(pg::Transaction& tx, const std::string& topic, const LogPosition& from,
                    std::int64_t to, kafka::Moved why) {
  const bool lost = why == kafka::Moved::kEventsLost;
  const auto moved = tx.exec_params(
      "UPDATE consumer_offsets SET next_offset = $4, record_offset = NULL,"
      " record_fingerprint = NULL, lost_events = lost_events + $5,"
      " lost_at = CASE WHEN $5::bigint > 0 THEN now() ELSE lost_at END,"
      " other_logs = other_logs + $6,"
      " other_log_at = CASE WHEN $6::bigint > 0 THEN now() ELSE other_log_at END"
      " WHERE topic = $1 AND partition = $2 AND next_offset = $3",
      topic, from.partition, from.next_offset, to,
      static_cast<std::int64_t>(lost ? to - from.next_offset : 0),
      static_cast<std::int64_t>(lost ? 0 : 1));
  if (moved.affected_rows() != 1) return Fenced();
  return {};
}

Result<StoredPositions> LoadStored(pg::Pool& pool, const std::string& topic,
                                   const std::vector<std::int32_t>& partitions,
                                   std::chrono::milliseconds timeout) {
  return pool.Run(
      [&](pg::Transaction& tx) -> Result<StoredPositions> {
        return MakePositions(tx, topic, partitions);
      },
      {.deadline = SystemClock().Now() + timeout});
}

Result<StoredPositions> MoveStored(pg::Pool& pool, const std::string& topic,
                                   const LogPosition& from, std::int64_t to, kafka::Moved why,
                                   std::chrono::milliseconds timeout) {
  return pool.Run(
      [&](pg::Transaction& tx) -> Result<StoredPositions> {
        RETURN_IF_ERROR(MovePosition(tx, topic, from, to, why));
        return MakePositions(tx, topic, {from.partition});
      },
      {.deadline = SystemClock().Now() + timeout});
}

LogPositions PositionsOf(const StoredPositions& stored) {
  LogPositions positions;
  for (const auto& [partition, one] : stored) positions[partition] = one.position;
  return positions;
}

}  // namespace marquee::ratings
