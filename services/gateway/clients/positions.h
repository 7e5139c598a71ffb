// Read your own writes (design, D4): the position of each caller's latest write, to be sent with
// their later calls. One gateway's memory, bounded; a client that may reach another gateway sends
// the position back itself (header Marquee-Position).
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/lru_map.h"
#include "rpc/call.h"

namespace marquee::gateway {

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
  const std::size_t max_callers_;
  mutable std::mutex mutex_;
  LruMap<std::string, std::vector<Position>> by_caller_;  // of each, the latest last
};

// What both together say, by the same rule, in order of their partitions.
std::vector<Position> MergePositions(const std::vector<Position>& a,
                                     const std::vector<Position>& b);

// The `sub` of a JWT in an Authorization header, unverified: good for finding one's own cache entry
// and nothing else. Empty when there is none.
std::string UnverifiedSubject(std::string_view authorization);

}  // namespace marquee::gateway
