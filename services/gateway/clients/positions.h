// Read your own writes (design, D4): the position of each caller's latest write, to be sent with
// their later calls. One gateway's memory, bounded; a client that may reach another gateway sends
// the position back itself (header Marquee-Position).
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace marquee::gateway {

// "ratings:3:1234:00f1e2d3c4b5a697": a stream's partition, how far it must have been read, and by
// which record there its log is known; positions without that are of no log in particular.
struct Position {
  std::string partition;  // "ratings:3"
  long long offset = 0;
  std::string fingerprint = {};  // 16 hexadecimal digits, or empty

  static std::optional<Position> Parse(std::string_view text);
  std::string ToString() const;
};

// The positions in a comma-separated list, at most eight; those that can't be read are left out.
std::vector<Position> ParsePositions(std::string_view list);

class PositionMemory {
 public:
  explicit PositionMemory(std::size_t max_callers) : max_callers_(max_callers) {}

  // Keeps the further one of each partition; both where they may be of different logs (the topic
  // was made anew and counts from 0 again). Thread-safe, as everything here.
  void Remember(const std::string& caller, const std::vector<Position>& positions);
  std::vector<Position> Recall(const std::string& caller);
  bool empty() const;
  std::size_t size() const;

 private:
  struct Entry {
    std::string caller;
    std::vector<Position> positions;  // the latest last
  };
  const std::size_t max_callers_;
  mutable std::mutex mutex_;
  std::list<Entry> recent_;  // the latest used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_caller_;
};

// What both together say, by the same rule, as text.
std::vector<std::string> MergePositions(const std::vector<Position>& a,
                                        const std::vector<Position>& b);

// The `sub` of a JWT in an Authorization header, unverified: good for finding one's own cache entry
// and nothing else. Empty when there is none.
std::string UnverifiedSubject(std::string_view authorization);

}  // namespace marquee::gateway
