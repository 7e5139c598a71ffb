// ApplyRatings: reads the states that the batch touches, steps them through the rule in memory,
// writes what changed.
#include <algorithm>
#include <map>
#include <pqxx/pqxx>
#include <set>
#include <unordered_map>

#include "pg/array.h"
#include "ratings/rating_projection.h"

namespace marquee::ratings {
namespace {

struct Key {
  std::int64_t user_id;
  std::int64_t movie_id;
  friend auto operator<=>(const Key&, const Key&) = default;
};

struct Entry {
  Key key{};
  std::optional<RatingState> before = {};
  std::optional<RatingState> after = {};
  bool changed = false;
};

// Remembers the ids of the batch's live events; those that were known already are returned by
// position.
std::vector<bool> FindRepetitions(pg::Transaction& tx, std::span<const RatingChange> changes) {
  std::vector<bool> repeated(changes.size(), false);
  std::vector<std::int64_t> users;
  std::vector<std::string> ids;
  std::map<std::pair<std::int64_t, Uuid>, std::size_t> fresh;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].source != Source::kLive) continue;
    if (!fresh.emplace(std::pair(changes[i].user_id, changes[i].event_id), i).second)
      repeated[i] = true;
  }
  if (fresh.empty()) return repeated;
  for (const auto& [id, at] : fresh) {  // in the index's order
    users.push_back(id.first);
    ids.push_back(id.second.ToString());
  }
  const auto inserted = tx.exec_params(
      "INSERT INTO applied_events (user_id, event_id)"
      " SELECT * FROM unnest($1::bigint[], $2::uuid[])"
      " ON CONFLICT DO NOTHING RETURNING user_id, event_id",
      pg::Array(users), pg::Array(ids));
  if (inserted.size() == fresh.size()) return repeated;
  for (const auto& row : inserted) {
    fresh.erase({row[0].as<std::int64_t>(), *Uuid::Parse(row[1].c_str())});
  }
  for (const auto& [id, at] : fresh) repeated[at] = true;
  return repeated;
}

// From the row's second column on: value, source, microseconds, event id, revision.
RatingState ReadState(const pqxx::row& row) {
  RatingState state;
  if (!row[1].is_null()) state.value = row[1].as<float>();
  state.source = static_cast<Source>(row[2].as<int>());
  state.rated_at_us = row[3].as<std::int64_t>();
  state.event_id = *Uuid::Parse(row[4].c_str());
  state.revision = row[5].as<std::int64_t>();
  return state;
}

// The touched keys in order, with their states as stored.
std::vector<Entry> ReadStates(pg::Transaction& tx, std::span<const RatingChange> changes) {
  std::vector<Entry> entries;
  entries.reserve(changes.size());
  for (const auto& change : changes) entries.push_back({.key = {change.user_id, change.movie_id}});
  std::ranges::sort(entries, {}, &Entry::key);
  const auto doubles = std::ranges::unique(entries, {}, &Entry::key);
  entries.erase(doubles.begin(), doubles.end());
  std::vector<std::int64_t> users;
  std::vector<std::int64_t> movies;
  users.reserve(entries.size());
  movies.reserve(entries.size());
  for (const auto& entry : entries) {
    users.push_back(entry.key.user_id);
    movies.push_back(entry.key.movie_id);
  }
  // LATERAL … LIMIT 1: an index look-up for each key, whatever the planner believes of a table that
  // grows.
  const auto rows = tx.exec_params(
      "SELECT k.n, r.* FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS k(user_id, "
      "movie_id, n)"
      " CROSS JOIN LATERAL (SELECT value, source, (extract(epoch FROM rated_at) * 1000000)::bigint,"
      " event_id, revision FROM ratings WHERE user_id = k.user_id AND movie_id = k.movie_id LIMIT "
      "1) AS r",
      pg::Array(users), pg::Array(movies));
  for (const auto& row : rows) {
    const RatingState state = ReadState(row);
    auto& entry = entries[row[0].as<std::size_t>() - 1];
    entry.before = state;
    entry.after = state;
  }
  return entries;
}

// What unnest($1 … $7) takes.
struct Columns {
  explicit Columns(std::size_t rows) {
    users.reserve(rows);
    movies.reserve(rows);
    values.reserve(rows);
    sources.reserve(rows);
    times.reserve(rows);
    ids.reserve(rows);
    revisions.reserve(rows);
  }
  void Add(const RatingDelta& delta) {
    users.push_back(delta.user_id);
    movies.push_back(delta.movie_id);
    values.push_back(delta.after.value);
    sources.push_back(static_cast<std::int32_t>(delta.after.source));
    times.push_back(delta.after.rated_at_us);
    ids.push_back(delta.after.event_id.ToString());
    revisions.push_back(delta.after.revision);
  }
  void Execute(pg::Transaction& tx, const char* sql) const {
    if (users.empty()) return;
    tx.exec_params(sql, pg::Array(users), pg::Array(movies), pg::Array(values), pg::Array(sources),
                   pg::Array(times), pg::Array(ids), pg::Array(revisions));
  }
  std::vector<std::int64_t> users;
  std::vector<std::int64_t> movies;
  std::vector<std::optional<float>> values;
  std::vector<std::int32_t> sources;
  std::vector<std::int64_t> times;
  std::vector<std::string> ids;
  std::vector<std::int64_t> revisions;
};

// A plain INSERT of what wasn't there takes two thirds of the time of one with ON CONFLICT. Nobody
// else writes these rows while we hold the offsets of their partitions; if someone did, the batch
// would fail, and be read again.
void WriteStates(pg::Transaction& tx, std::span<const RatingDelta> deltas) {
  Columns fresh(deltas.size());
  Columns changed(0);
  for (const auto& delta : deltas) (delta.before ? changed : fresh).Add(delta);
  fresh.Execute(
      tx,
      "INSERT INTO ratings (user_id, movie_id, value, source, rated_at, event_id, revision)"
      " SELECT u, m, v, s, timestamptz 'epoch' + t * interval '1 microsecond', e, n"
      " FROM unnest($1::bigint[], $2::bigint[], $3::real[], $4::smallint[], $5::bigint[],"
      " $6::uuid[], $7::bigint[]) AS x(u, m, v, s, t, e, n)");
  changed.Execute(
      tx,
      "UPDATE ratings AS r SET value = x.v, source = x.s,"
      " rated_at = timestamptz 'epoch' + x.t * interval '1 microsecond', event_id = x.e,"
      " revision = x.n"
      " FROM unnest($1::bigint[], $2::bigint[], $3::real[], $4::smallint[], $5::bigint[],"
      " $6::uuid[], $7::bigint[]) AS x(u, m, v, s, t, e, n)"
      " WHERE r.user_id = x.u AND r.movie_id = x.m");
}

}  // namespace

std::vector<RatingDelta> ApplyRatings(pg::Transaction& tx, std::span<const RatingChange> changes) {
  if (changes.empty()) return {};
  const auto repeated = FindRepetitions(tx, changes);
  auto entries = ReadStates(tx, changes);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (repeated[i]) continue;
    const Key key{changes[i].user_id, changes[i].movie_id};
    Entry& entry = *std::ranges::lower_bound(entries, key, {}, &Entry::key);
    if (auto after = Apply(entry.after, changes[i])) {
      entry.after = std::move(after);
      entry.changed = true;
    }
  }
  std::vector<RatingDelta> deltas;
  for (auto& entry : entries) {
    if (!entry.changed) continue;
    deltas.push_back(
        {entry.key.user_id, entry.key.movie_id, std::move(entry.before), *entry.after});
  }
  WriteStates(tx, deltas);
  return deltas;
}

std::vector<RatingDelta> EraseRatings(pg::Transaction& tx, std::int64_t user_id) {
  const auto rows = tx.exec_params(
      "DELETE FROM ratings WHERE user_id = $1 RETURNING movie_id, value, source,"
      " (extract(epoch FROM rated_at) * 1000000)::bigint, event_id, revision",
      user_id);
  tx.exec_params("DELETE FROM applied_events WHERE user_id = $1", user_id);
  std::vector<RatingDelta> deltas;
  for (const auto& row : rows) {
    const RatingState before = ReadState(row);
    if (!before.value) continue;
    RatingState after = before;
    after.value.reset();
    deltas.push_back({user_id, row[0].as<std::int64_t>(), before, after});
  }
  std::ranges::sort(deltas, {}, &RatingDelta::movie_id);
  return deltas;
}

Result<std::int64_t> ForgetAppliedEvents(pg::Pool& pool, std::chrono::hours age, int limit,
                                         Time deadline) {
  return pool.Run(
      [&](pg::Transaction& tx) -> Result<std::int64_t> {
        const auto result = tx.exec_params(
            "DELETE FROM applied_events WHERE ctid = ANY (ARRAY("
            "SELECT ctid FROM applied_events WHERE applied_at < now() - $1 * interval '1 hour' "
            "LIMIT $2))",
            static_cast<std::int64_t>(age.count()), limit);
        return static_cast<std::int64_t>(result.affected_rows());
      },
      {.deadline = deadline});
}

}  // namespace marquee::ratings
