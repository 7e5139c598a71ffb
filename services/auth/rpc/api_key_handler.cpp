// The part of AuthService that is about API keys.
#include "auth/rpc/auth_handler.h"
#include "auth/rpc/convert.h"
#include "base/page_token.h"

namespace marquee::auth {
namespace {

constexpr char kApiKeyList[] = "api-keys";

// A response that holds a key, this once with its text.
template <typename Response>
Result<Response> WithNewKey(const Result<NewApiKey>& made) {
  if (!made.ok()) return made.error();
  Response response;
  ToProto(made->key, *response.mutable_api_key());
  response.set_key(made->text);
  return response;
}

}  // namespace

Result<v1::CreateApiKeyResponse> AuthHandler::CreateApiKey(const rpc::Call& call,
                                                           const v1::CreateApiKeyRequest& request) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  ApiKeyRequest wanted{request.name(),
                       {request.scopes().begin(), request.scopes().end()},
                       {request.networks().begin(), request.networks().end()}};
  if (request.has_expires_in_seconds())
    wanted.expires_in = std::chrono::seconds{request.expires_in_seconds()};
  return WithNewKey<v1::CreateApiKeyResponse>(api_keys_.Create(user_id, wanted, call.context()));
}

Result<v1::ListApiKeysResponse> AuthHandler::ListApiKeys(const rpc::Call& call,
                                                         const v1::ListApiKeysRequest& request) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  ASSIGN_OR_RETURN(const std::int64_t after, DecodeLastSent(kApiKeyList, request.page_token()));
  ASSIGN_OR_RETURN(const ApiKeyPage page,
                   api_keys_.List(user_id, after, request.page_size(), call.context()));
  v1::ListApiKeysResponse response;
  for (const auto& key : page.keys) ToProto(key, *response.add_api_keys());
  if (page.next != 0) response.set_next_page_token(EncodeTypedPageToken(kApiKeyList, page.next));
  return response;
}

Result<v1::RevokeApiKeyResponse> AuthHandler::RevokeApiKey(const rpc::Call& call,
                                                           const v1::RevokeApiKeyRequest& request) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  RETURN_IF_ERROR(api_keys_.Revoke(user_id, request.api_key_id(), call.context()));
  return v1::RevokeApiKeyResponse();
}

Result<v1::RotateApiKeyResponse> AuthHandler::RotateApiKey(const rpc::Call& call,
                                                           const v1::RotateApiKeyRequest& request) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  std::optional<std::chrono::seconds> overlap;
  if (request.has_overlap_seconds()) overlap = std::chrono::seconds{request.overlap_seconds()};
  return WithNewKey<v1::RotateApiKeyResponse>(
      api_keys_.Rotate(user_id, request.api_key_id(), overlap, call.context()));
}

Result<v1::TradeApiKeyResponse> AuthHandler::TradeApiKey(const rpc::Call& call,
                                                         const v1::TradeApiKeyRequest& request) {
  ASSIGN_OR_RETURN(const TradedToken token,
                   api_keys_.Trade(request.key(), request.client_address(), call.context()));
  v1::TradeApiKeyResponse response;
  response.set_access_token(token.access_token);
  response.set_expires_in(token.expires_in.count());
  return response;
}

}  // namespace marquee::auth
