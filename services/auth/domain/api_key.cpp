#include "auth/domain/api_key.h"

#include <algorithm>

#include "base/text.h"
#include "base/unicode.h"
#include "rules/scope.h"

namespace marquee::auth {
bool ApiKey::AllowsAddress(std::string_view address) const {
  if (networks.empty()) return true;
  if (address.find('/') != address.npos) return false;
  const auto one = Network::Parse(address);
  return one && std::ranges::any_of(networks,
                                    [&](const Network& network) { return network.Contains(*one); });
}

Result<std::string> MakeApiKeyName(std::string_view text) {
  text = Trimmed(text);
  if (text.empty() || CodePoints(text) > 100 || HasControls(text) || !IsVisible(text) ||
      HasHidden(text)) {
    return Error::InvalidArgument(
        "api_key_name_malformed",
        "A key's name is one line of 1 to 100 characters, all of which can be seen.", "name");
  }
  return std::string(text);
}

Result<std::vector<std::string>> ParseScopes(std::span<const std::string> names) {
  if (names.empty())
    return Error::InvalidArgument("scopes_missing", "A key has at least one scope.", "scopes");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (rules::FindScope(names[i]) != nullptr) continue;
    std::string known;
    for (const auto& scope : rules::kScopes)
      known += (known.empty() ? "" : ", ") + std::string(scope.name);
    return Error::InvalidArgument("scope_unknown",
                                  "There is no such scope: scopes are " + known + ".",
                                  "scopes[" + std::to_string(i) + "]");
  }
  std::vector<std::string> scopes;
  for (const auto& scope : rules::kScopes) {
    if (std::ranges::count(names, scope.name) > 0) scopes.emplace_back(scope.name);
  }
  return scopes;
}

Result<std::vector<Network>> ParseNetworks(std::span<const std::string> texts) {
  if (texts.size() > kMostNetworks) {
    return Error::InvalidArgument(
        "networks_too_many", "A key has at most " + std::to_string(kMostNetworks) + " networks.",
        "networks");
  }
  std::vector<Network> networks;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto network = Network::Parse(texts[i]);
    if (!network) {
      return Error::InvalidArgument("network_malformed",
                                    "A network is an IPv4 or IPv6 address, perhaps with a prefix "
                                    "beyond which no bit is set, as in 203.0.113.0/24.",
                                    "networks[" + std::to_string(i) + "]");
    }
    if (std::ranges::count(networks, *network) == 0) networks.push_back(*network);
  }
  return networks;
}

}  // namespace marquee::auth
