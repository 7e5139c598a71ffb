// The part of PgOAuth that is about clients.

#include <pqxx/pqxx>

#include "auth/store/errors.h"
#include "auth/store/pg_oauth.h"
#include "auth/store/rows.h"
#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define MOMENT MARQUEE_AUTH_MOMENT
#define CLIENT_COLUMNS                                                                   \
  "client_number, client_id, owner_id, name, coalesce(encode(secret_hash, 'hex'), ''), " \
  "redirect_uris, scopes, grant_types, (extract(epoch FROM created_at) * 1000000)::bigint"

Result<OAuthClient> ReadClient(const pqxx::row& row) {
  OAuthClient client;
  client.number = row[0].as<std::int64_t>();
  client.id = row[1].as<std::string>();
  if (!row[2].is_null()) client.owner = row[2].as<std::int64_t>();
  client.name = row[3].as<std::string>();
  client.secret_hash = FromHex(row[4].as<std::string>());
  ASSIGN_OR_RETURN(client.redirect_uris, pg::ParseTextArray(row[5].c_str()));
  ASSIGN_OR_RETURN(client.scopes, pg::ParseTextArray(row[6].c_str()));
  ASSIGN_OR_RETURN(const auto types, pg::ParseTextArray(row[7].c_str()));
  ASSIGN_OR_RETURN(client.grant_types, ParseGrantTypes(types));
  client.created_at = pg::FromMicroseconds(row[8].as<std::int64_t>());
  return client;
}

Result<std::vector<OAuthClient>> ReadClients(const pqxx::result& rows) {
  std::vector<OAuthClient> clients;
  for (const auto& row : rows) {
    ASSIGN_OR_RETURN(OAuthClient client, ReadClient(row));
    clients.push_back(std::move(client));
  }
  return clients;
}

std::string TypeArray(const GrantTypes& types) {
  std::vector<std::string> names;
  for (const auto type : types) names.emplace_back(Name(type));
  return pg::Array(names);
}

// nullopt: NULL, for a public client.
std::optional<std::string> SecretOf(const OAuthClient& client) {
  return client.confidential() ? std::optional(ToHex(client.secret_hash)) : std::nullopt;
}

}  // namespace

Result<OAuthClient> PgOAuth::Add(const OAuthClient& client, int most, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<OAuthClient> {
        if (client.owner) {
          // One after another for one person: the count holds until the client is there.
          const auto accounts = tx.exec_params(
              "SELECT 1 FROM accounts WHERE user_id = $1 FOR NO KEY UPDATE", *client.owner);
          if (accounts.empty()) return AccountUnknown();
          const auto count = tx.exec_params(
              "SELECT count(*) FROM oauth_clients WHERE owner_id = $1", *client.owner);
          if (count[0][0].as<std::int64_t>() >= most) return OAuthClientsTooMany(most);
        }
        const auto rows = tx.exec_params(
            "INSERT INTO oauth_clients (client_id, owner_id, name, secret_hash, redirect_uris, "
            "scopes, grant_types, created_at) VALUES ($1, $2, $3, decode($4, 'hex'), $5::text[], "
            "$6::text[], $7::text[], " MOMENT(8) ") RETURNING " CLIENT_COLUMNS,
            client.id, client.owner, client.name, SecretOf(client), pg::Array(client.redirect_uris),
            pg::Array(client.scopes), TypeArray(client.grant_types),
            pg::ToMicroseconds(client.created_at));
        return ReadClient(rows[0]);
      },
      {.deadline = call.deadline});
}

Result<std::vector<OAuthClient>> PgOAuth::List(std::int64_t after, int limit,
                                               const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<OAuthClient>> {
        return ReadClients(tx.exec_params("SELECT " CLIENT_COLUMNS
                                          " FROM oauth_clients WHERE client_number > $1 "
                                          "ORDER BY client_number LIMIT $2",
                                          after, limit));
      },
      {.deadline = call.deadline});
}

Result<std::vector<OAuthClient>> PgOAuth::ListOf(std::int64_t owner, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<OAuthClient>> {
        return ReadClients(
            tx.exec_params("SELECT " CLIENT_COLUMNS
                           " FROM oauth_clients WHERE owner_id = $1 ORDER BY client_number",
                           owner));
      },
      {.deadline = call.deadline});
}

Result<OAuthClient> PgOAuth::Find(const std::string& id, const CallContext& call) {
  return pool_.ReadOne(
      [&](pg::Transaction& tx) -> Result<OAuthClient> {
        pg::Prepare(tx, "oauth_client",
                    "SELECT " CLIENT_COLUMNS " FROM oauth_clients WHERE client_id = $1");
        const auto rows = tx.exec_prepared("oauth_client", id);
        if (rows.empty()) return OAuthClientUnknown();
        return ReadClient(rows[0]);
      },
      {.deadline = call.deadline});
}

Status PgOAuth::Change(const OAuthClient& client, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto changed = tx.exec_params(
            "UPDATE oauth_clients SET name = $2, secret_hash = decode($3, 'hex'), "
            "redirect_uris = $4::text[], scopes = $5::text[], grant_types = $6::text[] "
            "WHERE client_id = $1",
            client.id, client.name, SecretOf(client), pg::Array(client.redirect_uris),
            pg::Array(client.scopes), TypeArray(client.grant_types));
        return changed.affected_rows() == 0 ? Status(OAuthClientUnknown()) : Status();
      },
      {.deadline = call.deadline});
}

Status PgOAuth::Remove(const std::string& id, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        // A trigger ends its grants.
        const auto removed = tx.exec_params("DELETE FROM oauth_clients WHERE client_id = $1", id);
        return removed.affected_rows() == 0 ? Status(OAuthClientUnknown()) : Status();
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
