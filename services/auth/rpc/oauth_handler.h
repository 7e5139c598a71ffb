// marquee.auth.v1.OAuthService: converts, calls, converts.
#pragma once

#include "auth/app/oauth.h"
#include "auth/app/openid_provider.h"
#include "auth/rpc/oauth_pages.h"
#include "marquee/auth/v1/oauth.grpc.pb.h"
#include "rpc/service.h"

namespace marquee::auth {

class OAuthHandler final : public rpc::Service<v1::OAuthService> {
 public:
  // `providers` are offered where people sign in.
  OAuthHandler(OAuth& oauth, const OpenIdProviders& providers);

  Result<v1::GetMetadataResponse> GetMetadata(const rpc::Call& call,
                                              const v1::GetMetadataRequest& request);
  Result<v1::TokenResponse> Token(const rpc::Call& call, const v1::TokenRequest& request);
  Result<v1::RevokeResponse> Revoke(const rpc::Call& call, const v1::RevokeRequest& request);
  Result<v1::IntrospectResponse> Introspect(const rpc::Call& call,
                                            const v1::IntrospectRequest& request);
  Result<v1::AuthorizeDeviceResponse> AuthorizeDevice(const rpc::Call& call,
                                                      const v1::AuthorizeDeviceRequest& request);
  Result<v1::GetUserInfoResponse> GetUserInfo(const rpc::Call& call,
                                              const v1::GetUserInfoRequest& request);

  // oauth_page_handler.cpp
  Result<v1::AuthorizeResponse> Authorize(const rpc::Call& call,
                                          const v1::AuthorizeRequest& request);
  Result<v1::SignInResponse> SignIn(const rpc::Call& call, const v1::SignInRequest& request);
  Result<v1::ConsentResponse> Consent(const rpc::Call& call, const v1::ConsentRequest& request);
  Result<v1::OpenDevicePageResponse> OpenDevicePage(const rpc::Call& call,
                                                    const v1::OpenDevicePageRequest& request);
  Result<v1::DecideDeviceResponse> DecideDevice(const rpc::Call& call,
                                                const v1::DecideDeviceRequest& request);

  // oauth_client_handler.cpp
  Result<v1::CreateOAuthClientResponse> CreateOAuthClient(
      const rpc::Call& call, const v1::CreateOAuthClientRequest& request);
  Result<v1::ListOAuthClientsResponse> ListOAuthClients(const rpc::Call& call,
                                                        const v1::ListOAuthClientsRequest& request);
  Result<v1::GetOAuthClientResponse> GetOAuthClient(const rpc::Call& call,
                                                    const v1::GetOAuthClientRequest& request);
  Result<v1::UpdateOAuthClientResponse> UpdateOAuthClient(
      const rpc::Call& call, const v1::UpdateOAuthClientRequest& request);
  Result<v1::RotateOAuthClientSecretResponse> RotateOAuthClientSecret(
      const rpc::Call& call, const v1::RotateOAuthClientSecretRequest& request);
  Result<v1::DeleteOAuthClientResponse> DeleteOAuthClient(
      const rpc::Call& call, const v1::DeleteOAuthClientRequest& request);

 private:
  // Unimplemented "oauth_disabled" where no issuer is configured.
  Status IsOn() const;
  template <typename Request>
  Result<OAuthClient> ClientOf(const rpc::Call& call, const Request& request);
  // The browser's own token, or a new one, for which a cookie is set.
  std::string BrowserOf(const std::string& token, PageAnswer& answer) const;
  PageAnswer AskToSignIn(const AuthorizationRequest& request, const std::string& client,
                         const std::string& browser, const std::string& email,
                         std::string_view problem, int status) const;
  PageAnswer AskDeviceToSignIn(const std::string& user_code, const std::string& browser,
                               const std::string& email, std::string_view problem,
                               int status) const;
  PageAnswer AskToSignInToIdentities(const std::string& browser, const std::string& email,
                                     std::string_view problem, int status) const;
  // The page or the place of a step.
  PageAnswer Show(const NextStep& step, const AuthorizationRequest& request,
                  const std::string& browser) const;
  Result<PageAnswer> ShowDevice(const std::string& user_code, const std::string& browser,
                                const rpc::Call& call);
  Result<PageAnswer> SignInFailed(const Error& error, const v1::SignInRequest& request,
                                  const rpc::Call& call);

  OAuth& oauth_;
  const OpenIdProviders& providers_;
};

}  // namespace marquee::auth
