// Logging in without a password at hand: the device authorization grant (RFC 8628).
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "ctl/app/commands.h"
#include "ctl/clients/rest.h"
#include "rules/scope.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

constexpr char kClient[] = "marqueectl";
constexpr char kDeviceGrant[] = "urn:ietf:params:oauth:grant-type:device_code";

std::string ScopeText(std::vector<std::string> scopes) {
  if (scopes.empty()) {
    for (const auto& scope : rules::kScopes) scopes.emplace_back(scope.name);
  }
  std::string text = "openid email offline_access";
  for (const auto& scope : scopes) text += " " + scope;
  return text;
}

// Asks until the person has decided, as slowly as the server says.
Result<json> WaitForTokens(RestClient& rest, const json& device) {
  auto pause = std::chrono::seconds{device.value("interval", 5)};
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds{device.value("expires_in", 600)};
  while (std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(pause);
    auto tokens = rest.PostForm("/oauth2/token", {{"grant_type", kDeviceGrant},
                                                  {"device_code", Text(device, "device_code")},
                                                  {"client_id", kClient}});
    if (tokens.ok()) return tokens;
    const Error& error = tokens.error();
    if (error.reason == "slow_down") pause += std::chrono::seconds{5};
    const bool goes_on = error.reason == "slow_down" || error.reason == "authorization_pending" ||
                         error.code == Code::kUnavailable;
    if (!goes_on) return tokens;
  }
  return Error::Unauthenticated("expired_token",
                                "Nobody typed the code: run marqueectl login again.");
}

}  // namespace

int LoginOnDevice(const Context& context, const std::vector<std::string>& scopes) {
  RestClient rest(context.server, context.credentials_file);
  const auto device = rest.PostForm("/oauth2/device_authorization",
                                    {{"client_id", kClient}, {"scope", ScopeText(scopes)}});
  if (!device.ok()) return Fail(context, device.error());
  std::fprintf(stderr, "Open %s in any browser and type the code %s\n(or open %s).\n",
               Text(*device, "verification_uri").c_str(), Text(*device, "user_code").c_str(),
               Text(*device, "verification_uri_complete").c_str());
  const auto tokens = WaitForTokens(rest, *device);
  if (!tokens.ok()) return Fail(context, tokens.error());
  const auto person = rest.KeepTokens(*tokens, kClient);
  if (!person.ok()) return Fail(context, person.error());
  const std::string scope = Text(*tokens, "scope");
  return Show(context, {{"server", rest.server()}, {"user", *person}, {"scope", scope}},
              fmt::format("Logged in to {} as {}, for: {}.\n", rest.server(),
                          Text(*person, "email"), scope));
}

}  // namespace marquee::ctl
