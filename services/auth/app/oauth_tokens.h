// The token endpoint (RFC 6749, section 3.2), revocation (RFC 7009), introspection (RFC 7662) and
// what a device asks (RFC 8628, section 3.4). Who the client is has been checked.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "auth/app/key_ring.h"
#include "auth/domain/oauth_repository.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"
#include "base/clock.h"

namespace marquee::auth {

struct OAuthLifetimes {
  std::chrono::seconds access{std::chrono::minutes{15}};
  // Nothing can revoke these: they are nobody's.
  std::chrono::seconds clients_own{std::chrono::minutes{5}};
  std::chrono::seconds refresh{std::chrono::hours{24 * 30}};  // from the last refresh
};

struct OAuthTokenRequest {
  std::string code;
  std::string redirect_uri;
  std::string code_verifier;
  std::string refresh_token;
  std::string device_code;
  std::string scope;
};

struct OAuthTokenSet {
  std::string access_token;
  std::chrono::seconds expires_in{};
  ScopeList scopes;
  std::string refresh_token = {};  // empty: none
  std::string id_token = {};       // empty: none
};

// What is true of a token (RFC 7662, section 2.2).
struct Introspection {
  bool active = false;
  bool is_access_token = false;
  ScopeList scopes = {};
  std::string client_id = {};
  std::string subject = {};
  std::string session_id = {};
  std::string token_id = {};
  Time issued_at = {};
  Time expires_at = {};
};

class OAuthTokens {
 public:
  // Refresh tokens are followed by what SuccessorOf makes of them with `successor_key`.
  OAuthTokens(OAuthClientRepository& clients, OAuthRepository& store, SessionRepository& sessions,
              AccountRepository& accounts, const KeyRing& keys, const Clock& clock,
              std::string successor_key, OAuthLifetimes lifetimes = {})
      : clients_(clients),
        store_(store),
        sessions_(sessions),
        accounts_(accounts),
        keys_(keys),
        clock_(clock),
        successor_key_(std::move(successor_key)),
        lifetimes_(lifetimes) {}

  // InvalidArgument of the standards: "invalid_grant", "invalid_scope", "invalid_request",
  // "unauthorized_client", "unsupported_grant_type", and a device's "authorization_pending",
  // "slow_down", "access_denied", "expired_token".
  Result<OAuthTokenSet> Exchange(const OAuthClient& client, std::string_view grant_type,
                                 const OAuthTokenRequest& request, const CallContext& call);

  // Ends what the token is part of. "invalid_grant" for another client's; what is no token of ours,
  // or no more, is fine.
  Status Revoke(const OAuthClient& client, std::string_view token, const CallContext& call);
  // "unauthorized_client" for a public client. Refresh tokens are shown to their own client alone.
  Result<Introspection> Introspect(const OAuthClient& client, std::string_view token,
                                   const CallContext& call);

 private:
  Result<OAuthTokenSet> ForCode(const OAuthClient& client, const OAuthTokenRequest& request,
                                const CallContext& call);
  Result<OAuthTokenSet> ForRefreshToken(const OAuthClient& client, const OAuthTokenRequest& request,
                                        const CallContext& call);
  Result<OAuthTokenSet> ForItself(const OAuthClient& client, const OAuthTokenRequest& request);
  Result<OAuthTokenSet> ForDevice(const OAuthClient& client, const OAuthTokenRequest& request,
                                  const CallContext& call);

  // A grant that begins, with the refresh token that holds it.
  struct Beginning {
    NewGrant grant;
    std::string refresh_token;
  };
  Beginning Begin(const OAuthClient& client, const ScopeList& scopes, const CallContext& call);
  Result<OAuthTokenSet> Issue(const Grant& grant, const Account& account, const std::string& nonce,
                              std::string refresh_token) const;
  std::optional<token::Claims> ReadAccessToken(std::string_view token) const;

  OAuthClientRepository& clients_;
  OAuthRepository& store_;
  SessionRepository& sessions_;
  AccountRepository& accounts_;
  const KeyRing& keys_;
  const Clock& clock_;
  const std::string successor_key_;
  const OAuthLifetimes lifetimes_;
};

}  // namespace marquee::auth
