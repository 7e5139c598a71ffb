// What auth needs of the world. store/ and crypto/ implement it; one contract suite runs against
// every store. Implementations are thread-safe. Every call takes the moment by which it must be
// done; errors beside those named: Unavailable, DeadlineExceeded and the like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/domain/account.h"
#include "auth/domain/email.h"
#include "auth/domain/erasure.h"
#include "auth/domain/network.h"
#include "auth/domain/session.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

struct NewAccount {
  Email email;
  std::string password_hash;  // empty: none, nobody signs in with one
  std::string display_name;
  Roles roles;
  Time created_at;
  bool email_verified = false;
};

struct Credentials {
  Account account;
  std::string password_hash;  // empty: there is none
};

struct AccountChange {
  std::optional<std::string> display_name = {};
  // With a new password, all sessions but this one end.
  std::optional<std::string> password_hash = {};
  std::string kept_session_id = {};
  Time changed_at = {};
};

// NotFound "account_unknown" where an account is named that isn't there.
class AccountRepository {
 public:
  virtual ~AccountRepository() = default;
  // AlreadyExists "email_taken".
  virtual Result<Account> Create(const NewAccount& account, const CallContext& call) = 0;
  virtual Result<Account> Find(std::int64_t user_id, const CallContext& call) = 0;
  virtual Result<Credentials> FindCredentials(const Email& email, const CallContext& call) = 0;
  virtual Result<Credentials> FindCredentials(std::int64_t user_id, const CallContext& call) = 0;
  virtual Result<Account> Change(std::int64_t user_id, const AccountChange& change,
                                 const CallContext& call) = 0;
  // The same password hashed anew, unless another has been set meanwhile. No session ends.
  virtual Status Rehash(std::int64_t user_id, const std::string& was, const std::string& becomes,
                        const CallContext& call) = 0;
  // With its sessions and API keys; all else is erased from then on. One that was deleted before has
  // the erasure of then. FailedPrecondition "last_administrator".
  virtual Result<Erasure> Delete(std::int64_t user_id, const CallContext& call) = 0;
  // By id, those above `after`.
  virtual Result<std::vector<Account>> List(std::int64_t after, int limit,
                                            const CallContext& call) = 0;
  // FailedPrecondition "last_administrator" when nobody would be left.
  virtual Result<Account> SetRoles(std::int64_t user_id, const Roles& roles,
                                   const CallContext& call) = 0;
  // With its sessions, which end when it is disabled. FailedPrecondition "last_administrator".
  virtual Result<Account> SetDisabled(std::int64_t user_id, bool disabled, Time now,
                                      const CallContext& call) = 0;

  virtual Result<bool> HasAdministrator(const CallContext& call) = 0;
  // Both: FailedPrecondition "already_bootstrapped" when there is an administrator, whoever else
  // tries at the same time.
  virtual Result<Account> CreateFirstAdministrator(const NewAccount& account,
                                                   const CallContext& call) = 0;
  virtual Result<Account> PromoteFirstAdministrator(std::int64_t user_id,
                                                    const CallContext& call) = 0;
};

struct Rotation {
  RefreshVerdict verdict = RefreshVerdict::kUnknown;
  std::string session_id = {};  // these two only with kRotate and kRepeat
  Account account = {};
};

// Refresh tokens are known by their hashes (32 bytes) only.
class SessionRepository {
 public:
  virtual ~SessionRepository() = default;
  // NotFound "account_unknown"; Unauthenticated "account_disabled", whoever disables it meanwhile.
  virtual Status Start(const Session& session, const Client& client, const std::string& token_hash,
                       const CallContext& call) = 0;
  // Judges the token and does what the verdict says, as one step. `next_hash` is always the same
  // for one token: of two who present it at once, one rotates it and the other repeats that.
  virtual Result<Rotation> Rotate(const std::string& token_hash, const std::string& next_hash,
                                  const Client& client, Time now, Time expires_at,
                                  const CallContext& call) = 0;
  // Whose session it is, as the account stands now. NotFound "account_unknown"; Unauthenticated
  // "account_disabled", or "session_ended" when the session is over, or not theirs.
  virtual Result<Account> FindHolder(const std::string& session_id, std::int64_t user_id, Time now,
                                     const CallContext& call) = 0;
  // Ends the session of a token, spent or not. Unknown and ended ones are fine.
  virtual Status End(const std::string& token_hash, Time now, const CallContext& call) = 0;
  // Someone's that go on, the youngest first: those before the one of this id, all of them when it
  // is empty.
  virtual Result<std::vector<SessionView>> ListOf(std::int64_t user_id, const std::string& before,
                                                  int limit, Time now, const CallContext& call) = 0;
  // Ends one of theirs; one that has ended is fine. NotFound "session_unknown".
  virtual Status EndOne(std::int64_t user_id, const std::string& session_id, Time now,
                        const CallContext& call) = 0;
  // Ends all of theirs but this one; an empty id: all.
  virtual Status EndAll(std::int64_t user_id, const std::string& kept_session_id, Time now,
                        const CallContext& call) = 0;
  // Whether the account of that address has had its tokens from there, in a session that isn't
  // forgotten yet, or a new password by mail (MailRepository). An empty network is nobody's.
  virtual Result<bool> KnowsNetwork(const Email& email, const std::string& network,
                                    const CallContext& call) = 0;
  // Forgets sessions that expired before `expired_before` and tokens spent before `spent_before`;
  // returns how many sessions go on.
  virtual Result<std::int64_t> Purge(Time now, Time expired_before, Time spent_before,
                                     const CallContext& call) = 0;
};

// A signing key as it is stored: encrypted.
struct SealedKey {
  std::string kid;
  std::string sealed;
  Time created_at;
  std::optional<Time> retires_at = {};  // no longer published from then on
};

class KeyRepository {
 public:
  virtual ~KeyRepository() = default;
  // Those that haven't retired, the oldest first.
  virtual Result<std::vector<SealedKey>> ListActive(Time now, const CallContext& call) = 0;
  // Stores it if there is no active key, whoever else tries at the same time; returns the active
  // ones.
  virtual Result<std::vector<SealedKey>> AddFirst(const SealedKey& key,
                                                  const CallContext& call) = 0;
  // Stores it, and has the others retire at `others_retire_at` that would stay longer; returns the
  // active ones. FailedPrecondition "rotation_under_way" when the youngest of several was made
  // after `newest_before`.
  virtual Result<std::vector<SealedKey>> Rotate(const SealedKey& key, Time others_retire_at,
                                                Time newest_before, const CallContext& call) = 0;
};

// For whom a password is hashed: by which the work is shared out.
struct Attempt {
  std::string address;  // the client's, or its network: see NetworkOf; may be empty
  std::string account;  // the e-mail's key
};

// Slow and hungry by intent. ResourceExhausted "too_many_sign_ins" or Unavailable
// "sign_ins_overloaded" when too many are at it.
class PasswordHasher {
 public:
  virtual ~PasswordHasher() = default;
  virtual Result<std::string> Hash(std::string_view password, const Attempt& attempt,
                                   const CallContext& call) = 0;
  // An empty hash is that of nobody: nothing matches it, after as long as any other takes.
  virtual Result<bool> Verify(std::string_view password, const std::string& hash,
                              const Attempt& attempt, const CallContext& call) = 0;
};

// Encrypts what is stored.
class Sealer {
 public:
  virtual ~Sealer() = default;
  virtual std::string Seal(std::string_view plain) const = 0;
  // FailedPrecondition "seal_broken": another secret, or altered bytes.
  virtual Result<std::string> Open(std::string_view sealed) const = 0;
};

}  // namespace marquee::auth
