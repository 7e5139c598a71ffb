// Which OpenID providers people may sign in with, as the operator says.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee::auth {

struct ProviderConfig {
  std::string id;    // in paths and metrics
  std::string name;  // as people know it
  std::string issuer;
  std::string client_id;
  std::string client_secret;
  std::string scope = "openid email profile";
};

// A JSON array of {"id", "name", "issuer", "client_id", "scope"}, of which only the last may be left
// out; empty: none. Without their secrets. InvalidArgument "providers_malformed", whose message says
// which one's what is wrong.
Result<std::vector<ProviderConfig>> ParseProviders(std::string_view json);

using ProviderSecrets = std::multimap<std::string, std::string, std::less<>>;
// Gives each its secret. InvalidArgument "provider_secrets_malformed" for one without, or with two, and
// for one's that isn't there; no secret is in the message.
Status GiveSecrets(std::vector<ProviderConfig>& providers, const ProviderSecrets& secrets);

}  // namespace marquee::auth
