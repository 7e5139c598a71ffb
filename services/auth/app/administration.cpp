#include "auth/app/administration.h"

#include "auth/app/secrets.h"
#include "auth/domain/password.h"

namespace marquee::auth {

Result<AccountPage> Administration::List(std::int64_t after, int page_size,
                                         const CallContext& call) {
  constexpr int kDefaultPage = 50;
  const int limit = page_size > 0 ? page_size : kDefaultPage;
  ASSIGN_OR_RETURN(auto accounts, accounts_.List(after, limit + 1, call));
  AccountPage page{std::move(accounts)};
  if (static_cast<int>(page.accounts.size()) > limit) {
    page.accounts.pop_back();
    page.next = page.accounts.back().user_id;
  }
  return page;
}

Result<Account> Administration::SetRoles(std::int64_t user_id, std::span<const std::string> roles,
                                         const CallContext& call) {
  ASSIGN_OR_RETURN(const Roles parsed, ParseRoles(roles));
  return accounts_.SetRoles(user_id, parsed, call);
}

Result<Account> Administration::SetDisabled(std::int64_t user_id, bool disabled,
                                            const CallContext& call) {
  // Nobody shuts themselves out by mistake.
  if (user_id == call.caller.user_id) {
    return Error::FailedPrecondition("own_account",
                                     "This is your own account: ask another administrator.");
  }
  return accounts_.SetDisabled(user_id, disabled, clock_.Now(), call);
}

Result<SignedIn> Administration::BootstrapAdministrator(const Bootstrap& bootstrap,
                                                        const CallContext& call) {
  if (bootstrap_secret_.empty()) {
    return Error::FailedPrecondition("bootstrap_disabled",
                                     "No bootstrap secret is configured here.");
  }
  if (!SecretsEqual(bootstrap.secret, bootstrap_secret_)) {
    return Error::PermissionDenied("bootstrap_secret_wrong", "The bootstrap secret is wrong.");
  }
  // Asked here to spare the work below; the repository asks again, under its lock.
  ASSIGN_OR_RETURN(const bool done, accounts_.HasAdministrator(call));
  if (done) {
    return Error::FailedPrecondition("already_bootstrapped",
                                     "There is an administrator: ask them for the role.");
  }
  ASSIGN_OR_RETURN(const Account account, MakeFirst(bootstrap, call));
  return sessions_.Start(account, call);
}

Result<Account> Administration::MakeFirst(const Bootstrap& bootstrap, const CallContext& call) {
  ASSIGN_OR_RETURN(const Email email, Email::Make(bootstrap.email));
  const Attempt attempt{{},
                        email.key()};  // who knows the operator's secret waits for nobody's sake
  const auto found = accounts_.FindCredentials(email, call);
  if (found.ok()) {
    ASSIGN_OR_RETURN(const bool right, hasher_.Verify(ComparablePassword(bootstrap.password),
                                                      found->password_hash, attempt, call));
    if (!right) {
      return Error::Unauthenticated("credentials_wrong",
                                    "There is an account with this e-mail address, and this isn't "
                                    "its password.");
    }
    return accounts_.PromoteFirstAdministrator(found->account.user_id, call);
  }
  if (found.error().code != Code::kNotFound) return found.error();
  ASSIGN_OR_RETURN(const NewPassword password,
                   NewPassword::Make(bootstrap.password, email, "password"));
  ASSIGN_OR_RETURN(std::string hash, hasher_.Hash(password.text(), attempt, call));
  return accounts_.CreateFirstAdministrator(
      {email, std::move(hash), "", {Role::kUser, Role::kAdministrator}, clock_.Now()}, call);
}

}  // namespace marquee::auth
