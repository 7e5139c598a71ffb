// marquee.auth.v1.AuthService: converts, calls, converts.
#pragma once

#include "auth/app/accounts.h"
#include "auth/app/administration.h"
#include "auth/app/api_keys.h"
#include "auth/app/key_ring.h"
#include "auth/app/service_tokens.h"
#include "auth/app/sessions.h"
#include "marquee/auth/v1/auth.grpc.pb.h"
#include "rpc/service.h"

namespace marquee::auth {

class AuthHandler final : public rpc::Service<v1::AuthService> {
 public:
  AuthHandler(Accounts& accounts, Administration& administration, Sessions& sessions,
              const ServiceTokens& service_tokens, KeyRing& keys, ApiKeys& api_keys);

  Result<v1::RegisterResponse> RegisterAccount(const rpc::Call& call,
                                               const v1::RegisterRequest& request);
  Result<v1::LoginResponse> Login(const rpc::Call& call, const v1::LoginRequest& request);
  Result<v1::RefreshResponse> Refresh(const rpc::Call& call, const v1::RefreshRequest& request);
  Result<v1::LogoutResponse> Logout(const rpc::Call& call, const v1::LogoutRequest& request);
  Result<v1::BootstrapAdministratorResponse> BootstrapAdministrator(
      const rpc::Call& call, const v1::BootstrapAdministratorRequest& request);
  Result<v1::GetMeResponse> GetMe(const rpc::Call& call, const v1::GetMeRequest& request);
  Result<v1::UpdateMeResponse> UpdateMe(const rpc::Call& call, const v1::UpdateMeRequest& request);
  Result<v1::DeleteMeResponse> DeleteMe(const rpc::Call& call, const v1::DeleteMeRequest& request);
  Result<v1::ListSessionsResponse> ListSessions(const rpc::Call& call,
                                                const v1::ListSessionsRequest& request);
  Result<v1::RevokeSessionResponse> RevokeSession(const rpc::Call& call,
                                                  const v1::RevokeSessionRequest& request);
  Result<v1::RevokeSessionsResponse> RevokeSessions(const rpc::Call& call,
                                                    const v1::RevokeSessionsRequest& request);
  Result<v1::ListUsersResponse> ListUsers(const rpc::Call& call,
                                          const v1::ListUsersRequest& request);
  Result<v1::SetRolesResponse> SetRoles(const rpc::Call& call, const v1::SetRolesRequest& request);
  Result<v1::SetAccountStateResponse> SetAccountState(const rpc::Call& call,
                                                      const v1::SetAccountStateRequest& request);
  Result<v1::GetJwksResponse> GetJwks(const rpc::Call& call, const v1::GetJwksRequest& request);
  Result<v1::ListSigningKeysResponse> ListSigningKeys(const rpc::Call& call,
                                                      const v1::ListSigningKeysRequest& request);
  Result<v1::RotateSigningKeysResponse> RotateSigningKeys(
      const rpc::Call& call, const v1::RotateSigningKeysRequest& request);
  Result<v1::IssueServiceTokenResponse> IssueServiceToken(
      const rpc::Call& call, const v1::IssueServiceTokenRequest& request);

  // api_key_handler.cpp
  Result<v1::CreateApiKeyResponse> CreateApiKey(const rpc::Call& call,
                                                const v1::CreateApiKeyRequest& request);
  Result<v1::ListApiKeysResponse> ListApiKeys(const rpc::Call& call,
                                              const v1::ListApiKeysRequest& request);
  Result<v1::RevokeApiKeyResponse> RevokeApiKey(const rpc::Call& call,
                                                const v1::RevokeApiKeyRequest& request);
  Result<v1::RotateApiKeyResponse> RotateApiKey(const rpc::Call& call,
                                                const v1::RotateApiKeyRequest& request);
  Result<v1::TradeApiKeyResponse> TradeApiKey(const rpc::Call& call,
                                              const v1::TradeApiKeyRequest& request);

 private:
  Accounts& accounts_;
  Administration& administration_;
  Sessions& sessions_;
  const ServiceTokens& service_tokens_;
  KeyRing& keys_;
  ApiKeys& api_keys_;
};

}  // namespace marquee::auth
