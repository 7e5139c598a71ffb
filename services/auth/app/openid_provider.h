// Another OpenID provider, to which Marquee is a client (OpenID Connect Core, section 3.1; Discovery
// 1.0; RFC 9700): found by its issuer, spoken to by code with PKCE.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/app/fetched.h"
#include "auth/app/http_client.h"
#include "auth/app/provider_config.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "metrics/metrics.h"
#include "token/id_token.h"

namespace marquee::auth {

// Of one sign-in, none of which anybody else may know.
struct ProviderChallenge {
  std::string state;
  std::string nonce;
  std::string verifier;     // RFC 7636
  std::string prompt = {};  // OpenID Connect's; may be empty
};

// What the browser brought back.
struct ProviderAnswer {
  std::string code;
  std::string error;   // RFC 6749, section 4.1.2.1
  std::string issuer;  // RFC 9207
};

// What its metadata say of it, as far as it is used.
struct ProviderMetadata {
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string jwks_uri;
  std::string userinfo_endpoint = {};  // empty: it has none
  bool says_issuer = false;            // its answers do
  bool secret_in_form = false;         // it doesn't take HTTP Basic
};

// OpenID Connect Discovery, section 4.3. FailedPrecondition "provider_metadata_wrong".
Result<ProviderMetadata> ReadProviderMetadata(const std::string& json, const std::string& issuer);

// Thread-safe. All: Unavailable "provider_unavailable" where it doesn't answer, or not as a provider
// would; errors may be shown, their causes are logged.
class OpenIdProvider {
 public:
  // `redirect_uri` is what is registered with it: ours for this provider alone, so that the answers
  // of two can't be mixed up. Nothing is fetched before it is needed.
  OpenIdProvider(ProviderConfig config, std::string redirect_uri, HttpClient& http,
                 const Clock& clock, metrics::Metrics& metrics);

  const ProviderConfig& config() const { return config_; }

  // Where a browser is sent.
  Result<std::string> AuthorizationUrl(const ProviderChallenge& challenge, const CallContext& call);
  // Who came back. Unauthenticated "provider_refused": the provider let nobody in, or its answer isn't to
  // be believed. PermissionDenied "access_denied": the person, or the provider, said no.
  Result<token::IdToken> Redeem(const ProviderAnswer& answer, const ProviderChallenge& challenge,
                                const CallContext& call);

 private:
  using Metadata = std::shared_ptr<const ProviderMetadata>;

  Result<HttpResponse> Send(const HttpRequest& request, const CallContext& call);
  Result<std::string> Fetch(const std::string& url, const CallContext& call);
  Result<ProviderMetadata> FetchMetadata(const CallContext& call);
  Result<token::ProviderKeys> FetchKeys(const CallContext& call);
  struct Tokens {
    std::string id_token;
    std::string access_token;
  };
  Status CheckAnswer(const ProviderAnswer& answer, const ProviderMetadata& metadata) const;
  Result<Tokens> Trade(const std::string& code, const std::string& verifier,
                       const ProviderMetadata& metadata, const CallContext& call);
  Result<token::IdToken> Verify(const std::string& id_token, const std::string& nonce,
                                const CallContext& call);
  Status AskUserInfo(const std::string& url, const std::string& access_token,
                     token::IdToken& person, const CallContext& call);
  Result<token::IdToken> Identify(const ProviderAnswer& answer, const ProviderChallenge& challenge,
                                  const CallContext& call);
  // These log the cause.
  Error Unavailable(const std::string& cause) const;
  Error Refused(const std::string& cause) const;

  const ProviderConfig config_;
  const std::string redirect_uri_;
  HttpClient& http_;
  const Clock& clock_;
  metrics::Counter succeeded_, refused_, unavailable_;
  Fetched<ProviderMetadata> metadata_;
  Fetched<token::ProviderKeys> keys_;
};

// Those that are configured.
class OpenIdProviders {
 public:
  // `public_address` is the issuer of our own, under which their answers come back.
  OpenIdProviders(const std::vector<ProviderConfig>& configs, const std::string& public_address,
                  HttpClient& http, const Clock& clock, metrics::Metrics& metrics);

  // NotFound "provider_unknown".
  Result<OpenIdProvider*> Find(const std::string& id) const;
  const std::vector<std::unique_ptr<OpenIdProvider>>& all() const { return providers_; }
  // As people know it; an issuer that is configured no more is named by itself.
  std::string NameOf(const std::string& issuer) const;
  std::vector<std::string> Issuers() const;

 private:
  std::vector<std::unique_ptr<OpenIdProvider>> providers_;  // in the operator's order
};

}  // namespace marquee::auth
