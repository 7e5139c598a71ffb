// A place in a log of several partitions (a Kafka topic), told so that it can't be mistaken for a
// place in another log of the same name: a topic that was deleted and made anew counts from 0
// again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace marquee {

// "Everything before next_offset", of the log in which the record right before it has this
// fingerprint (kafka/types.h: of key, value and timestamp). See docs/adr/0201.
struct LogPosition {
  std::int32_t partition = 0;
  std::int64_t next_offset = 0;
  std::uint64_t fingerprint = 0;  // of the record at next_offset − 1; 0: not known

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

using LogPositions = std::map<std::int32_t, LogPosition>;  // by partition

// A place in the log of that name. As text "<stream>:<partition>:<next_offset>:<fingerprint>", as in
// "ratings:3:1234:00f1e2d3c4b5a697"; the fingerprint, 16 hexadecimal digits, is left out where it
// isn't known.
struct Position {
  std::string stream;
  LogPosition at = {};

  std::string ToString() const;
  static std::optional<Position> Parse(std::string_view text);
};

// How many records a reader lacks of a log's partitions. Below 0 when a partition ends before what
// was read of it (it is another log): those partitions alone count then, so that others can't hide
// it.
class Lag {
 public:
  void Add(std::int64_t end_offset, std::int64_t next_offset) {
    (end_offset < next_offset ? beyond_ : behind_) += end_offset - next_offset;
  }
  std::int64_t total() const { return beyond_ < 0 ? beyond_ : behind_; }

 private:
  std::int64_t behind_ = 0;
  std::int64_t beyond_ = 0;
};

}  // namespace marquee
