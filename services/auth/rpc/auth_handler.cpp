#include "auth/rpc/auth_handler.h"

#include "auth/rpc/convert.h"
#include "base/page_token.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

constexpr char kUserList[] = "users";
constexpr char kSessionList[] = "sessions";

// A response that holds a session.
template <typename Response>
Result<Response> WithSession(const Result<SignedIn>& signed_in) {
  if (!signed_in.ok()) return signed_in.error();
  Response response;
  ToProto(*signed_in, *response.mutable_session());
  return response;
}

template <typename Response>
Result<Response> WithUser(const Result<Account>& account) {
  if (!account.ok()) return account.error();
  Response response;
  ToProto(*account, *response.mutable_user());
  return response;
}

template <typename Response>
Result<Response> WithKeys(const Result<std::vector<KeyState>>& states) {
  if (!states.ok()) return states.error();
  Response response;
  for (const auto& state : *states) ToProto(state, *response.add_keys());
  return response;
}

}  // namespace

AuthHandler::AuthHandler(Accounts& accounts, Administration& administration, Sessions& sessions,
                         const ServiceTokens& service_tokens, KeyRing& keys, ApiKeys& api_keys)
    : accounts_(accounts),
      administration_(administration),
      sessions_(sessions),
      service_tokens_(service_tokens),
      keys_(keys),
      api_keys_(api_keys) {
  Register(this, &AuthHandler::RegisterAccount);
  Register(this, &AuthHandler::Login);
  Register(this, &AuthHandler::Refresh);
  Register(this, &AuthHandler::Logout);
  Register(this, &AuthHandler::BootstrapAdministrator);
  Register(this, &AuthHandler::GetMe);
  Register(this, &AuthHandler::UpdateMe);
  Register(this, &AuthHandler::DeleteMe);
  Register(this, &AuthHandler::ListSessions);
  Register(this, &AuthHandler::RevokeSession);
  Register(this, &AuthHandler::RevokeSessions);
  Register(this, &AuthHandler::ListUsers);
  Register(this, &AuthHandler::SetRoles);
  Register(this, &AuthHandler::SetAccountState);
  Register(this, &AuthHandler::GetJwks);
  Register(this, &AuthHandler::ListSigningKeys);
  Register(this, &AuthHandler::RotateSigningKeys);
  Register(this, &AuthHandler::IssueServiceToken);
  Register(this, &AuthHandler::CreateApiKey);
  Register(this, &AuthHandler::ListApiKeys);
  Register(this, &AuthHandler::RevokeApiKey);
  Register(this, &AuthHandler::RotateApiKey);
  Register(this, &AuthHandler::TradeApiKey);
}

Result<v1::RegisterResponse> AuthHandler::RegisterAccount(const rpc::Call& call,
                                                          const v1::RegisterRequest& request) {
  return WithSession<v1::RegisterResponse>(accounts_.Register(
      {request.email(), request.password(), request.display_name()}, call.context()));
}

Result<v1::LoginResponse> AuthHandler::Login(const rpc::Call& call,
                                             const v1::LoginRequest& request) {
  return WithSession<v1::LoginResponse>(accounts_.Login(
      {request.email(), request.password(), request.one_time_code()}, call.context()));
}

Result<v1::RefreshResponse> AuthHandler::Refresh(const rpc::Call& call,
                                                 const v1::RefreshRequest& request) {
  return WithSession<v1::RefreshResponse>(
      sessions_.Refresh(request.refresh_token(), call.context()));
}

Result<v1::LogoutResponse> AuthHandler::Logout(const rpc::Call& call,
                                               const v1::LogoutRequest& request) {
  RETURN_IF_ERROR(sessions_.End(request.refresh_token(), call.context()));
  return v1::LogoutResponse();
}

Result<v1::BootstrapAdministratorResponse> AuthHandler::BootstrapAdministrator(
    const rpc::Call& call, const v1::BootstrapAdministratorRequest& request) {
  return WithSession<v1::BootstrapAdministratorResponse>(administration_.BootstrapAdministrator(
      {request.bootstrap_secret(), request.email(), request.password()}, call.context()));
}

Result<v1::GetMeResponse> AuthHandler::GetMe(const rpc::Call& call, const v1::GetMeRequest&) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  return WithUser<v1::GetMeResponse>(accounts_.Get(person, call.context()));
}

Result<v1::UpdateMeResponse> AuthHandler::UpdateMe(const rpc::Call& call,
                                                   const v1::UpdateMeRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  AccountUpdate update;
  if (request.has_display_name()) update.display_name = request.display_name();
  if (request.has_current_password()) update.current_password = request.current_password();
  if (request.has_new_password()) update.new_password = request.new_password();
  return WithUser<v1::UpdateMeResponse>(accounts_.Update(person, update, call.context()));
}

Result<v1::DeleteMeResponse> AuthHandler::DeleteMe(const rpc::Call& call,
                                                   const v1::DeleteMeRequest&) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  return WithErasure<v1::DeleteMeResponse>(accounts_.Delete(person, call.context()));
}

Result<v1::ListSessionsResponse> AuthHandler::ListSessions(const rpc::Call& call,
                                                           const v1::ListSessionsRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  std::string after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const auto key,
                     DecodeTypedPageToken<std::string>(kSessionList, request.page_token()));
    after = std::get<0>(key);
    if (!Uuid::Parse(after)) return PageTokenRefused();
  }
  ASSIGN_OR_RETURN(const SessionPage page,
                   sessions_.List(person.user_id, after, request.page_size(), call.context()));
  v1::ListSessionsResponse response;
  for (const auto& view : page.sessions) {
    auto& session = *response.add_sessions();
    ToProto(view, session);
    session.set_current(view.session.session_id == person.session_id);
  }
  if (page.more) {
    response.set_next_page_token(
        EncodeTypedPageToken(kSessionList, page.sessions.back().session.session_id));
  }
  return response;
}

Result<v1::RevokeSessionResponse> AuthHandler::RevokeSession(
    const rpc::Call& call, const v1::RevokeSessionRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  RETURN_IF_ERROR(sessions_.EndOne(person.user_id, request.session_id(), call.context()));
  return v1::RevokeSessionResponse();
}

Result<v1::RevokeSessionsResponse> AuthHandler::RevokeSessions(
    const rpc::Call& call, const v1::RevokeSessionsRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  RETURN_IF_ERROR(sessions_.EndAll(person.user_id,
                                   request.include_current() ? std::string() : person.session_id,
                                   call.context()));
  return v1::RevokeSessionsResponse();
}

Result<v1::ListUsersResponse> AuthHandler::ListUsers(const rpc::Call& call,
                                                     const v1::ListUsersRequest& request) {
  ASSIGN_OR_RETURN(const std::int64_t after, DecodeLastSent(kUserList, request.page_token()));
  ASSIGN_OR_RETURN(const AccountPage page,
                   administration_.List(after, request.page_size(), call.context()));
  v1::ListUsersResponse response;
  for (const auto& account : page.accounts) ToProto(account, *response.add_users());
  if (page.next != 0) {
    response.set_next_page_token(EncodeTypedPageToken(kUserList, page.next));
  }
  return response;
}

Result<v1::SetRolesResponse> AuthHandler::SetRoles(const rpc::Call& call,
                                                   const v1::SetRolesRequest& request) {
  const std::vector<std::string> roles(request.roles().begin(), request.roles().end());
  return WithUser<v1::SetRolesResponse>(
      administration_.SetRoles(request.user_id(), roles, call.context()));
}

Result<v1::SetAccountStateResponse> AuthHandler::SetAccountState(
    const rpc::Call& call, const v1::SetAccountStateRequest& request) {
  switch (request.state()) {
    case v1::ACCOUNT_STATE_ENABLED:
    case v1::ACCOUNT_STATE_DISABLED:
      return WithUser<v1::SetAccountStateResponse>(administration_.SetDisabled(
          request.user_id(), request.state() == v1::ACCOUNT_STATE_DISABLED, call.context()));
    default:
      return Error::InvalidArgument("state_unknown", "An account is enabled or disabled.", "state");
  }
}

Result<v1::GetJwksResponse> AuthHandler::GetJwks(const rpc::Call&, const v1::GetJwksRequest&) {
  ASSIGN_OR_RETURN(const auto keys, keys_.PublicKeys());
  v1::GetJwksResponse response;
  for (const auto& key : keys) ToProto(key, *response.add_keys());
  if (!keys_.oauth_issuer().empty()) response.set_issuer(keys_.oauth_issuer());
  return response;
}

Result<v1::ListSigningKeysResponse> AuthHandler::ListSigningKeys(
    const rpc::Call&, const v1::ListSigningKeysRequest&) {
  return WithKeys<v1::ListSigningKeysResponse>(keys_.States());
}

Result<v1::RotateSigningKeysResponse> AuthHandler::RotateSigningKeys(
    const rpc::Call& call, const v1::RotateSigningKeysRequest&) {
  return WithKeys<v1::RotateSigningKeysResponse>(keys_.Rotate(call.context()));
}

Result<v1::IssueServiceTokenResponse> AuthHandler::IssueServiceToken(
    const rpc::Call&, const v1::IssueServiceTokenRequest& request) {
  ASSIGN_OR_RETURN(const auto token, service_tokens_.Issue(request.service(), request.secret()));
  v1::IssueServiceTokenResponse response;
  response.set_access_token(token.access_token);
  response.set_expires_in(token.expires_in.count());
  return response;
}

}  // namespace marquee::auth
