#include "auth/app/accounts.h"

#include "auth/domain/password.h"

namespace marquee::auth {
namespace {

// The caller's own account being unknown means that their token outlived it.
template <typename T>
Result<T> OrGone(Result<T> result) {
  if (result.ok() || result.error().code != Code::kNotFound) return result;
  return AccountGone();
}

}  // namespace

Result<SignedIn> Accounts::Register(const Registration& registration, const CallContext& call) {
  ASSIGN_OR_RETURN(const Email email, Email::Make(registration.email));
  ASSIGN_OR_RETURN(const NewPassword password,
                   NewPassword::Make(registration.password, email, "password"));
  ASSIGN_OR_RETURN(std::string name, MakeDisplayName(registration.display_name));
  ASSIGN_OR_RETURN(std::string hash, passwords_.Hash(password, email, call));
  ASSIGN_OR_RETURN(
      const Account account,
      accounts_.Create({email, std::move(hash), std::move(name), {Role::kUser}, clock_.Now()},
                       call));
  return sessions_.Start(account, call);
}

Result<SignedIn> Accounts::Login(const SignIn& sign_in, const CallContext& call) {
  ASSIGN_OR_RETURN(const Email email, Email::Make(sign_in.email));
  auto account = passwords_.Check(email, sign_in.password, call);
  if (!account.ok()) return Counted(std::move(account).error());
  return LoginAs(*account, sign_in.one_time_code, call);
}

Result<SignedIn> Accounts::LoginAs(const Account& account, const std::string& one_time_code,
                                   const CallContext& call) {
  return Counted([&]() -> Result<SignedIn> {
    RETURN_IF_ERROR(second_factors_.Check(account, one_time_code, call));
    return sessions_.Start(account, call);
  }());
}

Result<SignedIn> Accounts::Counted(Result<SignedIn> signed_in) {
  metrics_.SignIn(signed_in.ok() ? Status() : Status(signed_in.error()));
  return signed_in;
}

Result<Account> Accounts::Get(const Person& person, const CallContext& call) {
  return OrGone(accounts_.Find(person.user_id, call));
}

Status Accounts::PreparePassword(const Person& person, const AccountUpdate& update,
                                 AccountChange& change, const CallContext& call) {
  if (!update.new_password && !update.current_password) return {};
  if (!update.new_password) {
    return Error::InvalidArgument("missing_field", "Say the new password, too.", "new_password");
  }
  if (!update.current_password) {
    return Error::InvalidArgument("missing_field", "Say the current password, too.",
                                  "current_password");
  }
  ASSIGN_OR_RETURN(
      const Account account,
      passwords_.CheckCurrent(person.user_id, *update.current_password, "current_password", call));
  ASSIGN_OR_RETURN(const Email email, Email::Make(account.email));
  ASSIGN_OR_RETURN(const NewPassword password,
                   NewPassword::Make(*update.new_password, email, "new_password"));
  ASSIGN_OR_RETURN(change.password_hash, passwords_.Hash(password, email, call));
  return {};
}

Result<Account> Accounts::Update(const Person& person, const AccountUpdate& update,
                                 const CallContext& call) {
  AccountChange change{.kept_session_id = person.session_id, .changed_at = clock_.Now()};
  if (update.display_name) {
    ASSIGN_OR_RETURN(change.display_name, MakeDisplayName(*update.display_name));
  }
  RETURN_IF_ERROR(PreparePassword(person, update, change, call));
  return OrGone(accounts_.Change(person.user_id, change, call));
}

Status Accounts::SetFirstPassword(const Person& person, const std::string& new_password,
                                  const CallContext& call) {
  ASSIGN_OR_RETURN(const Credentials credentials,
                   OrGone(accounts_.FindCredentials(person.user_id, call)));
  if (!credentials.password_hash.empty()) {
    return Error::FailedPrecondition("password_set",
                                     "Your account has a password: sign in with it to change it.");
  }
  ASSIGN_OR_RETURN(const Email email, Email::Make(credentials.account.email));
  ASSIGN_OR_RETURN(const NewPassword password,
                   NewPassword::Make(new_password, email, "new_password"));
  AccountChange change{.kept_session_id = person.session_id, .changed_at = clock_.Now()};
  ASSIGN_OR_RETURN(change.password_hash, passwords_.Hash(password, email, call));
  const auto changed = OrGone(accounts_.Change(person.user_id, change, call));
  return changed.ok() ? Status() : Status(changed.error());
}

Result<Erasure> Accounts::Delete(const Person& person, const CallContext& call) {
  return OrGone(accounts_.Delete(person.user_id, call));
}

}  // namespace marquee::auth
