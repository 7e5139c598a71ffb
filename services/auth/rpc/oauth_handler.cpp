#include "auth/rpc/oauth_handler.h"

#include <chrono>

#include "rules/scope.h"

namespace marquee::auth {
namespace {

std::int64_t Seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// A device's question until its person has decided: nothing of it is refused.
bool IsStillWaiting(const Error& error) {
  return error.reason == "authorization_pending" || error.reason == "slow_down";
}

}  // namespace

OAuthHandler::OAuthHandler(OAuth& oauth) : oauth_(oauth) {
  Register(this, &OAuthHandler::GetMetadata);
  Register(this, &OAuthHandler::Authorize);
  Register(this, &OAuthHandler::SignIn);
  Register(this, &OAuthHandler::Consent);
  Register(this, &OAuthHandler::Token);
  Register(this, &OAuthHandler::Revoke);
  Register(this, &OAuthHandler::Introspect);
  Register(this, &OAuthHandler::AuthorizeDevice);
  Register(this, &OAuthHandler::OpenDevicePage);
  Register(this, &OAuthHandler::DecideDevice);
  Register(this, &OAuthHandler::GetUserInfo);
  Register(this, &OAuthHandler::CreateOAuthClient);
  Register(this, &OAuthHandler::ListOAuthClients);
  Register(this, &OAuthHandler::GetOAuthClient);
  Register(this, &OAuthHandler::UpdateOAuthClient);
  Register(this, &OAuthHandler::RotateOAuthClientSecret);
  Register(this, &OAuthHandler::DeleteOAuthClient);
}

Status OAuthHandler::IsOn() const {
  if (!oauth_.issuer.empty()) return {};
  return Error{Code::kUnimplemented, "oauth_disabled",
               "OAuth 2 is off here: the operator has set no public address "
               "(MARQUEE_AUTH_ISSUER).",
               ""};
}

template <typename Request>
Result<OAuthClient> OAuthHandler::ClientOf(const rpc::Call& call, const Request& request) {
  RETURN_IF_ERROR(IsOn());
  return oauth_.clients.Authenticate(
      {request.authorization(), request.client_id(), request.client_secret()}, call.context());
}

Result<v1::GetMetadataResponse> OAuthHandler::GetMetadata(const rpc::Call&,
                                                          const v1::GetMetadataRequest&) {
  RETURN_IF_ERROR(IsOn());
  const std::string& issuer = oauth_.issuer;
  v1::GetMetadataResponse metadata;
  metadata.set_issuer(issuer);
  metadata.set_authorization_endpoint(issuer + "/oauth2/authorize");
  metadata.set_token_endpoint(issuer + "/oauth2/token");
  metadata.set_userinfo_endpoint(issuer + "/oauth2/userinfo");
  metadata.set_jwks_uri(issuer + "/.well-known/jwks.json");
  metadata.set_revocation_endpoint(issuer + "/oauth2/revoke");
  metadata.set_introspection_endpoint(issuer + "/oauth2/introspect");
  metadata.set_device_authorization_endpoint(issuer + "/oauth2/device_authorization");
  for (const auto& scope : rules::kIdentityScopes)
    metadata.add_scopes_supported(std::string(scope.name));
  for (const auto& scope : rules::kScopes) metadata.add_scopes_supported(std::string(scope.name));
  metadata.add_response_types_supported("code");
  metadata.add_response_modes_supported("query");
  for (const auto type : {GrantType::kAuthorizationCode, GrantType::kRefreshToken,
                          GrantType::kClientCredentials, GrantType::kDeviceCode})
    metadata.add_grant_types_supported(std::string(Name(type)));
  metadata.add_subject_types_supported("public");
  metadata.add_id_token_signing_alg_values_supported("ES256");
  for (const char* method : {"client_secret_basic", "client_secret_post", "none"}) {
    metadata.add_token_endpoint_auth_methods_supported(method);
    metadata.add_revocation_endpoint_auth_methods_supported(method);
  }
  metadata.add_introspection_endpoint_auth_methods_supported("client_secret_basic");
  metadata.add_introspection_endpoint_auth_methods_supported("client_secret_post");
  metadata.add_code_challenge_methods_supported("S256");
  for (const char* claim : {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name",
                            "email", "email_verified"})
    metadata.add_claims_supported(claim);
  for (const char* prompt : {"none", "login", "consent", "select_account"})
    metadata.add_prompt_values_supported(prompt);
  metadata.set_authorization_response_iss_parameter_supported(true);
  return metadata;
}

Result<v1::TokenResponse> OAuthHandler::Token(const rpc::Call& call,
                                              const v1::TokenRequest& request) {
  ASSIGN_OR_RETURN(const OAuthClient client, ClientOf(call, request));
  const auto exchanged =
      oauth_.tokens.Exchange(client, request.grant_type(),
                             {request.code(), request.redirect_uri(), request.code_verifier(),
                              request.refresh_token(), request.device_code(), request.scope()},
                             call.context());
  call.Note(
      {.entered = exchanged.ok() || !IsStillWaiting(exchanged.error()), .client_id = client.id});
  if (!exchanged.ok()) return exchanged.error();
  const OAuthTokenSet& tokens = *exchanged;
  v1::TokenResponse response;
  response.set_access_token(tokens.access_token);
  response.set_token_type("Bearer");
  response.set_expires_in(tokens.expires_in.count());
  response.set_scope(ScopeText(tokens.scopes));
  if (!tokens.refresh_token.empty()) response.set_refresh_token(tokens.refresh_token);
  if (!tokens.id_token.empty()) response.set_id_token(tokens.id_token);
  return response;
}

Result<v1::RevokeResponse> OAuthHandler::Revoke(const rpc::Call& call,
                                                const v1::RevokeRequest& request) {
  ASSIGN_OR_RETURN(const OAuthClient client, ClientOf(call, request));
  call.Note({.client_id = client.id});
  RETURN_IF_ERROR(oauth_.tokens.Revoke(client, request.token(), call.context()));
  return v1::RevokeResponse();
}

Result<v1::IntrospectResponse> OAuthHandler::Introspect(const rpc::Call& call,
                                                        const v1::IntrospectRequest& request) {
  ASSIGN_OR_RETURN(const OAuthClient client, ClientOf(call, request));
  ASSIGN_OR_RETURN(const Introspection found,
                   oauth_.tokens.Introspect(client, request.token(), call.context()));
  v1::IntrospectResponse response;
  response.set_active(found.active);
  if (!found.active) return response;
  response.set_scope(ScopeText(found.scopes));
  response.set_client_id(found.client_id);
  response.set_sub(found.subject);
  response.set_iss(oauth_.issuer);
  if (!found.session_id.empty()) response.set_sid(found.session_id);
  if (!found.is_access_token) return response;
  response.set_token_type("Bearer");
  response.set_aud(token::Policy().audience);
  response.set_jti(found.token_id);
  response.set_iat(Seconds(found.issued_at));
  response.set_exp(Seconds(found.expires_at));
  return response;
}

Result<v1::AuthorizeDeviceResponse> OAuthHandler::AuthorizeDevice(
    const rpc::Call& call, const v1::AuthorizeDeviceRequest& request) {
  ASSIGN_OR_RETURN(const OAuthClient client, ClientOf(call, request));
  ASSIGN_OR_RETURN(const NewDevice device,
                   oauth_.devices.Begin(client, request.scope(), call.context()));
  const std::string page = oauth_.issuer + "/oauth2/device";
  v1::AuthorizeDeviceResponse response;
  response.set_device_code(device.device_code);
  response.set_user_code(device.user_code);
  response.set_verification_uri(page);
  response.set_verification_uri_complete(page + "?user_code=" + device.user_code);
  response.set_expires_in(kDeviceLifetime.count());
  response.set_interval(kDeviceInterval.count());
  return response;
}

Result<v1::GetUserInfoResponse> OAuthHandler::GetUserInfo(const rpc::Call& call,
                                                          const v1::GetUserInfoRequest&) {
  RETURN_IF_ERROR(IsOn());
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  ASSIGN_OR_RETURN(const Account account, oauth_.accounts.Find(user_id, call.context()));
  v1::GetUserInfoResponse response;
  response.set_sub(std::to_string(user_id));
  static const std::vector<std::string> kProfile{"profile"};
  static const std::vector<std::string> kEmail{"email"};
  const Caller& caller = call.caller();
  if (caller.IsWithin(kProfile) && !account.display_name.empty())
    response.set_name(account.display_name);
  if (caller.IsWithin(kEmail)) {
    response.set_email(account.email);
    response.set_email_verified(account.email_verified);
  }
  return response;
}

}  // namespace marquee::auth
