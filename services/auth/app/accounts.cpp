#include "auth/app/accounts.h"

#include "auth/domain/password.h"

namespace marquee::auth {
namespace {

Error CredentialsWrong() {
  return Error::Unauthenticated("credentials_wrong",
                                "The e-mail address or the password is wrong.");
}

// Whether it is the password of the hash. One that was hashed before passwords were normalized is
// tried as it was typed, too.
Result<bool> IsPassword(PasswordHasher& hasher, const std::string& typed, const std::string& hash,
                        const Attempt& attempt, const CallContext& call) {
  const std::string password = ComparablePassword(typed);
  ASSIGN_OR_RETURN(const bool right, hasher.Verify(password, hash, attempt, call));
  if (right || password == typed) return right;
  return hasher.Verify(typed, hash, attempt, call);
}

// The caller's own account being unknown means that their token outlived it.
template <typename T>
Result<T> OrGone(Result<T> result) {
  if (result.ok() || result.error().code != Code::kNotFound) return result;
  return Error::Unauthenticated("account_gone", "This account was deleted.");
}

}  // namespace

Result<SignedIn> Accounts::Register(const Registration& registration, const CallContext& call) {
  ASSIGN_OR_RETURN(const Email email, Email::Make(registration.email));
  ASSIGN_OR_RETURN(const NewPassword password,
                   NewPassword::Make(registration.password, email, "password"));
  ASSIGN_OR_RETURN(std::string name, MakeDisplayName(registration.display_name));
  ASSIGN_OR_RETURN(
      std::string hash,
      hasher_.Hash(password.text(), {NetworkOf(call.client_address), email.key()}, call));
  ASSIGN_OR_RETURN(
      const Account account,
      accounts_.Create({email, std::move(hash), std::move(name), {Role::kUser}, clock_.Now()},
                       call));
  return sessions_.Start(account, call);
}

Result<Account> Accounts::CheckPassword(const Email& email, const std::string& password,
                                        const Attempt& attempt, const CallContext& call) {
  const auto found = accounts_.FindCredentials(email, call);
  if (!found.ok()) {
    if (found.error().code != Code::kNotFound) return found.error();
    // Takes as long as a comparison would.
    RETURN_IF_ERROR([&]() -> Status {
      ASSIGN_OR_RETURN([[maybe_unused]] const auto hash, hasher_.Hash(password, attempt, call));
      return {};
    }());
    return CredentialsWrong();
  }
  ASSIGN_OR_RETURN(const bool right,
                   IsPassword(hasher_, password, found->password_hash, attempt, call));
  if (!right) return CredentialsWrong();
  return found->account;  // a disabled one is refused where its session would begin
}

Result<SignedIn> Accounts::Login(const std::string& email, const std::string& password,
                                 const CallContext& call) {
  ASSIGN_OR_RETURN(const Email address, Email::Make(email));
  auto signed_in = [&]() -> Result<SignedIn> {
    ASSIGN_OR_RETURN(
        const Account account,
        CheckPassword(address, password, {NetworkOf(call.client_address), address.key()}, call));
    return sessions_.Start(account, call);
  }();
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
  ASSIGN_OR_RETURN(const Credentials now, OrGone(accounts_.FindCredentials(person.user_id, call)));
  ASSIGN_OR_RETURN(const Email email, Email::Make(now.account.email));
  const Attempt attempt{NetworkOf(call.client_address), email.key()};
  ASSIGN_OR_RETURN(const bool right,
                   IsPassword(hasher_, *update.current_password, now.password_hash, attempt, call));
  if (!right) {
    return Error::InvalidArgument("password_wrong", "This isn't the current password.",
                                  "current_password");
  }
  ASSIGN_OR_RETURN(const NewPassword password,
                   NewPassword::Make(*update.new_password, email, "new_password"));
  ASSIGN_OR_RETURN(change.password_hash, hasher_.Hash(password.text(), attempt, call));
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

Result<Erasure> Accounts::Delete(const Person& person, const CallContext& call) {
  return OrGone(accounts_.Delete(person.user_id, call));
}

}  // namespace marquee::auth
