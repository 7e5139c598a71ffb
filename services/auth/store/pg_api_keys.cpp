#include "auth/store/pg_api_keys.h"

#include <pqxx/pqxx>

#include "auth/store/errors.h"
#include "auth/store/rows.h"
#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define MOMENT MARQUEE_AUTH_MOMENT
#define MICROSECONDS(column) "(extract(epoch FROM " column ") * 1000000)::bigint"
// What ReadKey takes, first in a SELECT or RETURNING.
#define KEY_COLUMNS \
  "api_keys.key_number, api_keys.api_key_id, api_keys.user_id, api_keys.name, "        \
  "api_keys.scopes, api_keys.networks, " MICROSECONDS("api_keys.created_at") ", "      \
  MICROSECONDS("api_keys.expires_at") ", " MICROSECONDS("api_keys.last_used_at") ", "  \
  "api_keys.last_used_address, " MICROSECONDS("api_keys.previous_expires_at")
constexpr int kKeyColumns = 11;

std::optional<Time> MomentIn(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return pg::FromMicroseconds(field.as<std::int64_t>());
}

std::optional<std::int64_t> Microseconds(std::optional<Time> time) {
  return time ? std::optional(pg::ToMicroseconds(*time)) : std::nullopt;
}

Result<ApiKey> ReadKey(const pqxx::row& row) {
  ApiKey key;
  key.number = row[0].as<std::int64_t>();
  key.id = row[1].as<std::string>();
  key.user_id = row[2].as<std::int64_t>();
  key.name = row[3].as<std::string>();
  ASSIGN_OR_RETURN(key.scopes, pg::ParseTextArray(row[4].c_str()));
  ASSIGN_OR_RETURN(const auto networks, pg::ParseTextArray(row[5].c_str()));
  ASSIGN_OR_RETURN(key.networks, ParseNetworks(networks));
  key.created_at = pg::FromMicroseconds(row[6].as<std::int64_t>());
  key.expires_at = MomentIn(row[7]);
  key.last_used_at = MomentIn(row[8]);
  key.last_used_address = row[9].as<std::string>();
  key.previous_expires_at = MomentIn(row[10]);
  return key;
}

std::vector<std::string> Texts(const std::vector<Network>& networks) {
  std::vector<std::string> texts;
  for (const auto& network : networks) texts.push_back(network.ToString());
  return texts;
}

}  // namespace

Result<ApiKey> PgApiKeys::Add(const ApiKey& key, const std::string& hash, int most,
                              const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<ApiKey> {
        // One after another for one person: the count holds until the key is there.
        const auto accounts = tx.exec_params(
            "SELECT 1 FROM accounts WHERE user_id = $1 FOR NO KEY UPDATE", key.user_id);
        if (accounts.empty()) return AccountUnknown();
        const auto count =
            tx.exec_params("SELECT count(*) FROM api_keys WHERE user_id = $1", key.user_id);
        if (count[0][0].as<std::int64_t>() >= most) return ApiKeysTooMany(most);
        const auto rows = tx.exec_params(
            "INSERT INTO api_keys (api_key_id, user_id, name, scopes, networks, key_hash, "
            "created_at, expires_at) VALUES ($1, $2, $3, $4::text[], $5::text[], "
            "decode($6, 'hex'), " MOMENT(7) ", " MOMENT(8) ") RETURNING " KEY_COLUMNS,
            key.id, key.user_id, key.name, pg::Array(key.scopes), pg::Array(Texts(key.networks)),
            ToHex(hash), pg::ToMicroseconds(key.created_at), Microseconds(key.expires_at));
        return ReadKey(rows[0]);
      },
      {.deadline = call.deadline});
}

Result<std::vector<ApiKey>> PgApiKeys::ListOf(std::int64_t user_id, std::int64_t after, int limit,
                                              const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::vector<ApiKey>> {
        const auto rows = tx.exec_params(
            "SELECT " KEY_COLUMNS
            " FROM api_keys WHERE user_id = $1 AND key_number > $2 ORDER BY key_number LIMIT $3",
            user_id, after, limit);
        std::vector<ApiKey> keys;
        for (const auto& row : rows) {
          ASSIGN_OR_RETURN(ApiKey key, ReadKey(row));
          keys.push_back(std::move(key));
        }
        return keys;
      },
      {.deadline = call.deadline});
}

Status PgApiKeys::Remove(std::int64_t user_id, const std::string& id, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto removed = tx.exec_params(
            "DELETE FROM api_keys WHERE api_key_id = $1 AND user_id = $2", id, user_id);
        return removed.affected_rows() == 0 ? Status(ApiKeyUnknown()) : Status();
      },
      {.deadline = call.deadline});
}

Result<ApiKey> PgApiKeys::Replace(std::int64_t user_id, const std::string& id,
                                  const std::string& hash, std::optional<Time> previous_until,
                                  const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<ApiKey> {
        const auto rows = tx.exec_params(
            "UPDATE api_keys SET key_hash = decode($3, 'hex'), "
            "previous_hash = CASE WHEN $4::bigint IS NULL THEN NULL ELSE key_hash END, "
            "previous_expires_at = " MOMENT(4) " WHERE api_key_id = $1 AND user_id = $2 "
            "RETURNING " KEY_COLUMNS,
            id, user_id, ToHex(hash), Microseconds(previous_until));
        if (rows.empty()) return ApiKeyUnknown();
        return ReadKey(rows[0]);
      },
      {.deadline = call.deadline});
}

Result<HeldApiKey> PgApiKeys::Held(const std::string& id, const CallContext& call) {
  return pool_.ReadOne(
      [&](pg::Transaction& tx) -> Result<HeldApiKey> {
        pg::Prepare(tx, "held_api_key",
                    "SELECT " KEY_COLUMNS
                    ", encode(key_hash, 'hex'), coalesce(encode(previous_hash, 'hex'), ''), "
                    "accounts.roles, accounts.disabled FROM api_keys JOIN accounts USING (user_id) "
                    "WHERE api_key_id = $1");
        const auto rows = tx.exec_prepared("held_api_key", id);
        if (rows.empty()) return ApiKeyUnknown();
        const auto row = rows[0];
        HeldApiKey held;
        ASSIGN_OR_RETURN(held.key, ReadKey(row));
        held.hashes = {FromHex(row[kKeyColumns].as<std::string>()),
                       FromHex(row[kKeyColumns + 1].as<std::string>())};
        ASSIGN_OR_RETURN(const auto roles, pg::ParseTextArray(row[kKeyColumns + 2].c_str()));
        ASSIGN_OR_RETURN(held.roles, ParseRoles(roles));
        held.disabled = row[kKeyColumns + 3].as<bool>();
        return held;
      },
      {.deadline = call.deadline});
}

Status PgApiKeys::NoteUse(const std::string& id, Time now, const std::string& address,
                          Time unless_since, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("UPDATE api_keys SET last_used_at = " MOMENT(2)
                       ", last_used_address = $3 WHERE api_key_id = $1 "
                       "AND (last_used_at IS NULL OR last_used_at <= " MOMENT(4) ")",
                       id, pg::ToMicroseconds(now), address, pg::ToMicroseconds(unless_since));
        return {};
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
