#include "gateway/clients/positions.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "gateway/transcode/scalar.h"
#include "token/token.h"

namespace marquee::gateway {
namespace {

constexpr std::size_t kMaxPositionBytes = 128;
constexpr std::size_t kMaxPositions = 8;
constexpr std::size_t kMaxTokenBytes = 8192;

bool IsPartitionName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':';
  });
}

}  // namespace

std::optional<Position> Position::Parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (text.size() > kMaxPositionBytes || colon == std::string_view::npos) return std::nullopt;
  Position position;
  position.partition = std::string(text.substr(0, colon));
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), position.offset);
  const bool number =
      error == std::errc() && end == digits.data() + digits.size() && position.offset >= 0;
  if (!number || !IsPartitionName(position.partition)) return std::nullopt;
  return position;
}

std::string Position::ToString() const { return partition + ":" + std::to_string(offset); }

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
  const auto found = by_caller_.find(caller);
  if (found == by_caller_.end()) {
    recent_.push_front({caller, {}});
    by_caller_.emplace(caller, recent_.begin());
    if (recent_.size() > max_callers_) {
      by_caller_.erase(recent_.back().caller);
      recent_.pop_back();
    }
  } else {
    recent_.splice(recent_.begin(), recent_, found->second);
  }
  auto& offsets = recent_.front().offsets;
  for (const Position& position : positions) {
    if (offsets.size() == kMaxPositions && !offsets.contains(position.partition)) continue;
    long long& offset = offsets[position.partition];
    offset = std::max(offset, position.offset);
  }
}

std::vector<Position> PositionMemory::Recall(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  const auto found = by_caller_.find(caller);
  if (found == by_caller_.end()) return {};
  recent_.splice(recent_.begin(), recent_, found->second);
  std::vector<Position> positions;
  for (const auto& [partition, offset] : found->second->offsets)
    positions.push_back({partition, offset});
  return positions;
}

bool PositionMemory::empty() const { return size() == 0; }

std::size_t PositionMemory::size() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

std::vector<std::string> MergePositions(const std::vector<Position>& a,
                                        const std::vector<Position>& b) {
  std::map<std::string, long long> offsets;
  for (const auto* list : {&a, &b}) {
    for (const Position& position : *list) {
      long long& offset = offsets[position.partition];
      offset = std::max(offset, position.offset);
    }
  }
  std::vector<std::string> out;
  for (const auto& [partition, offset] : offsets)
    out.push_back(Position{partition, offset}.ToString());
  return out;
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
