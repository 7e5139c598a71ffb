// What administrators do, and how the first of them comes to be.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "auth/app/sessions.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

struct AccountPage {
  std::vector<Account> accounts;
  std::int64_t next = 0;  // the last id when more follow, else 0
};

struct Bootstrap {
  std::string secret;
  std::string email;
  std::string password;
};

class Administration {
 public:
  // An empty bootstrap secret: there is no bootstrapping.
  Administration(AccountRepository& accounts, PasswordHasher& hasher, Sessions& sessions,
                 const Clock& clock, std::string bootstrap_secret)
      : accounts_(accounts),
        hasher_(hasher),
        sessions_(sessions),
        clock_(clock),
        bootstrap_secret_(std::move(bootstrap_secret)) {}

  Result<AccountPage> List(std::int64_t after, int page_size, const CallContext& call);
  Result<Account> SetRoles(std::int64_t user_id, std::span<const std::string> roles,
                           const CallContext& call);

  // FailedPrecondition "own_account" for the caller's, "last_administrator".
  Result<Account> SetDisabled(std::int64_t user_id, bool disabled, const CallContext& call);

  // FailedPrecondition "bootstrap_disabled", "already_bootstrapped"; PermissionDenied
  // "bootstrap_secret_wrong"; Unauthenticated "credentials_wrong" when the account exists and the
  // password isn't its.
  Result<SignedIn> BootstrapAdministrator(const Bootstrap& bootstrap, const CallContext& call);

 private:
  Result<Account> MakeFirst(const Bootstrap& bootstrap, const CallContext& call);

  AccountRepository& accounts_;
  PasswordHasher& hasher_;
  Sessions& sessions_;
  const Clock& clock_;
  const std::string bootstrap_secret_;
};

}  // namespace marquee::auth
