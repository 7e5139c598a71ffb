#include "auth/rpc/account_security_handler.h"

#include "auth/rpc/convert.h"

namespace marquee::auth {

AccountSecurityHandler::AccountSecurityHandler(SecondFactors& second_factors, AccountMail& mail)
    : second_factors_(second_factors), mail_(mail) {
  Register(this, &AccountSecurityHandler::StartTotp);
  Register(this, &AccountSecurityHandler::ConfirmTotp);
  Register(this, &AccountSecurityHandler::RemoveTotp);
  Register(this, &AccountSecurityHandler::RemoveUserTotp);
  Register(this, &AccountSecurityHandler::RequestPasswordReset);
  Register(this, &AccountSecurityHandler::ConfirmPasswordReset);
  Register(this, &AccountSecurityHandler::RequestEmailVerification);
  Register(this, &AccountSecurityHandler::ConfirmEmailVerification);
}

Result<v1::StartTotpResponse> AccountSecurityHandler::StartTotp(
    const rpc::Call& call, const v1::StartTotpRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  ASSIGN_OR_RETURN(const TotpSetup setup,
                   second_factors_.Start(person, request.password(), call.context()));
  v1::StartTotpResponse response;
  response.set_secret(setup.secret);
  response.set_otpauth_uri(setup.uri);
  return response;
}

Result<v1::ConfirmTotpResponse> AccountSecurityHandler::ConfirmTotp(
    const rpc::Call& call, const v1::ConfirmTotpRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  ASSIGN_OR_RETURN(const auto codes,
                   second_factors_.Confirm(person, request.code(), call.context()));
  v1::ConfirmTotpResponse response;
  for (const auto& code : codes) response.add_recovery_codes(code);
  return response;
}

Result<v1::RemoveTotpResponse> AccountSecurityHandler::RemoveTotp(
    const rpc::Call& call, const v1::RemoveTotpRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  RETURN_IF_ERROR(
      second_factors_.Remove(person, request.password(), request.code(), call.context()));
  return v1::RemoveTotpResponse();
}

Result<v1::RemoveUserTotpResponse> AccountSecurityHandler::RemoveUserTotp(
    const rpc::Call& call, const v1::RemoveUserTotpRequest& request) {
  RETURN_IF_ERROR(second_factors_.RemoveFor(request.user_id(), call.context()));
  return v1::RemoveUserTotpResponse();
}

Result<v1::RequestPasswordResetResponse> AccountSecurityHandler::RequestPasswordReset(
    const rpc::Call& call, const v1::RequestPasswordResetRequest& request) {
  RETURN_IF_ERROR(mail_.RequestPasswordReset(request.email(), call.context()));
  return v1::RequestPasswordResetResponse();
}

Result<v1::ConfirmPasswordResetResponse> AccountSecurityHandler::ConfirmPasswordReset(
    const rpc::Call& call, const v1::ConfirmPasswordResetRequest& request) {
  RETURN_IF_ERROR(
      mail_.ConfirmPasswordReset(request.token(), request.new_password(), call.context()));
  return v1::ConfirmPasswordResetResponse();
}

Result<v1::RequestEmailVerificationResponse> AccountSecurityHandler::RequestEmailVerification(
    const rpc::Call& call, const v1::RequestEmailVerificationRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  std::optional<std::string> new_email;
  std::optional<std::string> password;
  if (request.has_new_email()) new_email = request.new_email();
  if (request.has_password()) password = request.password();
  RETURN_IF_ERROR(
      mail_.RequestEmailVerification(person.user_id, new_email, password, call.context()));
  return v1::RequestEmailVerificationResponse();
}

Result<v1::ConfirmEmailVerificationResponse> AccountSecurityHandler::ConfirmEmailVerification(
    const rpc::Call& call, const v1::ConfirmEmailVerificationRequest& request) {
  RETURN_IF_ERROR(mail_.ConfirmEmailVerification(request.token(), call.context()));
  return v1::ConfirmEmailVerificationResponse();
}

}  // namespace marquee::auth
