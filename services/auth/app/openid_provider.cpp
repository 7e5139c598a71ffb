#include "auth/app/openid_provider.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "auth/domain/identity.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/percent.h"
#include "base/text.h"
#include "logging/log.h"

namespace marquee::auth {
namespace {

using Json = nlohmann::json;

// Between attempts; also the time for which keys that were just rotated aren't known yet.
constexpr std::chrono::seconds kCoolDown{5};
constexpr std::chrono::seconds kMostAge{std::chrono::hours{1}};

metrics::Counter Answers(metrics::Metrics& metrics, const std::string& id, const char* outcome) {
  return metrics.AddCounter(
      "marquee_auth_provider_sign_ins_total",
      "Times that an OpenID provider was needed to sign somebody in, by outcome.",
      {{"provider", id}, {"outcome", outcome}});
}

std::string TextIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool Lists(const Json& object, const char* name, const char* value) {
  const auto found = object.find(name);
  return found != object.end() && found->is_array() && std::ranges::count(*found, Json(value)) > 0;
}

// RFC 6749, section 2.3.1.
std::string Basic(const std::string& id, const std::string& secret) {
  return "Basic " + absl::Base64Escape(PercentEncode(id) + ":" + PercentEncode(secret));
}

// What a provider says of an error, fit for the log.
std::string ErrorWordIn(const std::string& body) {
  const auto parsed = ParseJson(body);
  return parsed.ok() && parsed->is_object() ? PrintableAscii(TextIn(*parsed, "error"), 64) : "";
}

}  // namespace

Result<ProviderMetadata> ReadProviderMetadata(const std::string& json, const std::string& issuer) {
  const auto wrong = [](std::string what) {
    return Error::FailedPrecondition("provider_metadata_wrong", std::move(what));
  };
  const auto parsed = ParseJson(json);
  if (!parsed.ok() || !parsed->is_object()) return wrong("its metadata aren't a JSON object");
  if (TextIn(*parsed, "issuer") != issuer)
    return wrong("its metadata say that it is another issuer: " +
                 PrintableAscii(TextIn(*parsed, "issuer"), 200));
  ProviderMetadata metadata{.authorization_endpoint = TextIn(*parsed, "authorization_endpoint"),
                            .token_endpoint = TextIn(*parsed, "token_endpoint"),
                            .jwks_uri = TextIn(*parsed, "jwks_uri"),
                            .userinfo_endpoint = TextIn(*parsed, "userinfo_endpoint")};
  const bool loopback = IsLoopbackUrl(issuer);
  for (const auto* url :
       {&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri}) {
    if (!IsProviderUrl(*url, loopback))
      return wrong("its metadata lack an endpoint, or have one that isn't https");
  }
  if (!metadata.userinfo_endpoint.empty() && !IsProviderUrl(metadata.userinfo_endpoint, loopback))
    return wrong("its userinfo_endpoint isn't https");
  const auto says = parsed->find("authorization_response_iss_parameter_supported");
  metadata.says_issuer = says != parsed->end() && *says == true;
  const char* kMethods = "token_endpoint_auth_methods_supported";
  metadata.secret_in_form = Lists(*parsed, kMethods, "client_secret_post") &&
                            !Lists(*parsed, kMethods, "client_secret_basic");
  return metadata;
}

OpenIdProvider::OpenIdProvider(ProviderConfig config, std::string redirect_uri, HttpClient& http,
                               const Clock& clock, metrics::Metrics& metrics)
    : config_(std::move(config)),
      redirect_uri_(std::move(redirect_uri)),
      http_(http),
      clock_(clock),
      succeeded_(Answers(metrics, config_.id, "succeeded")),
      refused_(Answers(metrics, config_.id, "refused")),
      unavailable_(Answers(metrics, config_.id, "unavailable")),
      metadata_([this](const CallContext& call) { return FetchMetadata(call); }, clock, kCoolDown,
                kMostAge),
      keys_([this](const CallContext& call) { return FetchKeys(call); }, clock, kCoolDown,
            kMostAge) {}

Error OpenIdProvider::Unavailable(const std::string& cause) const {
  logging::Warning("an OpenID provider isn't available",
                   {{"provider", config_.id}, {"why", cause}});
  return Error::Unavailable("provider_unavailable",
                            config_.name +
                                " doesn't answer at the moment. Try again later, or sign "
                                "in another way.");
}

Error OpenIdProvider::Refused(const std::string& cause) const {
  logging::Warning("an OpenID provider's answer was refused",
                   {{"provider", config_.id}, {"why", cause}});
  return Error::Unauthenticated(
      "provider_refused",
      "What " + config_.name + " answered can't be relied on, so nobody was signed in.");
}

Result<HttpResponse> OpenIdProvider::Send(const HttpRequest& request, const CallContext& call) {
  auto response = http_.Send(request, call);
  if (!response.ok()) return Unavailable(response.error().message);
  return response;
}

Result<std::string> OpenIdProvider::Fetch(const std::string& url, const CallContext& call) {
  ASSIGN_OR_RETURN(HttpResponse response, Send({.url = url}, call));
  if (response.status != 200)
    return Unavailable("it answered " + std::to_string(response.status) + " for " + url);
  return std::move(response.body);
}

Result<ProviderMetadata> OpenIdProvider::FetchMetadata(const CallContext& call) {
  // Discovery, section 4: without the slash that the issuer may end with.
  std::string url = config_.issuer;
  while (url.ends_with('/')) url.pop_back();
  ASSIGN_OR_RETURN(const std::string body, Fetch(url + "/.well-known/openid-configuration", call));
  auto metadata = ReadProviderMetadata(body, config_.issuer);
  if (!metadata.ok()) return Unavailable(metadata.error().message);
  return metadata;
}

Result<token::ProviderKeys> OpenIdProvider::FetchKeys(const CallContext& call) {
  ASSIGN_OR_RETURN(const Metadata metadata, metadata_.Get(call));
  ASSIGN_OR_RETURN(const std::string body, Fetch(metadata->jwks_uri, call));
  auto keys = token::ProviderKeys::Parse(body);
  if (!keys.ok()) return Unavailable(keys.error().message);
  return keys;
}

Result<std::string> OpenIdProvider::AuthorizationUrl(const ProviderChallenge& challenge,
                                                     const CallContext& call) {
  auto metadata = metadata_.Get(call);
  if (!metadata.ok()) {
    unavailable_.Increment();
    return std::move(metadata).error();
  }
  const std::string& endpoint = (*metadata)->authorization_endpoint;
  return WithQuery(endpoint, {{"response_type", "code"},
                              {"client_id", config_.client_id},
                              {"redirect_uri", redirect_uri_},
                              {"scope", config_.scope},
                              {"state", challenge.state},
                              {"nonce", challenge.nonce},
                              {"code_challenge", Base64UrlEncode(Sha256(challenge.verifier))},
                              {"code_challenge_method", "S256"},
                              {"prompt", challenge.prompt}});
}

Status OpenIdProvider::CheckAnswer(const ProviderAnswer& answer,
                                   const ProviderMetadata& metadata) const {
  // RFC 9207, section 2.4; who isn't known to say it may all the same.
  const bool must = metadata.says_issuer || !answer.issuer.empty();
  if (must && answer.issuer != config_.issuer) return Refused("another issuer answered");
  if (answer.error == "access_denied")
    return Error::PermissionDenied("access_denied", config_.name + " let nobody in.");
  if (!answer.error.empty())
    return Refused("it answered with the error " + PrintableAscii(answer.error, 64));
  if (answer.code.empty()) return Refused("it answered without a code");
  return {};
}

Result<OpenIdProvider::Tokens> OpenIdProvider::Trade(const std::string& code,
                                                     const std::string& verifier,
                                                     const ProviderMetadata& metadata,
                                                     const CallContext& call) {
  HttpRequest request{.url = metadata.token_endpoint,
                      .form = FormEncode({{"grant_type", "authorization_code"},
                                          {"code", code},
                                          {"redirect_uri", redirect_uri_},
                                          {"code_verifier", verifier}})};
  if (metadata.secret_in_form) {
    request.form += "&" + FormEncode({{"client_id", config_.client_id},
                                      {"client_secret", config_.client_secret}});
  } else {
    request.authorization = Basic(config_.client_id, config_.client_secret);
  }
  ASSIGN_OR_RETURN(const HttpResponse response, Send(request, call));
  const std::string status = std::to_string(response.status);
  if (response.status >= 500) return Unavailable("its token endpoint answered " + status);
  if (response.status != 200)
    return Refused("its token endpoint answered " + status + " " + ErrorWordIn(response.body));
  const auto parsed = ParseJson(response.body);
  if (!parsed.ok() || !parsed->is_object())
    return Refused("its token endpoint answered with something else than JSON");
  Tokens tokens{TextIn(*parsed, "id_token"), TextIn(*parsed, "access_token")};
  if (tokens.id_token.empty()) return Refused("its token endpoint gave no ID token");
  return tokens;
}

Result<token::IdToken> OpenIdProvider::Verify(const std::string& id_token, const std::string& nonce,
                                              const CallContext& call) {
  const token::ExpectedIdToken expected{
      .issuer = config_.issuer, .client_id = config_.client_id, .nonce = nonce};
  ASSIGN_OR_RETURN(auto keys, keys_.Get(call));
  auto verified = token::VerifyIdToken(id_token, *keys, expected, clock_.Now());
  if (!verified.ok() && verified.error().reason == "id_token_key_unknown") {
    // It may have been rotated.
    ASSIGN_OR_RETURN(keys, keys_.GetAfter(keys, call));
    verified = token::VerifyIdToken(id_token, *keys, expected, clock_.Now());
  }
  if (!verified.ok()) return Refused(verified.error().message);
  return verified;
}

// Core, section 5.3.
Status OpenIdProvider::AskUserInfo(const std::string& url, const std::string& access_token,
                                   token::IdToken& person, const CallContext& call) {
  ASSIGN_OR_RETURN(const HttpResponse response,
                   Send({.url = url, .authorization = "Bearer " + access_token}, call));
  const std::string status = std::to_string(response.status);
  if (response.status >= 500) return Unavailable("its UserInfo endpoint answered " + status);
  if (response.status != 200) return Refused("its UserInfo endpoint answered " + status);
  const auto claims = token::ReadPersonClaims(response.body);
  if (!claims.ok()) return Refused(claims.error().message);
  // 5.3.2: else it may be anybody's.
  if (claims->subject != person.subject) return Refused("its UserInfo is of another subject");
  person.email = claims->email;
  person.email_verified = claims->email_verified;
  if (person.name.empty()) person.name = claims->name;
  return {};
}

Result<token::IdToken> OpenIdProvider::Identify(const ProviderAnswer& answer,
                                                const ProviderChallenge& challenge,
                                                const CallContext& call) {
  ASSIGN_OR_RETURN(const Metadata metadata, metadata_.Get(call));
  RETURN_IF_ERROR(CheckAnswer(answer, *metadata));
  ASSIGN_OR_RETURN(const Tokens tokens, Trade(answer.code, challenge.verifier, *metadata, call));
  ASSIGN_OR_RETURN(token::IdToken person, Verify(tokens.id_token, challenge.nonce, call));
  const bool more =
      !person.email && !metadata->userinfo_endpoint.empty() && !tokens.access_token.empty();
  if (more)
    RETURN_IF_ERROR(AskUserInfo(metadata->userinfo_endpoint, tokens.access_token, person, call));
  return person;
}

Result<token::IdToken> OpenIdProvider::Redeem(const ProviderAnswer& answer,
                                              const ProviderChallenge& challenge,
                                              const CallContext& call) {
  auto person = Identify(answer, challenge, call);
  if (person.ok()) {
    succeeded_.Increment();
  } else if (person.error().code == Code::kUnauthenticated ||
             person.error().code == Code::kPermissionDenied) {
    refused_.Increment();
  } else {
    unavailable_.Increment();
  }
  return person;
}

OpenIdProviders::OpenIdProviders(const std::vector<ProviderConfig>& configs,
                                 const std::string& public_address, HttpClient& http,
                                 const Clock& clock, metrics::Metrics& metrics) {
  for (const auto& config : configs) {
    providers_.push_back(std::make_unique<OpenIdProvider>(
        config, public_address + "/oauth2/callback/" + config.id, http, clock, metrics));
  }
}

Result<OpenIdProvider*> OpenIdProviders::Find(const std::string& id) const {
  for (const auto& provider : providers_)
    if (provider->config().id == id) return provider.get();
  return Error::NotFound("provider_unknown", "Nobody can sign in here with this provider.");
}

std::string OpenIdProviders::NameOf(const std::string& issuer) const {
  for (const auto& provider : providers_)
    if (provider->config().issuer == issuer) return provider->config().name;
  return issuer;
}

std::vector<std::string> OpenIdProviders::Issuers() const {
  std::vector<std::string> issuers;
  for (const auto& provider : providers_) issuers.push_back(provider->config().issuer);
  return issuers;
}

}  // namespace marquee::auth
