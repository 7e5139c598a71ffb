// The rule by which rating events become ratings, in one place: rating-ingest's writer, the catalog
// and the recommender apply the same one, so that they always agree.
//
// For each (user, movie) there is one state. Events are taken in the order of the user's partition.
// 1. A LIVE event applies always: it sets the value, or leaves a tombstone when the user took the
//    rating back. A LIVE event whose id was already applied for this user is a repetition and
//    changes nothing.
// 2. An IMPORT event applies only where there is no state or the state came from an import, and not
//    when value and time are what is already there (so that a second import changes no row). What a
//    person did, taking back included, is never undone by an import.
// 3. Each applied event adds 1 to `revision`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"

namespace marquee::ratings {

enum class Source : std::uint8_t { kLive = 1, kImport = 2 };

// A decoded and validated RatingEvent.
struct RatingChange {
  Uuid event_id = {};
  std::int64_t user_id = 0;
  std::int64_t movie_id = 0;
  std::optional<float> value = {};  // 0.5 … 5.0 in steps of 0.5; nullopt: taken back
  std::int64_t occurred_at_us = 0;  // Unix time, microseconds (PostgreSQL's grain)
  Source source = Source::kLive;
};

struct RatingState {
  std::optional<float> value = {};  // nullopt: a tombstone
  Source source = Source::kLive;
  std::int64_t rated_at_us = 0;
  Uuid event_id = {};  // the last one applied
  std::int64_t revision = 0;
};

// The state after the change, or nullopt if it doesn't apply. Rule 1's repetitions are the caller's
// to leave out.
std::optional<RatingState> Apply(const std::optional<RatingState>& state,
                                 const RatingChange& change);

// Ids of imported events: UUIDv5 of the content, so that importing twice makes the same events.
Uuid ImportEventId(std::int64_t user_id, std::int64_t movie_id, float value,
                   std::int64_t rated_at_seconds);

}  // namespace marquee::ratings
