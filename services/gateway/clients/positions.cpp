#include "gateway/clients/positions.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/json.h"
#include "gateway/transcode/scalar.h"
#include "token/token.h"

namespace marquee::gateway {
namespace {

constexpr std::size_t kMaxPositions = 8;
constexpr std::size_t kMaxTokenBytes = 8192;

bool SamePartition(const Position& a, const Position& b) {
  return a.at.partition == b.at.partition && a.stream == b.stream;
}

void Add(const Position& position, std::vector<Position>& positions) {
  std::erase_if(positions, [&](const Position& one) {
    return SamePartition(one, position) && one.at.next_offset <= position.at.next_offset;
  });
  const bool behind = std::any_of(positions.begin(), positions.end(), [&](const Position& one) {
    return SamePartition(one, position) &&
           (one.at.fingerprint == 0 || position.at.fingerprint == 0);
  });
  if (behind) return;
  if (positions.size() == kMaxPositions) positions.erase(positions.begin());
  positions.push_back(position);
}

}  // namespace

std::vector<Position> ParsePositions(std::string_view list) {
  std::vector<Position> positions;
  while (!list.empty() && positions.size() < kMaxPositions) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (auto position = Position::Parse(item)) positions.push_back(std::move(*position));
  }
  return positions;
}

void PositionMemory::Remember(const std::string& caller, const std::vector<Position>& positions) {
  if (caller.empty() || positions.empty()) return;
  const std::lock_guard lock(mutex_);
  auto* known = by_caller_.Use(caller);
  if (known == nullptr) {
    known = &by_caller_.Put(caller, {});
    if (by_caller_.size() > max_callers_) by_caller_.TakeOldest();
  }
  for (const Position& position : positions) Add(position, *known);
}

std::vector<Position> PositionMemory::Recall(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  const auto* const known = by_caller_.Use(caller);
  return known == nullptr ? std::vector<Position>() : *known;
}

bool PositionMemory::empty() const { return size() == 0; }

std::size_t PositionMemory::size() const {
  const std::lock_guard lock(mutex_);
  return by_caller_.size();
}

std::vector<Position> MergePositions(const std::vector<Position>& a,
                                     const std::vector<Position>& b) {
  std::vector<Position> all;
  for (const auto* list : {&a, &b}) {
    for (const Position& position : *list) Add(position, all);
  }
  std::stable_sort(all.begin(), all.end(), [](const Position& left, const Position& right) {
    return std::tie(left.stream, left.at.partition) < std::tie(right.stream, right.at.partition);
  });
  return all;
}

std::string UnverifiedSubject(std::string_view authorization) {
  const auto jwt = token::BearerToken(authorization);
  if (!jwt || jwt->size() > kMaxTokenBytes) return {};
  const std::size_t first = jwt->find('.');
  const std::size_t second = jwt->find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  const auto payload = FromBase64(jwt->substr(first + 1, second - first - 1), {});
  if (!payload.ok()) return {};
  const auto claims = ParseJson(*payload);
  if (!claims.ok() || !claims->is_object()) return {};
  const auto subject = claims->find("sub");
  return subject != claims->end() && subject->is_string() ? subject->get<std::string>()
                                                          : std::string();
}

}  // namespace marquee::gateway
