#include "auth/app/second_factors.h"

#include "auth/app/one_time_codes.h"
#include "base/digest.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

Error CodeWrong(Code code) {
  return {.code = code,
          .reason = "one_time_code_wrong",
          .message = "This isn't the code of now, or it was used before: wait for the next.",
          .field = code == Code::kInvalidArgument ? "code" : ""};
}

}  // namespace

// That it can't be opened is the operator's to know.
Result<std::string> SecondFactors::Opened(const std::string& sealed) const {
  auto secret = sealer_.Open(sealed);
  if (!secret.ok()) return Error::Internal(secret.error().message);
  return secret;
}

Result<bool> SecondFactors::Takes(std::int64_t user_id, const std::string& code,
                                  const CallContext& call) {
  ASSIGN_OR_RETURN(const auto factor, factors_.Find(user_id, call));
  if (!factor || !factor->confirmed) return false;
  if (const auto recovery = PlainRecoveryCode(code))
    return factors_.TakeRecoveryCode(user_id, HmacSha256(code_key_, *recovery), call);
  ASSIGN_OR_RETURN(const std::string secret, Opened(factor->sealed));
  const auto step = MatchingStep(secret, code, clock_.Now());
  if (!step) return false;
  return factors_.TakeStep(user_id, *step, call);
}

Result<bool> SecondFactors::Guess(const Account& account, const std::string& code,
                                  const CallContext& call) {
  ASSIGN_OR_RETURN(const Email email, Email::Make(account.email));
  ASSIGN_OR_RETURN(const auto guess, guard_.Begin(Secret::kCode, email, call));
  return guard_.End(guess, Takes(account.user_id, code, call));
}

Result<TotpSetup> SecondFactors::Start(const Person& person, const std::string& password,
                                       const CallContext& call) {
  ASSIGN_OR_RETURN(const Account account,
                   passwords_.CheckCurrent(person.user_id, password, "password", call));
  const std::string secret = RandomBytes(kTotpSecretBytes);
  RETURN_IF_ERROR(factors_.Begin(account.user_id, sealer_.Seal(secret), clock_.Now(), call));
  return TotpSetup{.secret = Base32Encode(secret), .uri = OtpauthUri(secret, account.email)};
}

// A code that is wrong here is no guess at a secret that protects anything yet.
Result<std::vector<std::string>> SecondFactors::Confirm(const Person& person,
                                                        const std::string& code,
                                                        const CallContext& call) {
  ASSIGN_OR_RETURN(const auto factor, factors_.Find(person.user_id, call));
  if (!factor) {
    return Error::FailedPrecondition("second_factor_not_begun",
                                     "Begin with it first: there is no secret to confirm.");
  }
  ASSIGN_OR_RETURN(const std::string secret, Opened(factor->sealed));
  const auto step = MatchingStep(secret, code, clock_.Now());
  if (!step) return CodeWrong(Code::kInvalidArgument);
  std::vector<std::string> codes;
  std::vector<std::string> hashes;
  for (int i = 0; i < kRecoveryCodes; ++i) {
    codes.push_back(NewRecoveryCode());
    hashes.push_back(HmacSha256(code_key_, *PlainRecoveryCode(codes.back())));
  }
  ASSIGN_OR_RETURN(const bool confirmed, factors_.Confirm(person.user_id, factor->sealed, *step,
                                                          hashes, clock_.Now(), call));
  if (!confirmed) {
    return Error::FailedPrecondition("second_factor_on",
                                     "There is a second factor already: remove it first.");
  }
  // Who had signed in with the password alone does so again.
  RETURN_IF_ERROR(sessions_.EndAll(person.user_id, person.session_id, call));
  return codes;
}

Status SecondFactors::Remove(const Person& person, const std::string& password,
                             const std::string& code, const CallContext& call) {
  ASSIGN_OR_RETURN(const Account account,
                   passwords_.CheckCurrent(person.user_id, password, "password", call));
  if (account.second_factor) {
    ASSIGN_OR_RETURN(const bool right, Guess(account, code, call));
    if (!right) return CodeWrong(Code::kInvalidArgument);
  }
  return factors_.Remove(person.user_id, call);
}

Status SecondFactors::RemoveFor(std::int64_t user_id, const CallContext& call) {
  RETURN_IF_ERROR(factors_.Remove(user_id, call));
  return sessions_.EndAll(user_id, "", call);
}

Status SecondFactors::Check(const Account& account, const std::string& code,
                            const CallContext& call) {
  if (!account.second_factor) return {};
  if (code.empty()) {
    return Error::Unauthenticated(
        "second_factor_required",
        "Send the code of your authenticator, or a recovery code, as one_time_code, too.");
  }
  ASSIGN_OR_RETURN(const bool right, Guess(account, code, call));
  if (!right) return CodeWrong(Code::kUnauthenticated);
  return {};
}

}  // namespace marquee::auth
