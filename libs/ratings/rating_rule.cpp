#include "ratings/rating_rule.h"

#include <bit>

namespace marquee::ratings {
namespace {

// The name space of our version 5 UUIDs: fixed for ever, or repeated imports would be counted
// twice.
const Uuid& ImportNamespace() {
  static const Uuid uuid = *Uuid::Parse("6f0e3c52-8d0b-4c1e-9a54-0d5f6f3f2a02");
  return uuid;
}

void AppendInteger(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

}  // namespace

std::optional<RatingState> Apply(const std::optional<RatingState>& state,
                                 const RatingChange& change) {
  if (change.source == Source::kImport && state.has_value()) {
    if (state->source == Source::kLive) return std::nullopt;
    if (state->value == change.value && state->rated_at_us == change.occurred_at_us)
      return std::nullopt;
  }
  return RatingState{.value = change.value,
                     .source = change.source,
                     .rated_at_us = change.occurred_at_us,
                     .event_id = change.event_id,
                     .revision = (state ? state->revision : 0) + 1};
}

Uuid ImportEventId(std::int64_t user_id, std::int64_t movie_id, float value,
                   std::int64_t rated_at_seconds) {
  std::string name;
  AppendInteger(name, static_cast<std::uint64_t>(user_id));
  AppendInteger(name, static_cast<std::uint64_t>(movie_id));
  AppendInteger(name, std::bit_cast<std::uint32_t>(value));
  AppendInteger(name, static_cast<std::uint64_t>(rated_at_seconds));
  return Uuid::V5(ImportNamespace(), name);
}

}  // namespace marquee::ratings
