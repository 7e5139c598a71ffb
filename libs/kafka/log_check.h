// For libs/kafka's own files: whether Kafka's log is still the one that a position belongs to, told
// by its records (docs/adr/0201).
#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <map>
#include <optional>
#include <set>
#include <string>

#include "kafka/internal.h"
#include "kafka/types.h"

namespace marquee::kafka {

// For one thread at a time. Holds a consumer of its own, which is made when it is first needed and
// joins no group.
class LogCheck {
 public:
  LogCheck(ClusterConfig cluster, std::string topic);

  // The partitions of these positions whose log is another one by now: it ends before the position,
  // or has another record right before it. What can't be compared (nothing is before the position,
  // the record was deleted, its fingerprint isn't known) is taken for the same. Unavailable while
  // Kafka doesn't say.
  Result<std::set<std::int32_t>> OtherLogs(const LogPositions& positions, Time deadline);

  // These places with the fingerprints of the records right before them; 0 where there is none.
  Result<LogPositions> Identify(const Offsets& next_offsets, Time deadline);

 private:
  // What is found at an offset: a record, a later one only (it was deleted), or the log's end.
  enum class Found { kRecord, kLaterOne, kNothing };
  struct Record {
    Found found = Found::kNothing;
    std::uint64_t fingerprint = 0;  // of kRecord
  };
  using Records = std::map<std::int32_t, Record>;  // by partition
  Result<Records> ReadRecords(const Offsets& offsets, Time deadline);
  Conf Settings() const;

  const ClusterConfig cluster_;
  const std::string topic_;
  std::optional<Consumer> consumer_;
};

}  // namespace marquee::kafka
