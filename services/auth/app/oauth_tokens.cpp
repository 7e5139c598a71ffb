#include "auth/app/oauth_tokens.h"

#include <algorithm>

#include "auth/app/secrets.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/uuid.h"
#include "rules/scope.h"

namespace marquee::auth {
namespace {

// What marks a refresh token of a client: /v1/auth/refresh, which gives logins' tokens, takes none.
constexpr std::string_view kRefreshPrefix = "mrt_";
constexpr char kOffline[] = "offline_access";
constexpr char kOpenId[] = "openid";

Error InvalidGrant(std::string why) { return OAuthError("invalid_grant", std::move(why)); }

bool Has(const ScopeList& scopes, std::string_view scope) {
  return std::ranges::find(scopes, scope) != scopes.end();
}

// RFC 7636, section 4.1: of 43 to 128 unreserved characters.
bool IsVerifier(std::string_view text) {
  constexpr std::size_t kLeast = 43, kMost = 128;
  return text.size() >= kLeast && text.size() <= kMost && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("-._~").find(c) != std::string_view::npos;
         });
}

bool Answers(std::string_view verifier, std::string_view challenge) {
  return IsVerifier(verifier) && SecretsEqual(Base64UrlEncode(Sha256(verifier)), challenge);
}

bool LooksLikeRefreshToken(std::string_view token) {
  return token.starts_with(kRefreshPrefix) &&
         LooksLikeOpaqueToken(token.substr(kRefreshPrefix.size()));
}

Client ClientOf(const OAuthClient& client, const CallContext& call) {
  return {NetworkOf(call.client_address), CleanUserAgent(client.name)};
}

Status Explain(CodeVerdict verdict) {
  switch (verdict) {
    case CodeVerdict::kRedeem: return {};
    case CodeVerdict::kUnknown: return InvalidGrant("The code isn't known.");
    case CodeVerdict::kExpired: return InvalidGrant("The code has expired.");
    case CodeVerdict::kEnded: return InvalidGrant("The person's session has ended.");
    case CodeVerdict::kReplayed:
      return InvalidGrant("The code was used before, so what it had given is revoked.");
  }
  return Error::Internal("unknown code verdict");
}

Status Explain(DeviceVerdict verdict) {
  switch (verdict) {
    case DeviceVerdict::kRedeem: return {};
    case DeviceVerdict::kPending:
      return OAuthError("authorization_pending", "The person hasn't decided yet.");
    case DeviceVerdict::kSlowDown:
      return OAuthError("slow_down", "Wait five seconds longer between two questions.");
    case DeviceVerdict::kDenied: return OAuthError("access_denied", "The person said no.");
    case DeviceVerdict::kExpired:
      return OAuthError("expired_token", "The device code has expired.");
    case DeviceVerdict::kUnknown: return InvalidGrant("The device code isn't known.");
  }
  return Error::Internal("unknown device verdict");
}

Status Explain(RefreshVerdict verdict) {
  switch (verdict) {
    case RefreshVerdict::kRotate:
    case RefreshVerdict::kRepeat: return {};
    case RefreshVerdict::kUnknown: return InvalidGrant("The refresh token isn't known.");
    case RefreshVerdict::kEnded: return InvalidGrant("The refresh token was revoked.");
    case RefreshVerdict::kExpired: return InvalidGrant("The refresh token has expired.");
    case RefreshVerdict::kReused:
      return InvalidGrant(
          "The refresh token was used before, so it is revoked with all that "
          "followed from it.");
    case RefreshVerdict::kDisabled: return InvalidGrant("The person's account is disabled.");
  }
  return Error::Internal("unknown refresh verdict");
}

// A person who is gone, or whose account was disabled, lets nobody in: to a client that is a grant
// like any that is over.
template <typename T>
Result<T> OrInvalidGrant(Result<T> result) {
  if (result.ok()) return result;
  const Error& error = result.error();
  if (error.code == Code::kNotFound || error.code == Code::kUnauthenticated)
    return InvalidGrant(error.message);
  return result;
}

// To who asks about a token, what is over isn't active; what can't be known now is an error.
Result<Introspection> OrInactive(const Error& error) {
  if (error.code == Code::kNotFound || error.code == Code::kUnauthenticated) return Introspection{};
  return error;
}

}  // namespace

Result<OAuthTokenSet> OAuthTokens::Exchange(const OAuthClient& client, std::string_view grant_type,
                                            const OAuthTokenRequest& request,
                                            const CallContext& call) {
  const auto type = FindGrantType(grant_type);
  if (!type) return OAuthError("unsupported_grant_type", "There is no such grant_type.");
  if (!client.grant_types.contains(*type))
    return OAuthError("unauthorized_client", "The client may not use this grant_type.");
  RETURN_IF_ERROR(keys_.Ready());  // or a code would be spent for nothing
  switch (*type) {
    case GrantType::kAuthorizationCode: return ForCode(client, request, call);
    case GrantType::kRefreshToken: return ForRefreshToken(client, request, call);
    case GrantType::kClientCredentials: return ForItself(client, request);
    case GrantType::kDeviceCode: return ForDevice(client, request, call);
  }
  return Error::Internal("unknown grant type");
}

OAuthTokens::Beginning OAuthTokens::Begin(const OAuthClient& client, const ScopeList& scopes,
                                          const CallContext& call) {
  const Time now = clock_.Now();
  const bool refreshed =
      Has(scopes, kOffline) && client.grant_types.contains(GrantType::kRefreshToken);
  Beginning beginning;
  beginning.grant.session = {Uuid::V7(now).ToString(), 0, now,
                             now + (refreshed ? lifetimes_.refresh : lifetimes_.access)};
  beginning.grant.where = ClientOf(client, call);
  const std::string token = std::string(kRefreshPrefix) + NewOpaqueToken();
  beginning.grant.refresh_hash = Sha256(token);
  if (refreshed) beginning.refresh_token = token;  // else nobody has it
  return beginning;
}

Result<OAuthTokenSet> OAuthTokens::Issue(const Grant& grant, const Account& account,
                                         const std::string& nonce,
                                         std::string refresh_token) const {
  const Time now = clock_.Now();
  token::Claims claims;
  claims.subject = std::to_string(account.user_id);
  claims.user_id = account.user_id;
  claims.roles = rules::RolesWithin(Names(account.roles), grant.scopes);
  claims.session_id = grant.session_id;
  claims.token_id = Uuid::V7(now).ToString();
  claims.issued_at = now;
  claims.expires_at = now + lifetimes_.access;
  claims.scopes = grant.scopes;
  claims.client_id = grant.client_id;
  OAuthTokenSet tokens{{}, lifetimes_.access, grant.scopes, std::move(refresh_token)};
  ASSIGN_OR_RETURN(tokens.access_token, keys_.Sign(claims));
  if (Has(grant.scopes, kOpenId)) {
    ASSIGN_OR_RETURN(tokens.id_token,
                     keys_.Sign(token::IdentityClaims{.subject = claims.subject,
                                                      .client_id = grant.client_id,
                                                      .nonce = nonce,
                                                      .session_id = grant.session_id,
                                                      .authenticated_at = grant.authenticated_at,
                                                      .issued_at = now,
                                                      .expires_at = claims.expires_at}));
  }
  return tokens;
}

Result<OAuthTokenSet> OAuthTokens::ForCode(const OAuthClient& client,
                                           const OAuthTokenRequest& request,
                                           const CallContext& call) {
  if (request.code.empty()) return OAuthError("invalid_request", "code is missing.");
  if (!LooksLikeOpaqueToken(request.code)) return Explain(CodeVerdict::kUnknown).error();
  const std::string hash = Sha256(request.code);
  const auto code = store_.FindCode(hash, call);
  if (!code.ok()) {
    return code.error().code == Code::kNotFound ? Explain(CodeVerdict::kUnknown).error()
                                                : code.error();
  }
  // Whoever has a code that was spent, it is no secret any more: what it gave ends. Anything else
  // that is wrong leaves the code to whom it is for.
  if (code->grant_id.empty()) {
    if (code->client_id != client.id) return InvalidGrant("The code is another client's.");
    if (code->redirect_uri != request.redirect_uri)
      return InvalidGrant("The redirect_uri isn't the one that the code went to.");
    if (!Answers(request.code_verifier, code->challenge))
      return InvalidGrant("The code_verifier doesn't answer the code_challenge.");
  }
  Beginning beginning = Begin(client, code->scopes, call);
  NewGrant& grant = beginning.grant;
  grant.session.user_id = code->user_id;
  ASSIGN_OR_RETURN(const CodeVerdict verdict,
                   OrInvalidGrant(store_.RedeemCode(hash, grant, clock_.Now(), call)));
  RETURN_IF_ERROR(Explain(verdict));
  ASSIGN_OR_RETURN(const Account account, OrInvalidGrant(accounts_.Find(code->user_id, call)));
  return Issue(
      {grant.session.session_id, code->user_id, client.id, code->scopes, code->authenticated_at},
      account, code->nonce, std::move(beginning.refresh_token));
}

Result<OAuthTokenSet> OAuthTokens::ForDevice(const OAuthClient& client,
                                             const OAuthTokenRequest& request,
                                             const CallContext& call) {
  if (request.device_code.empty()) return OAuthError("invalid_request", "device_code is missing.");
  if (!LooksLikeOpaqueToken(request.device_code)) return Explain(DeviceVerdict::kUnknown).error();
  Beginning beginning;
  const auto begin = [&](const DeviceRequest& device) {
    beginning = Begin(client, device.scopes, call);
    beginning.grant.session.user_id = device.user_id;
    return beginning.grant;
  };
  ASSIGN_OR_RETURN(const PolledDevice polled,
                   OrInvalidGrant(store_.PollDevice(Sha256(request.device_code), client.id, begin,
                                                    clock_.Now(), call)));
  RETURN_IF_ERROR(Explain(polled.verdict));
  const DeviceRequest& device = polled.device;
  ASSIGN_OR_RETURN(const Account account, OrInvalidGrant(accounts_.Find(device.user_id, call)));
  return Issue({beginning.grant.session.session_id, device.user_id, client.id, device.scopes,
                device.authenticated_at},
               account, {}, std::move(beginning.refresh_token));
}

Result<OAuthTokenSet> OAuthTokens::ForRefreshToken(const OAuthClient& client,
                                                   const OAuthTokenRequest& request,
                                                   const CallContext& call) {
  const std::string& token = request.refresh_token;
  if (token.empty()) return OAuthError("invalid_request", "refresh_token is missing.");
  if (!LooksLikeRefreshToken(token)) return Explain(RefreshVerdict::kUnknown).error();
  ASSIGN_OR_RETURN(Grant grant, OrInvalidGrant(store_.FindGrantOf(Sha256(token), call)));
  if (grant.client_id != client.id) return InvalidGrant("The refresh token is another client's.");
  ASSIGN_OR_RETURN(const ScopeList wanted, ParseScopeText(request.scope));
  grant.scopes = Common(grant.scopes, client.scopes);
  if (!IsWithin(wanted, grant.scopes))
    return OAuthError("invalid_scope", "More is asked for than the person allowed.");
  if (!wanted.empty()) grant.scopes = wanted;

  const std::string next = std::string(kRefreshPrefix) + SuccessorOf(token, successor_key_);
  const Time now = clock_.Now();
  ASSIGN_OR_RETURN(const Rotation rotation,
                   sessions_.Rotate(Sha256(token), Sha256(next), ClientOf(client, call), now,
                                    now + lifetimes_.refresh, call));
  RETURN_IF_ERROR(Explain(rotation.verdict));
  return Issue(grant, rotation.account, {}, next);
}

Result<OAuthTokenSet> OAuthTokens::ForItself(const OAuthClient& client,
                                             const OAuthTokenRequest& request) {
  ASSIGN_OR_RETURN(ScopeList scopes, ParseScopeText(request.scope));
  // There is no person to be known, nor one who could be away.
  ScopeList most = client.scopes;
  std::erase_if(most, [](const auto& name) { return rules::FindScope(name) == nullptr; });
  if (scopes.empty()) scopes = most;
  if (scopes.empty() || !IsWithin(scopes, most))
    return OAuthError("invalid_scope",
                      "For itself the client may ask for " + ScopeText(most) + ".");
  const Time now = clock_.Now();
  token::Claims claims;
  claims.subject = client.id;
  claims.token_id = Uuid::V7(now).ToString();
  claims.issued_at = now;
  claims.expires_at = now + lifetimes_.clients_own;
  claims.scopes = scopes;
  claims.client_id = client.id;
  ASSIGN_OR_RETURN(std::string access_token, keys_.Sign(claims));
  return OAuthTokenSet{std::move(access_token), lifetimes_.clients_own, std::move(scopes)};
}

std::optional<token::Claims> OAuthTokens::ReadAccessToken(std::string_view token) const {
  const auto keys = keys_.PublicKeys();
  if (!keys.ok()) return std::nullopt;
  auto claims = token::Verify(token, *keys, {}, clock_.Now());
  if (!claims.ok() || claims->client_id.empty()) return std::nullopt;
  return *std::move(claims);
}

Status OAuthTokens::Revoke(const OAuthClient& client, std::string_view token,
                           const CallContext& call) {
  RETURN_IF_ERROR(keys_.Ready());
  Result<Grant> grant = Error::NotFound("grant_unknown", "");
  if (LooksLikeRefreshToken(token)) {
    grant = store_.FindGrantOf(Sha256(token), call);
  } else if (const auto claims = ReadAccessToken(token)) {
    if (claims->user_id == 0 && claims->client_id == client.id) {
      return OAuthError("unsupported_token_type",
                        "What a client gets for itself can't be revoked: it expires in minutes.");
    }
    grant = store_.FindGrant(claims->session_id, call);
  }
  if (!grant.ok()) return grant.error().code == Code::kNotFound ? Status() : grant.error();
  if (grant->client_id != client.id) return InvalidGrant("The token is another client's.");
  const auto ended = sessions_.EndOne(grant->user_id, grant->session_id, clock_.Now(), call);
  return !ended.ok() && ended.error().code == Code::kNotFound ? Status() : ended;
}

Result<Introspection> OAuthTokens::Introspect(const OAuthClient& client, std::string_view token,
                                              const CallContext& call) {
  if (!client.confidential())
    return OAuthError("unauthorized_client", "Introspection is for confidential clients.");
  RETURN_IF_ERROR(keys_.Ready());
  Introspection found;
  if (LooksLikeRefreshToken(token)) {
    const auto grant = store_.FindGrantOf(Sha256(token), call);
    if (!grant.ok()) return OrInactive(grant.error());
    if (grant->client_id != client.id || grant->spent) return Introspection{};
    found.scopes = grant->scopes;
    found.client_id = grant->client_id;
    found.subject = std::to_string(grant->user_id);
    found.session_id = grant->session_id;
  } else if (const auto claims = ReadAccessToken(token)) {
    found.is_access_token = true;
    found.scopes = *claims->scopes;
    found.client_id = claims->client_id;
    found.subject = claims->subject;
    found.session_id = claims->session_id;
    found.token_id = claims->token_id;
    found.issued_at = claims->issued_at;
    found.expires_at = claims->expires_at;
  } else {
    return Introspection{};
  }
  found.active = true;
  // As the client, or the person's session, is now.
  if (found.subject == found.client_id) {
    const auto owner = clients_.Find(found.client_id, call);
    return owner.ok() ? Result(std::move(found)) : OrInactive(owner.error());
  }
  const auto holder =
      sessions_.FindHolder(found.session_id, std::stoll(found.subject), clock_.Now(), call);
  return holder.ok() ? Result(std::move(found)) : OrInactive(holder.error());
}

}  // namespace marquee::auth
