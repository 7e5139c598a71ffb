// What people do with their own accounts.
#pragma once

#include <optional>
#include <string>

#include "auth/app/auth_metrics.h"
#include "auth/app/passwords.h"
#include "auth/app/person.h"
#include "auth/app/second_factors.h"
#include "auth/app/sessions.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

struct Registration {
  std::string email;
  std::string password;
  std::string display_name;
};

struct SignIn {
  std::string email;
  std::string password;
  // Of the second factor, or a recovery code; empty: none was sent.
  std::string one_time_code = {};
};

struct AccountUpdate {
  std::optional<std::string> display_name = {};
  std::optional<std::string> current_password = {};
  std::optional<std::string> new_password = {};
};

// Where passwords are checked: ResourceExhausted "login_backoff".
class Accounts {
 public:
  Accounts(AccountRepository& accounts, Passwords& passwords, SecondFactors& second_factors,
           Sessions& sessions, const Clock& clock, AuthMetrics& metrics)
      : accounts_(accounts),
        passwords_(passwords),
        second_factors_(second_factors),
        sessions_(sessions),
        clock_(clock),
        metrics_(metrics) {}

  // AlreadyExists "email_taken".
  Result<SignedIn> Register(const Registration& registration, const CallContext& call);
  // Unauthenticated "credentials_wrong", whether or not there is such an account: the answer takes
  // as long and says the same. Only to who knows the password: "account_disabled", and what
  // SecondFactors::Check says.
  Result<SignedIn> Login(const SignIn& sign_in, const CallContext& call);
  // The same for who has proved to be it in another way than by the password.
  Result<SignedIn> LoginAs(const Account& account, const std::string& one_time_code,
                           const CallContext& call);

  // These: Unauthenticated "account_gone" when the account was deleted after the token was issued.
  Result<Account> Get(const Person& person, const CallContext& call);
  Result<Account> Update(const Person& person, const AccountUpdate& update,
                         const CallContext& call);
  // Where there is none yet, and ends all other sessions. FailedPrecondition "password_set".
  Status SetFirstPassword(const Person& person, const std::string& new_password,
                          const CallContext& call);
  // A second time it is the erasure of the first.
  Result<Erasure> Delete(const Person& person, const CallContext& call);

 private:
  Result<SignedIn> Counted(Result<SignedIn> signed_in);
  Status PreparePassword(const Person& person, const AccountUpdate& update, AccountChange& change,
                         const CallContext& call);

  AccountRepository& accounts_;
  Passwords& passwords_;
  SecondFactors& second_factors_;
  Sessions& sessions_;
  const Clock& clock_;
  AuthMetrics& metrics_;
};

}  // namespace marquee::auth
