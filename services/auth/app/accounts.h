// What people do with their own accounts.
#pragma once

#include <optional>
#include <string>

#include "auth/app/auth_metrics.h"
#include "auth/app/sessions.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

struct Registration {
  std::string email;
  std::string password;
  std::string display_name;
};

struct AccountUpdate {
  std::optional<std::string> display_name = {};
  std::optional<std::string> current_password = {};
  std::optional<std::string> new_password = {};
};

// Who signed in, as the access token says.
struct Person {
  std::int64_t user_id = 0;
  std::string session_id = {};
};

// `client_address` is where the person is, as the edge knows it; it may be empty.
class Accounts {
 public:
  Accounts(AccountRepository& accounts, PasswordHasher& hasher, Sessions& sessions,
           const Clock& clock, AuthMetrics& metrics)
      : accounts_(accounts),
        hasher_(hasher),
        sessions_(sessions),
        clock_(clock),
        metrics_(metrics) {}

  // AlreadyExists "email_taken".
  Result<SignedIn> Register(const Registration& registration, const CallContext& call);
  // Unauthenticated "credentials_wrong", whether or not there is such an account: the answer takes
  // as long and says the same. "account_disabled" only to who knows the password.
  Result<SignedIn> Login(const std::string& email, const std::string& password,
                         const CallContext& call);

  // These: Unauthenticated "account_gone" when the account was deleted after the token was issued.
  Result<Account> Get(const Person& person, const CallContext& call);
  Result<Account> Update(const Person& person, const AccountUpdate& update,
                         const CallContext& call);
  // A second time it is the erasure of the first.
  Result<Erasure> Delete(const Person& person, const CallContext& call);

 private:
  Result<Account> CheckPassword(const Email& email, const std::string& password,
                                const Attempt& attempt, const CallContext& call);
  Status PreparePassword(const Person& person, const AccountUpdate& update, AccountChange& change,
                         const CallContext& call);

  AccountRepository& accounts_;
  PasswordHasher& hasher_;
  Sessions& sessions_;
  const Clock& clock_;
  AuthMetrics& metrics_;
};

}  // namespace marquee::auth
