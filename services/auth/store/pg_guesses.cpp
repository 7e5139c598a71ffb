#include "auth/store/pg_guesses.h"

#include <algorithm>
#include <map>
#include <pqxx/pqxx>
#include <vector>

#include "auth/store/rows.h"
#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define MOMENT MARQUEE_AUTH_MOMENT

std::string Names(std::span<const GuessKey> keys) {
  std::vector<std::string> names;
  for (const auto& key : keys) names.push_back(ToHex(key.name));
  return pg::Array(names);
}

// Until when the one that waits the longest does. Read before anything is locked: an attack's
// refusals write nothing.
std::optional<Time> WaitsUntil(pg::Transaction& tx, std::span<const GuessKey> keys, Time now) {
  const auto row = tx.exec_params(
      "SELECT (extract(epoch FROM max(retry_at)) * 1000000)::bigint FROM guesses "
      "WHERE key IN (SELECT decode(name, 'hex') FROM unnest($1::text[]) name) AND retry_at "
      "> " MOMENT(2),
      Names(keys), pg::ToMicroseconds(now))[0];
  if (row[0].is_null()) return std::nullopt;
  return pg::FromMicroseconds(row[0].as<std::int64_t>());
}

// What is known of the keys, locked until the end of the transaction: always in the same order, so
// that two never wait for each other.
std::map<std::string, Guesses> Lock(pg::Transaction& tx, std::span<const GuessKey> keys, Time now) {
  std::map<std::string, Guesses> locked;
  const auto rows = tx.exec_params(
      "INSERT INTO guesses (key, level, counted_at, retry_at, drained_at) "
      "SELECT decode(name, 'hex'), 0, " MOMENT(2) ", 'epoch', " MOMENT(
          2) " FROM unnest($1::text[]) name ORDER BY name "
             "ON CONFLICT (key) DO UPDATE SET key = excluded.key "
             "RETURNING encode(key, 'hex'), level, (extract(epoch FROM counted_at) * 1000000)::bigint, "
             "(extract(epoch FROM retry_at) * 1000000)::bigint",
      Names(keys), pg::ToMicroseconds(now));
  for (const auto& row : rows) {
    locked[FromHex(row[0].c_str())] = {
        .level = row[1].as<double>(),
        .counted_at = pg::FromMicroseconds(row[2].as<std::int64_t>()),
        .retry_at = pg::FromMicroseconds(row[3].as<std::int64_t>())};
  }
  return locked;
}

void Write(pg::Transaction& tx, const GuessKey& key, const Guesses& guesses) {
  tx.exec_params("UPDATE guesses SET level = $2, counted_at = " MOMENT(3) ", retry_at = " MOMENT(
                     4) ", drained_at = " MOMENT(5) " WHERE key = decode($1, 'hex')",
                 ToHex(key.name), guesses.level, pg::ToMicroseconds(guesses.counted_at),
                 pg::ToMicroseconds(guesses.retry_at),
                 pg::ToMicroseconds(DrainedAt(guesses, key.rule)));
}

}  // namespace

Result<std::optional<Time>> PgGuesses::Count(std::span<const GuessKey> keys, Time now,
                                             const CallContext& call) {
  using Until = std::optional<Time>;
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Until> {
        if (const auto until = WaitsUntil(tx, keys, now)) return until;
        const auto locked = Lock(tx, keys, now);
        Time until = now;
        for (const auto& [name, guesses] : locked) until = std::max(until, guesses.retry_at);
        if (until > now) return Until(until);  // somebody came before, since the look above
        for (const auto& key : keys)
          Write(tx, key, WithOneMore(locked.at(key.name), key.rule, now));
        return Until();
      },
      {.deadline = call.deadline});
}

Status PgGuesses::Uncount(std::span<const GuessKey> keys, Time now, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto locked = Lock(tx, keys, now);
        for (const auto& key : keys)
          Write(tx, key, WithOneLess(locked.at(key.name), key.rule, now));
        return {};
      },
      {.deadline = call.deadline});
}

Status PgGuesses::Forget(std::span<const GuessKey> keys, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "DELETE FROM guesses WHERE key IN (SELECT key FROM guesses WHERE key IN "
            "(SELECT decode(name, 'hex') FROM unnest($1::text[]) name) ORDER BY key FOR UPDATE)",
            Names(keys));
        return {};
      },
      {.deadline = call.deadline});
}

Status PgGuesses::Purge(Time now, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("DELETE FROM guesses WHERE drained_at < " MOMENT(1),
                       pg::ToMicroseconds(now));
        return {};
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
