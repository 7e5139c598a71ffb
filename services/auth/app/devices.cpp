#include "auth/app/devices.h"

#include "auth/app/secrets.h"
#include "base/digest.h"

namespace marquee::auth {
namespace {

Error Unknown() {
  return Error::NotFound("device_unknown", "There is no such code, or it has expired.");
}

}  // namespace

Result<NewDevice> Devices::Begin(const OAuthClient& client, const std::string& scope,
                                 const CallContext& call) {
  if (!client.grant_types.contains(GrantType::kDeviceCode))
    return OAuthError("unauthorized_client", "The client may not sign in on devices.");
  DeviceRequest device;
  device.client_id = client.id;
  ASSIGN_OR_RETURN(device.scopes, ParseScopeText(scope));
  if (device.scopes.empty()) return OAuthError("invalid_scope", "scope is missing.");
  if (!client.MayAskFor(device.scopes))
    return OAuthError("invalid_scope", "The client may ask for " + ScopeText(client.scopes) + ".");
  const Time now = clock_.Now();
  device.expires_at = now + kDeviceLifetime;
  const std::string device_code = NewOpaqueToken();
  // Of 25 thousand million codes some thousands are taken: three times is never.
  constexpr int kMostTries = 3;
  for (int i = 1;; ++i) {
    const std::string user_code = RandomLetters(kUserCodeLetters, kUserCodeLength);
    const auto added =
        store_.AddDevice(Sha256(device_code), Sha256(user_code), device, kMostDevices, now, call);
    if (added.ok()) return NewDevice{device_code, ShowUserCode(user_code)};
    if (added.error().reason != "user_code_taken" || i == kMostTries) return added.error();
  }
}

Result<DeviceQuestion> Devices::Find(const std::string& typed, const CallContext& call) {
  const auto user_code = ParseUserCode(typed);
  if (!user_code) return Unknown();
  ASSIGN_OR_RETURN(const DeviceRequest device,
                   store_.FindDevice(Sha256(*user_code), clock_.Now(), call));
  ASSIGN_OR_RETURN(OAuthClient client, clients_.Find(device.client_id, call));
  return DeviceQuestion{std::move(client), device.scopes, ShowUserCode(*user_code)};
}

Result<DeviceQuestion> Devices::Decide(const std::string& typed, bool allowed,
                                       const Browser& browser, const CallContext& call) {
  ASSIGN_OR_RETURN(DeviceQuestion question, Find(typed, call));
  RETURN_IF_ERROR(
      store_.DecideDevice(Sha256(*ParseUserCode(typed)), allowed, browser, clock_.Now(), call));
  return question;
}

}  // namespace marquee::auth
