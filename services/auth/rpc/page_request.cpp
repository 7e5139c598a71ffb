#include "auth/rpc/page_request.h"

#include "base/percent.h"

namespace marquee::auth {

AuthorizationRequest FromProto(const v1::AuthorizeRequest& in) {
  AuthorizationRequest request{.response_type = in.response_type(),
                               .client_id = in.client_id(),
                               .redirect_uri = in.redirect_uri(),
                               .scope = in.scope(),
                               .state = in.state(),
                               .nonce = in.nonce(),
                               .code_challenge = in.code_challenge(),
                               .code_challenge_method = in.code_challenge_method(),
                               .prompt = in.prompt(),
                               .response_mode = in.response_mode(),
                               .request = in.request(),
                               .request_uri = in.request_uri()};
  if (in.has_max_age()) request.max_age = in.max_age();
  return request;
}

FormFields Parameters(const AuthorizationRequest& request) {
  FormFields fields{{"response_type", request.response_type},
                    {"client_id", request.client_id},
                    {"redirect_uri", request.redirect_uri},
                    {"scope", request.scope},
                    {"state", request.state},
                    {"nonce", request.nonce},
                    {"code_challenge", request.code_challenge},
                    {"code_challenge_method", request.code_challenge_method},
                    {"prompt", request.prompt},
                    {"response_mode", request.response_mode}};
  if (request.max_age) fields.emplace_back("max_age", std::to_string(*request.max_age));
  return fields;
}

FormFields InMessage(const AuthorizationRequest& request) {
  FormFields fields = Parameters(request);
  for (auto& [name, value] : fields) name.insert(0, "request.");
  return fields;
}

std::string AuthorizationPath(const AuthorizationRequest& request) {
  return WithQuery("/oauth2/authorize", Parameters(Authorization::AfterSignIn(request)));
}

std::string DevicePath(const std::string& user_code) {
  return WithQuery("/oauth2/device", {{"user_code", user_code}});
}

std::vector<ProviderLink> LinksTo(const OpenIdProviders& providers, const FormFields& parameters) {
  std::vector<ProviderLink> links;
  for (const auto& provider : providers.all()) {
    links.push_back({provider->config().name,
                     WithQuery("/oauth2/providers/" + provider->config().id, parameters)});
  }
  return links;
}

int PageStatus(const Error& error) {
  constexpr int kBadRequest = 400, kUnauthorized = 401, kForbidden = 403, kNotFound = 404,
                kTooMany = 429;
  switch (error.code) {
    case Code::kInvalidArgument: return kBadRequest;
    case Code::kUnauthenticated: return kUnauthorized;
    case Code::kPermissionDenied:
    case Code::kFailedPrecondition: return kForbidden;
    case Code::kNotFound: return kNotFound;
    case Code::kResourceExhausted: return kTooMany;
    case Code::kCancelled:
    case Code::kUnknown:
    case Code::kDeadlineExceeded:
    case Code::kAlreadyExists:
    case Code::kAborted:
    case Code::kOutOfRange:
    case Code::kUnimplemented:
    case Code::kInternal:
    case Code::kUnavailable:
    case Code::kDataLoss: return 0;
  }
  return 0;
}

}  // namespace marquee::auth
