// The second factor: turned on and off by its person, asked for at a sign-in (docs/adr/0607).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "auth/app/guess_guard.h"
#include "auth/app/passwords.h"
#include "auth/app/person.h"
#include "auth/app/sessions.h"
#include "auth/domain/second_factor.h"

namespace marquee::auth {

// What is put into an authenticator, shown once.
struct TotpSetup {
  std::string secret;  // base32, to be typed
  std::string uri;     // to be scanned
};

class SecondFactors {
 public:
  // Recovery codes are kept as their HMAC under `code_key`. `sealer` isn't that of anything else.
  SecondFactors(SecondFactorRepository& factors, Passwords& passwords, GuessGuard& guard,
                Sessions& sessions, const Sealer& sealer, const Clock& clock, std::string code_key)
      : factors_(factors),
        passwords_(passwords),
        guard_(guard),
        sessions_(sessions),
        sealer_(sealer),
        clock_(clock),
        code_key_(std::move(code_key)) {}

  // Of who is signed in. What checks passwords and codes: ResourceExhausted "login_backoff".
  //
  // It is asked for only once it was confirmed. InvalidArgument "password_wrong";
  // FailedPrecondition "second_factor_on".
  Result<TotpSetup> Start(const Person& person, const std::string& password,
                          const CallContext& call);
  // Turns it on, ends the person's other sessions, and gives the recovery codes, this once.
  // InvalidArgument "one_time_code_wrong"; FailedPrecondition "second_factor_not_begun",
  // "second_factor_on".
  Result<std::vector<std::string>> Confirm(const Person& person, const std::string& code,
                                           const CallContext& call);
  // InvalidArgument "password_wrong", "one_time_code_wrong"; NotFound "second_factor_unknown".
  Status Remove(const Person& person, const std::string& password, const std::string& code,
                const CallContext& call);

  // By an administrator, for somebody who has lost it; ends that person's sessions. NotFound
  // "second_factor_unknown".
  Status RemoveFor(std::int64_t user_id, const CallContext& call);

  // At a sign-in, after the password. Unauthenticated "second_factor_required" without a code,
  // "one_time_code_wrong" with one that isn't the account's, or was used before.
  Status Check(const Account& account, const std::string& code, const CallContext& call);

 private:
  Result<std::string> Opened(const std::string& sealed) const;
  // Whether it is one of the codes, which is used up by that.
  Result<bool> Takes(std::int64_t user_id, const std::string& code, const CallContext& call);
  // The same, behind the guard.
  Result<bool> Guess(const Account& account, const std::string& code, const CallContext& call);

  SecondFactorRepository& factors_;
  Passwords& passwords_;
  GuessGuard& guard_;
  Sessions& sessions_;
  const Sealer& sealer_;
  const Clock& clock_;
  const std::string code_key_;
};

}  // namespace marquee::auth
