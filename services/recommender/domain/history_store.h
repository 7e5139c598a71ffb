// Users' current ratings in memory, kept current by the events of marquee.ratings.v1, bounded,
// least recently used first out (design, D4). A user who isn't there is filled in from the
// database; the last events of each partition are kept so that those which the database didn't have
// yet are applied on top: no event falls between the two, and none counts twice.
//
// Two things can't be seen from here, and are handled so that they never make a wrong history stay:
// what the database holds doesn't say whether a person or an import put it there, so an import that
// might change a cached history drops it (it is filled again); and an event that repeats one from
// before the kept events is taken for a new one, so a history is filled again after `max_age`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/lru_map.h"
#include "ratings/rating_rule.h"
#include "recommender/domain/history.h"

namespace marquee::recommender {

// Thread-safe.
class HistoryStore {
 public:
  struct Options {
    std::size_t max_bytes = 64 << 20;  // of cached histories
    std::size_t events_kept = 4'096;   // of each partition, 40 bytes each
    std::chrono::milliseconds max_age{3'600'000};
    std::size_t max_erased = 100'000;  // people who are remembered as erased, the latest
  };

  enum class Outcome {
    kKept,         // exact as of the last event applied, and cached
    kNotFollowed,  // as the database has it: the partition isn't being read
    kBehind,       // the database lacks events that are no longer here: read it again at `needed`
    kAhead,        // the database has events that aren't here yet: try again when they are
    kOtherLog,     // one of the two follows a log that is gone, and will notice: read it again
    kUncertain,    // an import and the database disagree: read it again at `needed`
  };
  struct Filled {
    Outcome outcome = Outcome::kKept;
    std::vector<Rated> ratings;  // ascending movie id; the best that is known, whatever the outcome
    LogPosition needed;
  };

  struct Stats {
    std::size_t users = 0;
    std::size_t erased = 0;  // who is remembered as erased
    std::size_t bytes = 0;
    std::int64_t evicted = 0;     // for want of room
    std::int64_t dropped = 0;     // by gaps in the log, imports and age
    std::int64_t gaps = 0;        // breaks in a partition's offsets
    std::int64_t other_logs = 0;  // logs that took another's place
  };

  HistoryStore(Options options, const Clock& clock) : options_(options), clock_(clock) {}

  // The partition is being read from here on. Without effect when it is known already.
  void Follow(const LogPosition& from);
  // The partition is another log from now on: what is known of it goes.
  void FollowAnother(const LogPosition& from);
  // The event right before this place; nullptr for one that nobody can apply. They come in order.
  // One that isn't the last one's successor is a gap: what is known of the partition goes.
  void Apply(const LogPosition& after, const ratings::RatingChange* change);

  // Forgets the user for good: neither what the log still has of them nor the database brings them
  // back.
  void Erase(std::int64_t user_id);

  // The user's current ratings, ascending movie id, when they are cached.
  std::optional<std::vector<Rated>> Find(std::int64_t user_id);
  Filled Fill(std::int64_t user_id, const StoredHistory& stored);

  Stats stats() const;
  std::size_t events_kept() const { return options_.events_kept; }

 private:
  enum class Origin : std::uint8_t { kStored, kStoredWithoutValue, kLive };
  struct Entry {
    std::int64_t movie_id;
    float value;    // 0: taken back, but for kStoredWithoutValue
    Origin origin;  // kLive: an event that we saw, so an import doesn't touch it
  };
  struct User {
    std::int32_t partition = 0;
    std::int64_t position = 0;  // events before it are in, or were in the database
    Time filled_at;
    std::vector<Entry> entries;  // ascending movie id
  };
  struct Event {
    std::uint64_t fingerprint = 0;  // of its record
    std::int64_t user_id = 0;       // 0: nothing to apply
    std::int64_t movie_id = 0;
    std::uint64_t identity = 0;  // of a live event; 0 otherwise
    float value = 0;             // 0: taken back
    ratings::Source source = ratings::Source::kLive;
  };
  struct Partition {
    std::uint64_t before = 0;  // fingerprint of the record before events.front(); 0: not known
    std::int64_t first = 0;    // offset of events.front()
    std::int64_t next = 0;
    std::deque<Event> events;                      // [first, next)
    std::unordered_set<std::uint64_t> identities;  // of the live ones among them
  };

  // Whether the place, from `first` to `next`, is known to be in another log than this.
  static bool IsElsewhere(const Partition& partition, const LogPosition& position);
  static std::size_t Bytes(const User& user);
  static std::vector<Rated> Current(const std::vector<Entry>& entries);
  // False when it can't be told what the event does.
  static bool ApplyTo(std::vector<Entry>& entries, const Event& event);
  void Remember(Partition& partition, std::uint64_t fingerprint,
                const ratings::RatingChange* change);
  void DropPartition(std::int32_t partition);
  void Drop(std::int64_t user_id, const User& user);
  void Evict();

  const Options options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::int32_t, Partition> partitions_;
  LruMap<std::int64_t, User> users_;  // by user_id
  struct Gone {};
  LruMap<std::int64_t, Gone> erased_;  // by user_id
  Stats stats_;
};

}  // namespace marquee::recommender
