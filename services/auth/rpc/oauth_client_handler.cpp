// The part of OAuthService by which administrators register applications.
#include "auth/rpc/convert.h"
#include "auth/rpc/oauth_handler.h"
#include "base/page_token.h"

namespace marquee::auth {
namespace {

constexpr char kClientList[] = "oauth-clients";

template <typename Response>
Result<Response> WithClient(const Result<OAuthClient>& client) {
  if (!client.ok()) return client.error();
  Response response;
  ToProto(*client, *response.mutable_client());
  return response;
}

}  // namespace

Result<v1::CreateOAuthClientResponse> OAuthHandler::CreateOAuthClient(
    const rpc::Call& call, const v1::CreateOAuthClientRequest& request) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  ASSIGN_OR_RETURN(
      const NewClient made,
      oauth_.clients.Register(user_id,
                              {request.name(),
                               request.confidential(),
                               {request.redirect_uris().begin(), request.redirect_uris().end()},
                               {request.scopes().begin(), request.scopes().end()},
                               {request.grant_types().begin(), request.grant_types().end()}},
                              call.context()));
  call.Note({.client_id = made.client.id});
  v1::CreateOAuthClientResponse response;
  ToProto(made.client, *response.mutable_client());
  if (!made.secret.empty()) response.set_client_secret(made.secret);
  return response;
}

Result<v1::ListOAuthClientsResponse> OAuthHandler::ListOAuthClients(
    const rpc::Call& call, const v1::ListOAuthClientsRequest& request) {
  ASSIGN_OR_RETURN(const std::int64_t after, DecodeLastSent(kClientList, request.page_token()));
  ASSIGN_OR_RETURN(const ClientPage page,
                   oauth_.clients.List(after, request.page_size(), call.context()));
  v1::ListOAuthClientsResponse response;
  for (const auto& client : page.clients) ToProto(client, *response.add_clients());
  if (page.next != 0) response.set_next_page_token(EncodeTypedPageToken(kClientList, page.next));
  return response;
}

Result<v1::GetOAuthClientResponse> OAuthHandler::GetOAuthClient(
    const rpc::Call& call, const v1::GetOAuthClientRequest& request) {
  return WithClient<v1::GetOAuthClientResponse>(
      oauth_.clients.Find(request.client_id(), call.context()));
}

Result<v1::UpdateOAuthClientResponse> OAuthHandler::UpdateOAuthClient(
    const rpc::Call& call, const v1::UpdateOAuthClientRequest& request) {
  call.Note({.client_id = request.client_id()});
  ClientUpdate update{{},
                      {request.redirect_uris().begin(), request.redirect_uris().end()},
                      {request.scopes().begin(), request.scopes().end()},
                      {request.grant_types().begin(), request.grant_types().end()}};
  if (request.has_name()) update.name = request.name();
  return WithClient<v1::UpdateOAuthClientResponse>(
      oauth_.clients.Update(request.client_id(), update, call.context()));
}

Result<v1::RotateOAuthClientSecretResponse> OAuthHandler::RotateOAuthClientSecret(
    const rpc::Call& call, const v1::RotateOAuthClientSecretRequest& request) {
  call.Note({.client_id = request.client_id()});
  ASSIGN_OR_RETURN(const NewClient rotated,
                   oauth_.clients.RotateSecret(request.client_id(), call.context()));
  v1::RotateOAuthClientSecretResponse response;
  ToProto(rotated.client, *response.mutable_client());
  response.set_client_secret(rotated.secret);
  return response;
}

Result<v1::DeleteOAuthClientResponse> OAuthHandler::DeleteOAuthClient(
    const rpc::Call& call, const v1::DeleteOAuthClientRequest& request) {
  call.Note({.client_id = request.client_id()});
  RETURN_IF_ERROR(oauth_.clients.Remove(request.client_id(), call.context()));
  return v1::DeleteOAuthClientResponse();
}

}  // namespace marquee::auth
