// What the pages of OAuth 2 are opened with, as it travels through forms and links.
#pragma once

#include <string>

#include "auth/app/authorization.h"
#include "auth/app/openid_provider.h"
#include "auth/rpc/oauth_pages.h"
#include "base/result.h"
#include "marquee/auth/v1/oauth.pb.h"

namespace marquee::auth {

AuthorizationRequest FromProto(const v1::AuthorizeRequest& in);
// By the names of the parameters; empty ones among them.
FormFields Parameters(const AuthorizationRequest& request);
// The same as fields of a message that has it as `request`.
FormFields InMessage(const AuthorizationRequest& request);

// Where somebody goes on once they have signed in.
std::string AuthorizationPath(const AuthorizationRequest& request);
std::string DevicePath(const std::string& user_code);
inline constexpr char kIdentitiesPath[] = "/oauth2/identities";
inline constexpr char kPasswordPath[] = "/oauth2/password";

// Ways to sign in for what `parameters` of VisitProvider say.
std::vector<ProviderLink> LinksTo(const OpenIdProviders& providers, const FormFields& parameters);

// Of a refusal of which its person is told on the page; 0 for one that is another's business.
int PageStatus(const Error& error);

}  // namespace marquee::auth
