// The caller's API keys, over REST.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/percent.h"
#include "ctl/app/commands.h"
#include "ctl/clients/rest.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

constexpr char kKeys[] = "/v1/me/api-keys";

std::string Joined(const json& list) {
  std::string text;
  for (const auto& item : list) text += (text.empty() ? "" : " ") + item.get<std::string>();
  return text;
}

std::string KeysTable(const json& keys) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& key : keys) {
    rows.push_back(
        {Text(key, "api_key_id"), Text(key, "name"), Joined(key.value("scopes", json::array())),
         Joined(key.value("networks", json::array())), Text(key, "expires_at").substr(0, 19),
         Text(key, "last_used_at").substr(0, 16), Text(key, "last_used_address")});
  }
  return ctl::Table({"key", "name", "scopes", "networks", "expires", "last used", "from"}, rows,
                    40);
}

// The key is printed this once; nothing else goes to standard output, so that it can be piped.
int ShowNewKey(const Context& context, const json& answer) {
  if (!context.json) {
    std::fprintf(stderr, "%s",
                 KeysTable(json::array({answer.value("api_key", json::object())})).c_str());
    std::fputs("\nThe key, shown this once:\n", stderr);
  }
  return Show(context, answer, Text(answer, "key") + "\n");
}

}  // namespace

int CreateApiKey(const Context& context, const ApiKeyFlags& flags) {
  auto rest = Rest(context);
  json body{{"name", flags.name}, {"scopes", flags.scopes}, {"networks", flags.networks}};
  if (flags.expires_in_days > 0) body["expires_in_seconds"] = flags.expires_in_days * 86'400;
  const auto answer = rest.Send("POST", kKeys, body);
  if (!answer.ok()) return Fail(context, answer.error());
  return ShowNewKey(context, *answer);
}

int ListApiKeys(const Context& context) {
  auto rest = Rest(context);
  const auto keys = rest.GetAll(kKeys, "api_keys");
  if (!keys.ok()) return Fail(context, keys.error());
  return Show(context, json{{"api_keys", *keys}}, KeysTable(*keys));
}

int RevokeApiKey(const Context& context, const std::string& id) {
  auto rest = Rest(context);
  const auto answer = rest.Delete(std::string(kKeys) + "/" + PercentEncode(id));
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, json::object(), "Revoked: within seconds it is refused everywhere.\n");
}

int RotateApiKey(const Context& context, const std::string& id, int overlap_hours) {
  auto rest = Rest(context);
  const auto answer = rest.Send("POST", std::string(kKeys) + "/" + PercentEncode(id) + ":rotate",
                                json{{"overlap_seconds", overlap_hours * 3'600}});
  if (!answer.ok()) return Fail(context, answer.error());
  return ShowNewKey(context, *answer);
}

}  // namespace marquee::ctl
