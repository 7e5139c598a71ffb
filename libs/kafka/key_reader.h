// Looks through a partition for the messages of one key, some of it at a time: for the rare reader
// who wants one person's from a log that isn't followed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/types.h"

namespace marquee::kafka {

struct KeyPage {
  std::vector<Message> messages = {};  // of the key, in order
  std::int64_t next_offset = 0;        // where to go on
  bool at_end = false;                 // of what there was when it began
};

// Looks at `most` messages at most from the offset on (or from the first that Kafka still has), and
// no longer than until the deadline: what was found by then is an answer if it is any further.
// Unavailable "kafka_unavailable". Makes a consumer of its own, which takes some ten milliseconds.
Result<KeyPage> ReadKey(const ClusterConfig& cluster, const std::string& topic,
                        std::int32_t partition, const std::string& key, std::int64_t from, int most,
                        Time deadline);

}  // namespace marquee::kafka
