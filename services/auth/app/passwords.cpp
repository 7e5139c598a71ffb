#include "auth/app/passwords.h"

namespace marquee::auth {
namespace {

Attempt AttemptOf(const Email& email, const CallContext& call) {
  return {NetworkOf(call.client_address), email.key()};
}

}  // namespace

// Credentials of nobody match nothing, and take as long.
Result<bool> Passwords::Matches(const Credentials& credentials, const Email& email,
                                const std::string& password, const CallContext& call) {
  const Attempt attempt = AttemptOf(email, call);
  const std::string comparable = ComparablePassword(password);
  ASSIGN_OR_RETURN(const bool right,
                   hasher_.Verify(comparable, credentials.password_hash, attempt, call));
  if (right || comparable == password) return right;
  // Chosen before passwords were normalized: from now on it is one of today's.
  ASSIGN_OR_RETURN(const bool as_typed,
                   hasher_.Verify(password, credentials.password_hash, attempt, call));
  if (!as_typed) return false;
  ASSIGN_OR_RETURN(const std::string hash, hasher_.Hash(comparable, attempt, call));
  RETURN_IF_ERROR(
      accounts_.Rehash(credentials.account.user_id, credentials.password_hash, hash, call));
  return true;
}

Result<Account> Passwords::Check(const Email& email, const std::string& password,
                                 const CallContext& call) {
  ASSIGN_OR_RETURN(const auto guess, guard_.Begin(Secret::kPassword, email, call));
  auto found = accounts_.FindCredentials(email, call);
  const bool unknown = !found.ok() && found.error().code == Code::kNotFound;
  if (unknown) found = Credentials{};
  ASSIGN_OR_RETURN(const bool right,
                   guard_.End(guess, found.ok() ? Matches(*found, email, password, call)
                                                : Result<bool>(found.error())));
  if (!right) {
    return Error::Unauthenticated("credentials_wrong",
                                  "The e-mail address or the password is wrong.");
  }
  return found->account;  // a disabled one is refused where its session would begin
}

Result<Account> Passwords::CheckCurrent(std::int64_t user_id, const std::string& password,
                                        const std::string& field, const CallContext& call) {
  const auto found = accounts_.FindCredentials(user_id, call);
  if (!found.ok()) return found.error().code == Code::kNotFound ? AccountGone() : found.error();
  if (found->password_hash.empty()) {
    return Error::InvalidArgument(
        "password_missing", "This account has no password: ask for a link by mail to set one.",
        field);
  }
  ASSIGN_OR_RETURN(const Email email, Email::Make(found->account.email));
  ASSIGN_OR_RETURN(const auto guess, guard_.Begin(Secret::kCurrentPassword, email, call));
  ASSIGN_OR_RETURN(const bool right, guard_.End(guess, Matches(*found, email, password, call)));
  if (!right)
    return Error::InvalidArgument("password_wrong", "This isn't the current password.", field);
  return found->account;
}

Result<std::string> Passwords::Hash(const NewPassword& password, const Email& email,
                                    const CallContext& call) {
  return hasher_.Hash(password.text(), AttemptOf(email, call), call);
}

}  // namespace marquee::auth
