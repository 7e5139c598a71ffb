#include "auth/app/authorization.h"

#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <array>
#include <set>

#include "auth/app/secrets.h"
#include "base/digest.h"
#include "base/percent.h"

namespace marquee::auth {
namespace {

using Prompts = std::set<std::string>;

constexpr std::array<std::string_view, 4> kPrompts{"none", "login", "consent", "select_account"};

Prompts PromptsOf(const AuthorizationRequest& request) {
  return absl::StrSplit(request.prompt, ' ', absl::SkipEmpty());
}

Status CheckForm(const AuthorizationRequest& request) {
  if (!request.request.empty())
    return OAuthError("request_not_supported", "The parameter request isn't taken.");
  if (!request.request_uri.empty())
    return OAuthError("request_uri_not_supported", "The parameter request_uri isn't taken.");
  if (request.response_type.empty())
    return OAuthError("invalid_request", "response_type is missing.");
  if (request.response_type != "code")
    return OAuthError("unsupported_response_type", "The only response_type is code.");
  if (!request.response_mode.empty() && request.response_mode != "query")
    return OAuthError("invalid_request", "The only response_mode is query.");
  return {};
}

// RFC 7636, with S256 alone, whoever asks (RFC 9700, section 2.1.1).
Status CheckChallenge(const AuthorizationRequest& request) {
  if (request.code_challenge.empty())
    return OAuthError("invalid_request", "PKCE is needed: code_challenge is missing.");
  if (request.code_challenge_method != "S256")
    return OAuthError("invalid_request", "The only code_challenge_method is S256.");
  // The same form as a hash of 32 bytes in base64url.
  if (!LooksLikeOpaqueToken(request.code_challenge))
    return OAuthError("invalid_request", "code_challenge isn't a SHA-256 in base64url.");
  return {};
}

Result<Prompts> CheckPrompts(const AuthorizationRequest& request) {
  Prompts prompts = PromptsOf(request);
  for (const auto& prompt : prompts) {
    if (std::ranges::find(kPrompts, prompt) == kPrompts.end())
      return OAuthError("invalid_request", "There is no such prompt.");
  }
  if (prompts.contains("none") && prompts.size() > 1)
    return OAuthError("invalid_request", "prompt none goes with no other.");
  if (request.max_age && *request.max_age < 0)
    return OAuthError("invalid_request", "max_age is negative.");
  return prompts;
}

}  // namespace

// A request in which nothing is wrong.
struct Authorization::Checked {
  OAuthClient client;
  ScopeList scopes;
  Prompts prompts;
};

Result<OAuthClient> Authorization::FindClient(const AuthorizationRequest& request,
                                              const CallContext& call) {
  auto client = clients_.Find(request.client_id, call);
  if (!client.ok() && client.error().code == Code::kNotFound)
    return OAuthError("invalid_request", "There is no application with this client_id.");
  if (!client.ok()) return client;
  if (!client->HasRedirectUri(request.redirect_uri))
    return OAuthError("invalid_request", "The redirect_uri is none of the application's.");
  return client;
}

Result<Authorization::Checked> Authorization::Check(const AuthorizationRequest& request,
                                                    const OAuthClient& client) const {
  RETURN_IF_ERROR(CheckForm(request));
  if (!client.grant_types.contains(GrantType::kAuthorizationCode))
    return OAuthError("unauthorized_client", "The application may not ask for codes.");
  RETURN_IF_ERROR(CheckChallenge(request));
  Checked checked{client, {}, {}};
  ASSIGN_OR_RETURN(checked.scopes, ParseScopeText(request.scope));
  if (checked.scopes.empty()) return OAuthError("invalid_scope", "scope is missing.");
  if (!client.MayAskFor(checked.scopes))
    return OAuthError("invalid_scope",
                      "The application may ask for " + ScopeText(client.scopes) + ".");
  ASSIGN_OR_RETURN(checked.prompts, CheckPrompts(request));
  return checked;
}

NextStep Authorization::GoBack(const AuthorizationRequest& request, const std::string& name,
                               const std::string& value, const std::string& description) const {
  return {.kind = NextStep::Kind::kGoBack,
          .location = WithQuery(request.redirect_uri, {{name, value},
                                                       {"error_description", description},
                                                       {"state", request.state},
                                                       {"iss", issuer_}})};
}

Result<std::string> Authorization::NewCode(const AuthorizationRequest& request,
                                           const Checked& checked, const Browser& browser,
                                           const CallContext& call) {
  std::string code = NewOpaqueToken();
  RETURN_IF_ERROR(store_.AddCode(Sha256(code),
                                 {.client_id = checked.client.id,
                                  .user_id = browser.account.user_id,
                                  .session_id = browser.session_id,
                                  .redirect_uri = request.redirect_uri,
                                  .scopes = checked.scopes,
                                  .nonce = request.nonce,
                                  .challenge = request.code_challenge,
                                  .authenticated_at = browser.authenticated_at,
                                  .expires_at = clock_.Now() + kCodeLifetime},
                                 call));
  return code;
}

Result<NextStep> Authorization::Allow(const AuthorizationRequest& request, const Checked& checked,
                                      const Browser& browser, const CallContext& call) {
  ASSIGN_OR_RETURN(const std::string code, NewCode(request, checked, browser, call));
  NextStep allowed = GoBack(request, "code", code);
  allowed.client = checked.client;
  allowed.account = browser.account;
  allowed.allowed = true;
  return allowed;
}

Result<NextStep> Authorization::Begin(const AuthorizationRequest& request,
                                      const std::string& browser_token, const CallContext& call) {
  ASSIGN_OR_RETURN(const OAuthClient client, FindClient(request, call));
  const auto checked = Check(request, client);
  if (!checked.ok())
    return GoBack(request, "error", checked.error().reason, checked.error().message);
  const bool silent = checked->prompts.contains("none");
  ASSIGN_OR_RETURN(const auto browser, browsers_.Find(browser_token, call));
  const bool anew =
      checked->prompts.contains("login") || checked->prompts.contains("select_account") ||
      (browser && request.max_age &&
       clock_.Now() - browser->authenticated_at > std::chrono::seconds{*request.max_age});
  if (!browser || anew) {
    if (silent) return GoBack(request, "error", "login_required", "Nobody is signed in.");
    return NextStep{.kind = NextStep::Kind::kSignIn, .client = client};
  }
  ASSIGN_OR_RETURN(const ScopeList had,
                   store_.Consented(browser->account.user_id, client.id, call));
  const bool asks = checked->prompts.contains("consent") || !IsWithin(checked->scopes, had) ||
                    !ProvesItself(client, request.redirect_uri);
  if (asks) {
    if (silent) return GoBack(request, "error", "consent_required", "The person must be asked.");
    return NextStep{.kind = NextStep::Kind::kConsent,
                    .client = client,
                    .scopes = checked->scopes,
                    .account = browser->account};
  }
  return Allow(request, *checked, *browser, call);
}

Result<NextStep> Authorization::Decide(const AuthorizationRequest& request,
                                       const std::string& browser_token, bool allowed,
                                       const CallContext& call) {
  ASSIGN_OR_RETURN(const OAuthClient client, FindClient(request, call));
  const auto checked = Check(request, client);
  if (!checked.ok())
    return GoBack(request, "error", checked.error().reason, checked.error().message);
  ASSIGN_OR_RETURN(const auto browser, browsers_.Find(browser_token, call));
  if (!browser) return NextStep{.kind = NextStep::Kind::kSignIn, .client = client};
  if (!allowed) {
    NextStep denied = GoBack(request, "error", "access_denied", "The person said no.");
    denied.client = client;
    denied.account = browser->account;
    return denied;
  }
  RETURN_IF_ERROR(store_.AddConsent(browser->account.user_id, client.id, checked->scopes, call));
  return Allow(request, *checked, *browser, call);
}

AuthorizationRequest Authorization::AfterSignIn(AuthorizationRequest request) {
  Prompts prompts = PromptsOf(request);
  prompts.erase("login");
  prompts.erase("select_account");
  request.prompt = absl::StrJoin(prompts, " ");
  request.max_age.reset();
  return request;
}

}  // namespace marquee::auth
