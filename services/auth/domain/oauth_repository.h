// Where applications, and what people let them do, are kept. store/ implements both;
// testing/oauth_contract.h is what every store must do. As the ports of domain/ports.h. Secrets are
// known by their hashes (32 bytes) only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auth/domain/account.h"
#include "auth/domain/oauth.h"
#include "auth/domain/session.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

// NotFound "oauth_client_unknown" where one is named that isn't there.
class OAuthClientRepository {
 public:
  virtual ~OAuthClientRepository() = default;
  // With its number. NotFound "account_unknown" for the owner; FailedPrecondition
  // "oauth_clients_too_many" when they have `most`, however many are added at once.
  virtual Result<OAuthClient> Add(const OAuthClient& client, int most, const CallContext& call) = 0;
  // By number, those above `after`.
  virtual Result<std::vector<OAuthClient>> List(std::int64_t after, int limit,
                                                const CallContext& call) = 0;
  // Those that this account registered, by number.
  virtual Result<std::vector<OAuthClient>> ListOf(std::int64_t owner, const CallContext& call) = 0;
  virtual Result<OAuthClient> Find(const std::string& id, const CallContext& call) = 0;
  // Its name, redirect URIs, scopes, grant types and secret's hash become the client's of that id.
  virtual Status Change(const OAuthClient& client, const CallContext& call) = 0;
  // With all that is under way for it; what people let it do ends.
  virtual Status Remove(const std::string& id, const CallContext& call) = 0;
};

// A browser whose person is signed in.
struct Browser {
  Account account;
  std::string session_id;
  Time authenticated_at;
};

// What begins when a code is redeemed: a session for a client. `session.user_id` is the code's
// person.
struct NewGrant {
  Session session;
  Client where;
  std::string refresh_hash;
};

// The grant for a device that is let in, made once it is known what it asked for.
using BeginGrant = std::function<NewGrant(const DeviceRequest& device)>;

struct PolledDevice {
  DeviceVerdict verdict = DeviceVerdict::kUnknown;
  DeviceRequest device = {};  // with kRedeem
};

// What a person allowed a client.
struct Consent {
  std::string client_id;
  std::string client_name;
  ScopeList scopes;
};

class OAuthRepository {
 public:
  virtual ~OAuthRepository() = default;

  virtual Status AddBrowser(const std::string& hash, const std::string& session_id, Time now,
                            Time expires_at, const CallContext& call) = 0;
  // NotFound "browser_unknown" also when its session has ended.
  virtual Result<Browser> FindBrowser(const std::string& hash, Time now,
                                      const CallContext& call) = 0;

  // What the person allowed the client before; none is fine.
  virtual Result<ScopeList> Consented(std::int64_t user_id, const std::string& client_id,
                                      const CallContext& call) = 0;
  // All that they allowed, by client id: as many as there are clients.
  virtual Result<std::vector<Consent>> ConsentsOf(std::int64_t user_id,
                                                  const CallContext& call) = 0;
  // Adds to it.
  virtual Status AddConsent(std::int64_t user_id, const std::string& client_id,
                            const ScopeList& scopes, const CallContext& call) = 0;

  virtual Status AddCode(const std::string& hash, const AuthorizationCode& code,
                         const CallContext& call) = 0;
  // NotFound "code_unknown".
  virtual Result<AuthorizationCode> FindCode(const std::string& hash, const CallContext& call) = 0;
  // Judges the code and does what the verdict says, as one step: begins the grant, or ends the one
  // that it was redeemed for before. Unauthenticated "account_disabled".
  virtual Result<CodeVerdict> RedeemCode(const std::string& hash, const NewGrant& grant, Time now,
                                         const CallContext& call) = 0;

  // ResourceExhausted "devices_too_many" when the client has `most` that haven't expired;
  // AlreadyExists "user_code_taken".
  virtual Status AddDevice(const std::string& hash, const std::string& user_code_hash,
                           const DeviceRequest& device, int most, Time now,
                           const CallContext& call) = 0;
  // These: NotFound "device_unknown" unless it is pending, and hasn't expired.
  virtual Result<DeviceRequest> FindDevice(const std::string& user_code_hash, Time now,
                                           const CallContext& call) = 0;
  virtual Status DecideDevice(const std::string& user_code_hash, bool allowed,
                              const Browser& browser, Time now, const CallContext& call) = 0;
  // As RedeemCode, for `client_id` alone. `begin` may be called more than once.
  virtual Result<PolledDevice> PollDevice(const std::string& hash, const std::string& client_id,
                                          const BeginGrant& begin, Time now,
                                          const CallContext& call) = 0;

  // These: NotFound "grant_unknown"; whether its session goes on isn't looked at.
  virtual Result<Grant> FindGrant(const std::string& session_id, const CallContext& call) = 0;
  // Of a refresh token, spent or not.
  virtual Result<Grant> FindGrantOf(const std::string& refresh_hash, const CallContext& call) = 0;

  // Forgets what expired: browsers at once, and ends their sessions; codes and devices that did so
  // before `expired_before`.
  virtual Status Purge(Time now, Time expired_before, const CallContext& call) = 0;
};

}  // namespace marquee::auth
