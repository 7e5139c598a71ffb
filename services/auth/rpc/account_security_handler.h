// marquee.auth.v1.AccountSecurityService: converts, calls, converts.
#pragma once

#include "auth/app/account_mail.h"
#include "auth/app/second_factors.h"
#include "marquee/auth/v1/account_security.grpc.pb.h"
#include "rpc/service.h"

namespace marquee::auth {

class AccountSecurityHandler final : public rpc::Service<v1::AccountSecurityService> {
 public:
  AccountSecurityHandler(SecondFactors& second_factors, AccountMail& mail);

  Result<v1::StartTotpResponse> StartTotp(const rpc::Call& call,
                                          const v1::StartTotpRequest& request);
  Result<v1::ConfirmTotpResponse> ConfirmTotp(const rpc::Call& call,
                                              const v1::ConfirmTotpRequest& request);
  Result<v1::RemoveTotpResponse> RemoveTotp(const rpc::Call& call,
                                            const v1::RemoveTotpRequest& request);
  Result<v1::RemoveUserTotpResponse> RemoveUserTotp(const rpc::Call& call,
                                                    const v1::RemoveUserTotpRequest& request);
  Result<v1::RequestPasswordResetResponse> RequestPasswordReset(
      const rpc::Call& call, const v1::RequestPasswordResetRequest& request);
  Result<v1::ConfirmPasswordResetResponse> ConfirmPasswordReset(
      const rpc::Call& call, const v1::ConfirmPasswordResetRequest& request);
  Result<v1::RequestEmailVerificationResponse> RequestEmailVerification(
      const rpc::Call& call, const v1::RequestEmailVerificationRequest& request);
  Result<v1::ConfirmEmailVerificationResponse> ConfirmEmailVerification(
      const rpc::Call& call, const v1::ConfirmEmailVerificationRequest& request);

 private:
  SecondFactors& second_factors_;
  AccountMail& mail_;
};

}  // namespace marquee::auth
