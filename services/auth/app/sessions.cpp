#include "auth/app/sessions.h"

#include "auth/app/secrets.h"
#include "base/digest.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

Status Explain(RefreshVerdict verdict) {
  switch (verdict) {
    case RefreshVerdict::kRotate:
    case RefreshVerdict::kRepeat: return {};
    case RefreshVerdict::kUnknown:
      return Error::Unauthenticated("refresh_token_invalid",
                                    "The refresh token isn't valid: sign in again.");
    case RefreshVerdict::kEnded:
      return Error::Unauthenticated("session_ended", "The session has ended: sign in again.");
    case RefreshVerdict::kExpired:
      return Error::Unauthenticated("refresh_token_expired",
                                    "The session has expired: sign in again.");
    case RefreshVerdict::kReused:
      return Error::Unauthenticated(
          "refresh_token_reused",
          "The refresh token was used before, so its session has ended: sign in again.");
    case RefreshVerdict::kDisabled: return AccountDisabled();
  }
  return Error::Internal("unknown refresh verdict");
}

Client ClientOf(const CallContext& call) {
  return {NetworkOf(call.client_address), CleanUserAgent(call.user_agent)};
}

}  // namespace

Result<SignedIn> Sessions::Issue(const Account& account, const std::string& session_id,
                                 std::string refresh_token, Time now) const {
  token::Claims claims;
  claims.subject = std::to_string(account.user_id);
  claims.user_id = account.user_id;
  claims.roles = Names(account.roles);
  claims.session_id = session_id;
  claims.token_id = Uuid::V7(now).ToString();
  claims.issued_at = now;
  claims.expires_at = now + lifetimes_.access;
  ASSIGN_OR_RETURN(std::string access_token, keys_.Sign(claims));
  return SignedIn{account, std::move(access_token), lifetimes_.access, std::move(refresh_token),
                  session_id};
}

Result<SignedIn> Sessions::Start(const Account& account, const CallContext& call) {
  const Time now = clock_.Now();
  const Session session{Uuid::V7(now).ToString(), account.user_id, now, now + lifetimes_.refresh};
  // Signed first: what can't be given out isn't stored.
  ASSIGN_OR_RETURN(SignedIn signed_in, Issue(account, session.session_id, NewOpaqueToken(), now));
  RETURN_IF_ERROR(sessions_.Start(session, ClientOf(call), Sha256(signed_in.refresh_token), call));
  return signed_in;
}

Result<SignedIn> Sessions::Refresh(std::string_view refresh_token, const CallContext& call) {
  RETURN_IF_ERROR(keys_.Ready());  // or the old token would be spent for nothing
  const Time now = clock_.Now();
  std::string next;
  Rotation rotation;
  if (LooksLikeOpaqueToken(refresh_token)) {
    next = SuccessorOf(refresh_token, successor_key_);
    ASSIGN_OR_RETURN(rotation, sessions_.Rotate(Sha256(refresh_token), Sha256(next), ClientOf(call),
                                                now, now + lifetimes_.refresh, call));
  }
  metrics_.Refresh(rotation.verdict);
  RETURN_IF_ERROR(Explain(rotation.verdict));
  return Issue(rotation.account, rotation.session_id, std::move(next), now);
}

Result<Account> Sessions::Holder(const std::string& session_id, std::int64_t user_id,
                                 const CallContext& call) {
  auto account = sessions_.FindHolder(session_id, user_id, clock_.Now(), call);
  if (!account.ok() && account.error().code == Code::kNotFound) return AccountGone();
  return account;
}

Status Sessions::End(std::string_view refresh_token, const CallContext& call) {
  if (!LooksLikeOpaqueToken(refresh_token)) return {};
  return sessions_.End(Sha256(refresh_token), clock_.Now(), call);
}

Result<SessionPage> Sessions::List(std::int64_t user_id, const std::string& after, int page_size,
                                   const CallContext& call) {
  constexpr int kDefaultPage = 50;
  const int limit = page_size > 0 ? page_size : kDefaultPage;
  SessionPage page;
  ASSIGN_OR_RETURN(page.sessions, sessions_.ListOf(user_id, after, limit + 1, clock_.Now(), call));
  page.more = static_cast<int>(page.sessions.size()) > limit;
  if (page.more) page.sessions.pop_back();
  return page;
}

Status Sessions::EndOne(std::int64_t user_id, const std::string& session_id,
                        const CallContext& call) {
  return sessions_.EndOne(user_id, session_id, clock_.Now(), call);
}

Status Sessions::EndAll(std::int64_t user_id, const std::string& kept_session_id,
                        const CallContext& call) {
  return sessions_.EndAll(user_id, kept_session_id, clock_.Now(), call);
}

Status Sessions::Purge(const CallContext& call) {
  // Remembered for a while, to say "expired" rather than "unknown".
  constexpr std::chrono::hours kRemembered{24};
  const Time now = clock_.Now();
  ASSIGN_OR_RETURN(const std::int64_t active,
                   sessions_.Purge(now, now - kRemembered, now - lifetimes_.refresh, call));
  metrics_.ActiveSessions(active);
  return {};
}

}  // namespace marquee::auth
