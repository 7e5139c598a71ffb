#include "auth/app/provider_config.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "auth/domain/identity.h"
#include "base/json.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostId = 32;
constexpr std::size_t kMostName = 60;
constexpr std::size_t kMostProviders = 20;

Error Malformed(const std::string& what) {
  return Error::InvalidArgument("providers_malformed", what);
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kMostId && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool IsScope(std::string_view text) {
  const std::vector<std::string> names = absl::StrSplit(std::string(text), ' ');
  return std::ranges::count(names, "openid") == 1 && PrintableAscii(text, text.size()) == text;
}

Result<ProviderConfig> ReadProvider(const Json& entry, const std::string& where) {
  if (!entry.is_object()) return Malformed(where + " isn't an object");
  ProviderConfig config;
  const std::array<std::pair<const char*, std::string*>, 5> fields{
      {{"id", &config.id},
       {"name", &config.name},
       {"issuer", &config.issuer},
       {"client_id", &config.client_id},
       {"scope", &config.scope}}};
  for (const auto& item : entry.items()) {
    const std::string& key = item.key();
    const auto field =
        std::ranges::find_if(fields, [&](const auto& known) { return key == known.first; });
    if (field == fields.end())
      return Malformed(absl::StrCat(where, " has a field that there isn't: ", key));
    if (!item.value().is_string()) return Malformed(absl::StrCat(where, ".", key, " isn't a text"));
    *field->second = item.value().get<std::string>();
  }
  if (!IsId(config.id))
    return Malformed(where + ".id must be 1 to 32 lower-case letters, digits and hyphens");
  if (config.name.empty() || CodePoints(config.name) > kMostName || HasControls(config.name))
    return Malformed(where + ".name must be 1 to 60 characters in one line");
  if (!IsProviderUrl(config.issuer, true) || config.issuer.find('?') != std::string::npos)
    return Malformed(where +
                     ".issuer must be a URL of https (on a loopback address also http), "
                     "without query and fragment");
  if (config.client_id.empty()) return Malformed(where + ".client_id is missing");
  if (!IsScope(config.scope))
    return Malformed(where + ".scope must have openid, and blanks between");
  return config;
}

}  // namespace

Result<std::vector<ProviderConfig>> ParseProviders(std::string_view json) {
  std::vector<ProviderConfig> providers;
  if (Trimmed(json).empty()) return providers;
  const auto parsed = ParseJson(json);
  if (!parsed.ok() || !parsed->is_array())
    return Malformed("must be a JSON array of {id, name, issuer, client_id, scope}");
  if (parsed->size() > kMostProviders) return Malformed("has more than 20 providers");
  for (std::size_t i = 0; i < parsed->size(); ++i) {
    const std::string where = "[" + std::to_string(i) + "]";
    ASSIGN_OR_RETURN(ProviderConfig config, ReadProvider((*parsed)[i], where));
    for (const auto& other : providers) {
      if (other.id == config.id) return Malformed(where + ".id is another's, too");
      if (other.issuer == config.issuer) return Malformed(where + ".issuer is another's, too");
    }
    providers.push_back(std::move(config));
  }
  return providers;
}

Status GiveSecrets(std::vector<ProviderConfig>& providers, const ProviderSecrets& secrets) {
  const auto malformed = [](const std::string& what) {
    return Error::InvalidArgument("provider_secrets_malformed", what);
  };
  for (auto& provider : providers) {
    if (secrets.count(provider.id) != 1)
      return malformed("must have one line " + provider.id + ":secret");
    provider.client_secret = secrets.find(provider.id)->second;
  }
  for (const auto& line : secrets) {
    const std::string& id = line.first;
    if (std::ranges::none_of(providers, [&](const auto& one) { return one.id == id; }))
      return malformed("has a line for " + id + ", which is no provider");
  }
  return {};
}

}  // namespace marquee::auth
