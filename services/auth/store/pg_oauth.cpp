#include "auth/store/pg_oauth.h"

#include <pqxx/pqxx>

#include "auth/store/errors.h"
#include "auth/store/pg_sessions.h"
#include "auth/store/rows.h"
#include "base/uuid.h"
#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define MOMENT MARQUEE_AUTH_MOMENT
#define MICROSECONDS(column) "(extract(epoch FROM " column ") * 1000000)::bigint"
#define CODE_COLUMNS                                                                           \
  "oauth_codes.client_id, oauth_codes.user_id, oauth_codes.session_id, redirect_uri, scopes, " \
  "nonce, challenge, " MICROSECONDS("authenticated_at") ", " MICROSECONDS(                     \
      "oauth_codes.expires_at") ", coalesce(grant_id::text, '')"
#define DEVICE_COLUMNS \
  "client_id, scopes, " MICROSECONDS("expires_at") ", interval_seconds, "                \
  MICROSECONDS("polled_at") ", state, coalesce(user_id, 0), "                            \
  "coalesce(" MICROSECONDS("authenticated_at") ", 0)"
#define GRANT_COLUMNS                                                                         \
  "session_id, sessions.user_id, oauth_grants.client_id, oauth_grants.scopes, " MICROSECONDS( \
      "oauth_grants.authenticated_at")

Time MomentIn(const pqxx::field& field) { return pg::FromMicroseconds(field.as<std::int64_t>()); }

Result<AuthorizationCode> ReadCode(const pqxx::row& row) {
  AuthorizationCode code;
  code.client_id = row[0].as<std::string>();
  code.user_id = row[1].as<std::int64_t>();
  code.session_id = row[2].as<std::string>();
  code.redirect_uri = row[3].as<std::string>();
  ASSIGN_OR_RETURN(code.scopes, pg::ParseTextArray(row[4].c_str()));
  code.nonce = row[5].as<std::string>();
  code.challenge = row[6].as<std::string>();
  code.authenticated_at = MomentIn(row[7]);
  code.expires_at = MomentIn(row[8]);
  code.grant_id = row[9].as<std::string>();
  return code;
}
constexpr int kCodeColumns = 10;

Result<DeviceState> ParseDeviceState(std::string_view name) {
  for (const auto state :
       {DeviceState::kPending, DeviceState::kAllowed, DeviceState::kDenied, DeviceState::kSpent}) {
    if (Name(state) == name) return state;
  }
  return Error::DataLoss("device_state_unknown", "a device has a state that there isn't");
}

Result<DeviceRequest> ReadDevice(const pqxx::row& row) {
  DeviceRequest device;
  device.client_id = row[0].as<std::string>();
  ASSIGN_OR_RETURN(device.scopes, pg::ParseTextArray(row[1].c_str()));
  device.expires_at = MomentIn(row[2]);
  device.interval = std::chrono::seconds{row[3].as<int>()};
  if (!row[4].is_null()) device.polled_at = MomentIn(row[4]);
  ASSIGN_OR_RETURN(device.state, ParseDeviceState(row[5].c_str()));
  device.user_id = row[6].as<std::int64_t>();
  device.authenticated_at = MomentIn(row[7]);
  return device;
}
constexpr int kDeviceColumns = 8;

Result<Grant> ReadGrant(const pqxx::result& rows) {
  if (rows.empty()) return GrantUnknown();
  Grant grant;
  grant.session_id = rows[0][0].as<std::string>();
  grant.user_id = rows[0][1].as<std::int64_t>();
  grant.client_id = rows[0][2].as<std::string>();
  ASSIGN_OR_RETURN(grant.scopes, pg::ParseTextArray(rows[0][3].c_str()));
  grant.authenticated_at = MomentIn(rows[0][4]);
  grant.spent = rows[0][5].as<bool>();
  return grant;
}

Status Insert(pg::Transaction& tx, const NewGrant& grant, const std::string& client_id,
              const ScopeList& scopes, Time authenticated_at) {
  RETURN_IF_ERROR(BeginSession(tx, grant.session, grant.where, grant.refresh_hash));
  tx.exec_params(
      "INSERT INTO oauth_grants (session_id, client_id, scopes, authenticated_at) "
      "VALUES ($1::uuid, $2, $3::text[], " MOMENT(4) ")",
      grant.session.session_id, client_id, pg::Array(scopes), pg::ToMicroseconds(authenticated_at));
  return {};
}

}  // namespace

Status PgOAuth::AddBrowser(const std::string& hash, const std::string& session_id, Time now,
                           Time expires_at, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "INSERT INTO oauth_browsers (token_hash, session_id, created_at, expires_at) "
            "VALUES (decode($1, 'hex'), $2::uuid, " MOMENT(3) ", " MOMENT(4) ")",
            ToHex(hash), session_id, pg::ToMicroseconds(now), pg::ToMicroseconds(expires_at));
        return {};
      },
      {.deadline = call.deadline});
}

Result<Browser> PgOAuth::FindBrowser(const std::string& hash, Time now, const CallContext& call) {
  return pool_.ReadOne(
      [&](pg::Transaction& tx) -> Result<Browser> {
        pg::Prepare(tx, "browser",
                    "SELECT " MARQUEE_AUTH_ACCOUNT_COLUMNS
                    ", session_id, " MICROSECONDS("b.created_at")
                    " FROM oauth_browsers b JOIN sessions s USING (session_id) "
                    "JOIN accounts USING (user_id) WHERE token_hash = decode($1, 'hex') "
                    "AND b.expires_at > " MOMENT(2) " AND s.expires_at > " MOMENT(2)
                    " AND s.ended_at IS NULL AND NOT accounts.disabled");
        const auto rows = tx.exec_prepared("browser", ToHex(hash), pg::ToMicroseconds(now));
        if (rows.empty()) return BrowserUnknown();
        Browser browser;
        ASSIGN_OR_RETURN(browser.account, ReadAccount(rows[0]));
        browser.session_id = rows[0][kAccountColumns].as<std::string>();
        browser.authenticated_at = MomentIn(rows[0][kAccountColumns + 1]);
        return browser;
      },
      {.deadline = call.deadline});
}

Result<ScopeList> PgOAuth::Consented(std::int64_t user_id, const std::string& client_id,
                                     const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<ScopeList> {
        const auto rows = tx.exec_params(
            "SELECT scopes FROM oauth_consents WHERE user_id = $1 AND client_id = $2", user_id,
            client_id);
        if (rows.empty()) return ScopeList{};
        return pg::ParseTextArray(rows[0][0].c_str());
      },
      {.deadline = call.deadline});
}

Result<std::vector<Consent>> PgOAuth::ConsentsOf(std::int64_t user_id, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<Consent>> {
        const auto rows = tx.exec_params(
            "SELECT client_id, name, had.scopes FROM oauth_consents had "
            "JOIN oauth_clients USING (client_id) WHERE user_id = $1 ORDER BY client_id",
            user_id);
        std::vector<Consent> consents;
        for (const auto& row : rows) {
          Consent consent{row[0].as<std::string>(), row[1].as<std::string>(), {}};
          ASSIGN_OR_RETURN(consent.scopes, pg::ParseTextArray(row[2].c_str()));
          consents.push_back(std::move(consent));
        }
        return consents;
      },
      {.deadline = call.deadline});
}

Status PgOAuth::AddConsent(std::int64_t user_id, const std::string& client_id,
                           const ScopeList& scopes, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "INSERT INTO oauth_consents AS had (user_id, client_id, scopes) "
            "VALUES ($1, $2, $3::text[]) ON CONFLICT (user_id, client_id) DO UPDATE SET scopes = "
            "(SELECT array_agg(DISTINCT scope) FROM unnest(had.scopes || excluded.scopes) scope)",
            user_id, client_id, pg::Array(scopes));
        return {};
      },
      {.deadline = call.deadline});
}

Status PgOAuth::AddCode(const std::string& hash, const AuthorizationCode& code,
                        const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "INSERT INTO oauth_codes (code_hash, client_id, user_id, session_id, redirect_uri, "
            "scopes, nonce, challenge, authenticated_at, expires_at) VALUES (decode($1, 'hex'), "
            "$2, $3, $4::uuid, $5, $6::text[], $7, $8, " MOMENT(9) ", " MOMENT(10) ")",
            ToHex(hash), code.client_id, code.user_id, code.session_id, code.redirect_uri,
            pg::Array(code.scopes), code.nonce, code.challenge,
            pg::ToMicroseconds(code.authenticated_at), pg::ToMicroseconds(code.expires_at));
        return {};
      },
      {.deadline = call.deadline});
}

Result<AuthorizationCode> PgOAuth::FindCode(const std::string& hash, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<AuthorizationCode> {
        const auto rows = tx.exec_params("SELECT " CODE_COLUMNS
                                         " FROM oauth_codes WHERE code_hash = decode($1, 'hex')",
                                         ToHex(hash));
        if (rows.empty()) return CodeUnknown();
        return ReadCode(rows[0]);
      },
      {.deadline = call.deadline});
}

Result<CodeVerdict> PgOAuth::RedeemCode(const std::string& hash, const NewGrant& grant, Time now,
                                        const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<CodeVerdict> {
        const auto rows =
            tx.exec_params("SELECT " CODE_COLUMNS
                           ", (sessions.ended_at IS NOT NULL) FROM oauth_codes "
                           "JOIN sessions USING (session_id) WHERE code_hash = decode($1, 'hex') "
                           "FOR UPDATE OF oauth_codes",
                           ToHex(hash));
        if (rows.empty()) return JudgeCode(std::nullopt, false, now);
        ASSIGN_OR_RETURN(const AuthorizationCode code, ReadCode(rows[0]));
        const auto verdict = JudgeCode(code, rows[0][kCodeColumns].as<bool>(), now);
        if (verdict == CodeVerdict::kReplayed) {
          tx.exec_params("UPDATE sessions SET ended_at = " MOMENT(
                             2) " WHERE session_id = $1::uuid AND ended_at IS NULL",
                         code.grant_id, pg::ToMicroseconds(now));
        }
        if (verdict != CodeVerdict::kRedeem) return verdict;
        RETURN_IF_ERROR(Insert(tx, grant, code.client_id, code.scopes, code.authenticated_at));
        tx.exec_params(
            "UPDATE oauth_codes SET grant_id = $2::uuid WHERE code_hash = decode($1, 'hex')",
            ToHex(hash), grant.session.session_id);
        return verdict;
      },
      {.deadline = call.deadline});
}

Status PgOAuth::AddDevice(const std::string& hash, const std::string& user_code_hash,
                          const DeviceRequest& device, int most, Time now,
                          const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto waiting = tx.exec_params(
            "SELECT count(*) FROM oauth_devices WHERE client_id = $1 AND expires_at > " MOMENT(2),
            device.client_id, pg::ToMicroseconds(now));
        if (waiting[0][0].as<std::int64_t>() >= most) return DevicesTooMany();
        const auto added = tx.exec_params(
            "INSERT INTO oauth_devices (device_hash, user_code_hash, client_id, scopes, "
            "expires_at, interval_seconds, state) VALUES (decode($1, 'hex'), decode($2, 'hex'), "
            "$3, $4::text[], " MOMENT(5) ", $6, $7) ON CONFLICT (user_code_hash) DO NOTHING",
            ToHex(hash), ToHex(user_code_hash), device.client_id, pg::Array(device.scopes),
            pg::ToMicroseconds(device.expires_at), device.interval.count(),
            std::string(Name(device.state)));
        return added.affected_rows() == 0 ? Status(UserCodeTaken()) : Status();
      },
      {.deadline = call.deadline});
}

Result<DeviceRequest> PgOAuth::FindDevice(const std::string& user_code_hash, Time now,
                                          const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<DeviceRequest> {
        const auto rows =
            tx.exec_params("SELECT " DEVICE_COLUMNS
                           " FROM oauth_devices WHERE user_code_hash = decode($1, 'hex') "
                           "AND state = 'pending' AND expires_at > " MOMENT(2),
                           ToHex(user_code_hash), pg::ToMicroseconds(now));
        if (rows.empty()) return DeviceUnknown();
        return ReadDevice(rows[0]);
      },
      {.deadline = call.deadline});
}

Status PgOAuth::DecideDevice(const std::string& user_code_hash, bool allowed,
                             const Browser& browser, Time now, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto decided = tx.exec_params(
            "UPDATE oauth_devices SET state = $2, user_id = $3, authenticated_at = " MOMENT(4)
            ", session_id = $6::uuid WHERE user_code_hash = decode($1, 'hex') AND state = 'pending' "
            "AND expires_at > " MOMENT(5),
            ToHex(user_code_hash),
            std::string(Name(allowed ? DeviceState::kAllowed : DeviceState::kDenied)),
            browser.account.user_id, pg::ToMicroseconds(browser.authenticated_at),
            pg::ToMicroseconds(now), browser.session_id);
        return decided.affected_rows() == 0 ? Status(DeviceUnknown()) : Status();
      },
      {.deadline = call.deadline});
}

Result<PolledDevice> PgOAuth::PollDevice(const std::string& hash, const std::string& client_id,
                                         const BeginGrant& begin, Time now,
                                         const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<PolledDevice> {
        const auto rows = tx.exec_params(
            "SELECT " DEVICE_COLUMNS
            ", EXISTS (SELECT FROM sessions s WHERE s.session_id = "
            "oauth_devices.session_id AND s.ended_at IS NOT NULL) FROM oauth_devices "
            "WHERE device_hash = decode($1, 'hex') AND client_id = $2 FOR UPDATE",
            ToHex(hash), client_id);
        if (rows.empty()) return PolledDevice{JudgeDevice(std::nullopt, false, now)};
        ASSIGN_OR_RETURN(DeviceRequest device, ReadDevice(rows[0]));
        const auto verdict = JudgeDevice(device, rows[0][kDeviceColumns].as<bool>(), now);
        const bool redeemed = verdict == DeviceVerdict::kRedeem;
        if (verdict == DeviceVerdict::kSlowDown) device.interval += kDeviceInterval;
        tx.exec_params("UPDATE oauth_devices SET polled_at = " MOMENT(2)
                       ", interval_seconds = $3, state = CASE WHEN $4 THEN 'spent' ELSE state END "
                       "WHERE device_hash = decode($1, 'hex')",
                       ToHex(hash), pg::ToMicroseconds(now), device.interval.count(), redeemed);
        if (!redeemed) return PolledDevice{verdict};
        RETURN_IF_ERROR(
            Insert(tx, begin(device), device.client_id, device.scopes, device.authenticated_at));
        return PolledDevice{verdict, std::move(device)};
      },
      {.deadline = call.deadline});
}

Result<Grant> PgOAuth::FindGrant(const std::string& session_id, const CallContext& call) {
  const auto uuid = Uuid::Parse(session_id);
  if (!uuid) return GrantUnknown();
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<Grant> {
        return ReadGrant(
            tx.exec_params("SELECT " GRANT_COLUMNS
                           ", false FROM oauth_grants JOIN sessions USING (session_id) "
                           "WHERE session_id = $1::uuid",
                           uuid->ToString()));
      },
      {.deadline = call.deadline});
}

Result<Grant> PgOAuth::FindGrantOf(const std::string& refresh_hash, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<Grant> {
        return ReadGrant(tx.exec_params(
            "SELECT " GRANT_COLUMNS
            ", spent_at IS NOT NULL FROM refresh_tokens JOIN oauth_grants USING (session_id) "
            "JOIN sessions USING (session_id) WHERE token_hash = decode($1, 'hex')",
            ToHex(refresh_hash)));
      },
      {.deadline = call.deadline});
}

Status PgOAuth::Purge(Time now, Time expired_before, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        // Nobody can come back to these: the cookie was all that anyone had of them.
        tx.exec_params("UPDATE sessions SET ended_at = " MOMENT(1)
                       " WHERE ended_at IS NULL AND session_id IN "
                       "(SELECT session_id FROM oauth_browsers WHERE expires_at <= " MOMENT(1) ")",
                       pg::ToMicroseconds(now));
        tx.exec_params("DELETE FROM oauth_browsers WHERE expires_at <= " MOMENT(1),
                       pg::ToMicroseconds(now));
        tx.exec_params("DELETE FROM oauth_codes WHERE expires_at < " MOMENT(1),
                       pg::ToMicroseconds(expired_before));
        tx.exec_params("DELETE FROM oauth_devices WHERE expires_at < " MOMENT(1),
                       pg::ToMicroseconds(expired_before));
        return {};
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
