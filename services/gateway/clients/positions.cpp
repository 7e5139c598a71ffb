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

bool IsFingerprint(std::string_view text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void Add(const Position& position, std::vector<Position>& positions) {
  std::erase_if(positions, [&](const Position& one) {
    return one.partition == position.partition && one.offset <= position.offset;
  });
  const bool behind = std::any_of(positions.begin(), positions.end(), [&](const Position& one) {
    return one.partition == position.partition &&
           (one.fingerprint.empty() || position.fingerprint.empty());
  });
  if (behind) return;
  if (positions.size() == kMaxPositions) positions.erase(positions.begin());
  positions.push_back(position);
}

}  // namespace

std::optional<Position> Position::Parse(std::string_view text) {
  if (text.size() > kMaxPositionBytes) return std::nullopt;
  Position position;
  const std::size_t last = text.rfind(':');
  if (last != std::string_view::npos && IsFingerprint(text.substr(last + 1)) &&
      std::count(text.begin(), text.end(), ':') >= 3) {
    position.fingerprint = std::string(text.substr(last + 1));
    text = text.substr(0, last);
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  position.partition = std::string(text.substr(0, colon));
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), position.offset);
  const bool number =
      error == std::errc() && end == digits.data() + digits.size() && position.offset >= 0;
  if (!number || !IsPartitionName(position.partition)) return std::nullopt;
  return position;
}

std::string Position::ToString() const {
  const std::string text = partition + ":" + std::to_string(offset);
  return fingerprint.empty() ? text : text + ":" + fingerprint;
}

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
  for (const Position& position : positions) Add(position, recent_.front().positions);
}

std::vector<Position> PositionMemory::Recall(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  const auto found = by_caller_.find(caller);
  if (found == by_caller_.end()) return {};
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->positions;
}

bool PositionMemory::empty() const { return size() == 0; }

std::size_t PositionMemory::size() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

std::vector<std::string> MergePositions(const std::vector<Position>& a,
                                        const std::vector<Position>& b) {
  std::vector<Position> all;
  for (const auto* list : {&a, &b}) {
    for (const Position& position : *list) Add(position, all);
  }
  std::stable_sort(all.begin(), all.end(), [](const Position& left, const Position& right) {
    return left.partition < right.partition;
  });
  std::vector<std::string> out;
  out.reserve(all.size());
  for (const Position& position : all) out.push_back(position.ToString());
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
