// Passwords, checked and hashed: behind the guard against guessing, and in the turn of whoever asks.
#pragma once

#include <cstdint>
#include <string>

#include "auth/app/guess_guard.h"
#include "auth/domain/password.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

// All: ResourceExhausted "login_backoff" where passwords are checked, and what a PasswordHasher says.
class Passwords {
 public:
  Passwords(AccountRepository& accounts, PasswordHasher& hasher, GuessGuard& guard)
      : accounts_(accounts), hasher_(hasher), guard_(guard) {}

  // At a sign-in. Unauthenticated "credentials_wrong", whether or not there is such an account: the
  // answer takes as long and says the same.
  Result<Account> Check(const Email& email, const std::string& password, const CallContext& call);
  // Of who is signed in. InvalidArgument "password_wrong", or "password_missing" where the account
  // has none, on `field`; Unauthenticated "account_gone".
  Result<Account> CheckCurrent(std::int64_t user_id, const std::string& password,
                               const std::string& field, const CallContext& call);
  Result<std::string> Hash(const NewPassword& password, const Email& email,
                           const CallContext& call);

 private:
  Result<bool> Matches(const Credentials& credentials, const Email& email,
                       const std::string& password, const CallContext& call);

  AccountRepository& accounts_;
  PasswordHasher& hasher_;
  GuessGuard& guard_;
};

}  // namespace marquee::auth
