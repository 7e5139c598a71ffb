// Giving out tokens: an access token that every service can check by itself, and a refresh token
// that is traded for the next pair.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "auth/app/auth_metrics.h"
#include "auth/app/key_ring.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

struct Lifetimes {
  std::chrono::seconds access{std::chrono::minutes{15}};
  std::chrono::seconds refresh{std::chrono::hours{24 * 30}};  // from the last refresh
};

struct SignedIn {
  Account account;
  std::string access_token;
  std::chrono::seconds expires_in{};
  std::string refresh_token;
  std::string session_id = {};
};

struct SessionPage {
  std::vector<SessionView> sessions;
  bool more = false;
};

class Sessions {
 public:
  // Refresh tokens are followed by what SuccessorOf makes of them with `successor_key`.
  Sessions(SessionRepository& sessions, const KeyRing& keys, const Clock& clock,
           AuthMetrics& metrics, std::string successor_key, Lifetimes lifetimes = {})
      : sessions_(sessions),
        keys_(keys),
        clock_(clock),
        metrics_(metrics),
        successor_key_(std::move(successor_key)),
        lifetimes_(lifetimes) {}

  Result<SignedIn> Start(const Account& account, const CallContext& call);
  // Unauthenticated "refresh_token_invalid", "refresh_token_expired", "session_ended",
  // "refresh_token_reused" or "account_disabled".
  Result<SignedIn> Refresh(std::string_view refresh_token, const CallContext& call);
  // The account as it is now, where an access token says what it was. Unauthenticated
  // "account_gone", "account_disabled" or "session_ended".
  Result<Account> Holder(const std::string& session_id, std::int64_t user_id,
                         const CallContext& call);
  Status End(std::string_view refresh_token, const CallContext& call);

  // Someone's that go on, the youngest first: those after the one of this id, if it isn't empty.
  Result<SessionPage> List(std::int64_t user_id, const std::string& after, int page_size,
                           const CallContext& call);
  // NotFound "session_unknown" for one that isn't theirs.
  Status EndOne(std::int64_t user_id, const std::string& session_id, const CallContext& call);
  // All of theirs but this one; an empty id: all.
  Status EndAll(std::int64_t user_id, const std::string& kept_session_id, const CallContext& call);

  // Forgets what is over, and counts what goes on.
  Status Purge(const CallContext& call);

 private:
  Result<SignedIn> Issue(const Account& account, const std::string& session_id,
                         std::string refresh_token, Time now) const;

  SessionRepository& sessions_;
  const KeyRing& keys_;
  const Clock& clock_;
  AuthMetrics& metrics_;
  const std::string successor_key_;
  const Lifetimes lifetimes_;
};

}  // namespace marquee::auth
