#include "recommender/domain/history_store.h"

#include <algorithm>
#include <cstring>

namespace marquee::recommender {
namespace {

// Tells a user's live events apart: the id's random part, mixed with the user. Never 0.
std::uint64_t Identity(const ratings::RatingChange& change) {
  std::uint64_t halves[2];
  std::memcpy(halves, change.event_id.bytes().data(), sizeof halves);
  std::uint64_t mixed = halves[0] * 0x9E3779B97F4A7C15U ^ halves[1];
  mixed = (mixed ^ static_cast<std::uint64_t>(change.user_id)) * 0xBF58476D1CE4E5B9U;
  return mixed | 1U;
}

}  // namespace

void HistoryStore::Follow(const LogPosition& from) {
  const std::lock_guard lock(mutex_);
  partitions_.try_emplace(from.partition, Partition{.before = from.fingerprint,
                                                    .first = from.next_offset,
                                                    .next = from.next_offset,
                                                    .events = {},
                                                    .identities = {}});
}

void HistoryStore::FollowAnother(const LogPosition& from) {
  const std::lock_guard lock(mutex_);
  ++stats_.other_logs;
  DropPartition(from.partition);
  partitions_[from.partition] = {.before = from.fingerprint,
                                 .first = from.next_offset,
                                 .next = from.next_offset,
                                 .events = {},
                                 .identities = {}};
}

void HistoryStore::Apply(const LogPosition& after, const ratings::RatingChange* change) {
  const std::int32_t partition = after.partition;
  const std::int64_t offset = after.next_offset - 1;
  const std::lock_guard lock(mutex_);
  const auto [at, made] = partitions_.try_emplace(partition);
  Partition& log = at->second;
  if (made) {
    log.first = log.next = offset;
  } else if (offset != log.next) {
    ++stats_.gaps;
    DropPartition(partition);
    log = {.before = 0, .first = offset, .next = offset, .events = {}, .identities = {}};
  }
  Remember(log, after.fingerprint, change);
  const Event& event = log.events.back();
  if (event.user_id == 0) return;
  User* const cached = users_.Peek(event.user_id);
  if (cached == nullptr) return;
  User& user = *cached;
  // The topic has more partitions than it had: where the user's events go on isn't known here.
  if (user.partition != partition) {
    ++stats_.dropped;
    Drop(event.user_id, user);
    return;
  }
  if (offset < user.position) return;
  stats_.bytes -= Bytes(user);
  const bool certain = ApplyTo(user.entries, event);
  stats_.bytes += Bytes(user);
  user.position = offset + 1;
  if (!certain) {
    ++stats_.dropped;
    Drop(event.user_id, user);
    return;
  }
  Evict();
}

void HistoryStore::Remember(Partition& log, std::uint64_t fingerprint,
                            const ratings::RatingChange* change) {
  Event event{.fingerprint = fingerprint};
  if (change != nullptr && erased_.Peek(change->user_id) == nullptr) {
    const bool live = change->source == ratings::Source::kLive;
    const std::uint64_t identity = live ? Identity(*change) : 0;
    // A repetition changes nothing: what is kept of it is that its offset was taken.
    if (!live || log.identities.insert(identity).second) {
      event = {.fingerprint = fingerprint,
               .user_id = change->user_id,
               .movie_id = change->movie_id,
               .identity = identity,
               .value = change->value.value_or(0),
               .source = change->source};
    }
  }
  log.events.push_back(event);
  ++log.next;
  if (log.events.size() > std::max<std::size_t>(options_.events_kept, 1)) {
    if (log.events.front().identity != 0) log.identities.erase(log.events.front().identity);
    log.before = log.events.front().fingerprint;
    log.events.pop_front();
    ++log.first;
  }
}

bool HistoryStore::ApplyTo(std::vector<Entry>& entries, const Event& event) {
  const auto at = std::lower_bound(
      entries.begin(), entries.end(), event.movie_id,
      [](const Entry& entry, std::int64_t movie_id) { return entry.movie_id < movie_id; });
  const bool there = at != entries.end() && at->movie_id == event.movie_id;
  if (event.source == ratings::Source::kImport) {
    if (there && at->origin == Origin::kLive) return true;
    // The same value again changes no list, whoever it came from. Anything else depends on what the
    // database doesn't tell: whether a person did it, taking back included.
    if (there && at->value == event.value) return true;
    // Rated before and after, and computed with neither time.
    if (there && at->origin == Origin::kStoredWithoutValue) return true;
    if (!there) entries.insert(at, {event.movie_id, event.value, Origin::kStored});
    return false;
  }
  const Entry entry{event.movie_id, event.value, Origin::kLive};
  if (there) {
    *at = entry;
  } else {
    entries.insert(at, entry);
  }
  return true;
}

void HistoryStore::Erase(std::int64_t user_id) {
  const std::lock_guard lock(mutex_);
  if (const User* user = users_.Peek(user_id)) Drop(user_id, *user);
  for (auto& [number, partition] : partitions_) {
    for (Event& event : partition.events) {
      if (event.user_id != user_id) continue;
      if (event.identity != 0) partition.identities.erase(event.identity);
      event = {.fingerprint = event.fingerprint};
    }
  }
  erased_.Put(user_id, {});
  while (erased_.size() > options_.max_erased) erased_.TakeOldest();
}

std::optional<std::vector<Rated>> HistoryStore::Find(std::int64_t user_id) {
  const std::lock_guard lock(mutex_);
  const User* const user = users_.Use(user_id);
  if (user == nullptr) return std::nullopt;
  if (clock_.Now() - user->filled_at > options_.max_age) {
    ++stats_.dropped;
    Drop(user_id, *user);
    return std::nullopt;
  }
  return Current(user->entries);
}

bool HistoryStore::IsElsewhere(const Partition& log, const LogPosition& position) {
  const auto known =
      position.next_offset == log.first
          ? log.before
          : log.events[static_cast<std::size_t>(position.next_offset - 1 - log.first)].fingerprint;
  return position.fingerprint != 0 && known != 0 && position.fingerprint != known;
}

HistoryStore::Filled HistoryStore::Fill(std::int64_t user_id, const StoredHistory& stored) {
  const LogPosition& position = stored.position;
  User user{.partition = position.partition,
            .position = position.next_offset,
            .filled_at = clock_.Now(),
            .entries = {}};
  user.entries.reserve(stored.ratings.size() + 2);
  for (const auto& rated : stored.ratings) {
    user.entries.push_back({rated.movie_id, rated.value,
                            rated.value > 0 ? Origin::kStored : Origin::kStoredWithoutValue});
  }
  std::sort(user.entries.begin(), user.entries.end(),
            [](const Entry& a, const Entry& b) { return a.movie_id < b.movie_id; });

  const std::lock_guard lock(mutex_);
  if (erased_.Peek(user_id) != nullptr) return {};
  if (const User* old = users_.Peek(user_id)) Drop(user_id, *old);
  const auto found = partitions_.find(position.partition);
  if (found == partitions_.end()) return {Outcome::kNotFollowed, Current(user.entries), {}};
  const Partition& log = found->second;
  if (position.next_offset > log.next && position.fingerprint != 0)
    return {Outcome::kAhead, Current(user.entries), position};
  Filled filled;
  std::int64_t from = position.next_offset;
  if (from < log.first) {
    filled.outcome = Outcome::kBehind;
    filled.needed = {position.partition, log.first, log.before};
    from = log.first;
  } else if (from <= log.next && IsElsewhere(log, position)) {
    filled.outcome = Outcome::kOtherLog;
    filled.needed = {position.partition, log.first, log.before};
    from = log.first;  // what is here comes after all that the database has
  }
  for (std::int64_t at = from; at < log.next; ++at) {
    const Event& event = log.events[static_cast<std::size_t>(at - log.first)];
    if (event.user_id != user_id || ApplyTo(user.entries, event)) continue;
    if (filled.outcome == Outcome::kOtherLog) continue;
    filled.outcome = Outcome::kUncertain;
    filled.needed = {position.partition, at + 1, event.fingerprint};
  }
  filled.ratings = Current(user.entries);
  if (filled.outcome != Outcome::kKept) return filled;
  user.position = std::max(position.next_offset, log.next);
  stats_.bytes += Bytes(user);
  users_.Put(user_id, std::move(user));
  Evict();
  return filled;
}

std::vector<Rated> HistoryStore::Current(const std::vector<Entry>& entries) {
  std::vector<Rated> ratings;
  ratings.reserve(entries.size());
  for (const auto& entry : entries) {
    if (entry.value > 0 || entry.origin == Origin::kStoredWithoutValue)
      ratings.push_back({entry.movie_id, entry.value});
  }
  return ratings;
}

std::size_t HistoryStore::Bytes(const User& user) {
  constexpr std::size_t kMapNode = 4 * sizeof(void*);
  return sizeof(std::pair<std::int64_t, User>) + 2 * sizeof(void*) + kMapNode +
         user.entries.capacity() * sizeof(Entry);
}

void HistoryStore::DropPartition(std::int32_t partition) {
  users_.EraseIf([&](std::int64_t, const User& user) {
    if (user.partition != partition) return false;
    ++stats_.dropped;
    stats_.bytes -= Bytes(user);
    return true;
  });
}

void HistoryStore::Drop(std::int64_t user_id, const User& user) {
  stats_.bytes -= Bytes(user);
  users_.Erase(user_id);
}

void HistoryStore::Evict() {
  while (stats_.bytes > options_.max_bytes && !users_.empty()) {
    ++stats_.evicted;
    stats_.bytes -= Bytes(users_.TakeOldest().second);
  }
}

HistoryStore::Stats HistoryStore::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.users = users_.size();
  stats.erased = erased_.size();
  return stats;
}

}  // namespace marquee::recommender
