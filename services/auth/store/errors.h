// The domain's errors, as every store says them.
#pragma once

#include "base/result.h"

namespace marquee::auth {

inline Error AccountUnknown() {
  return Error::NotFound("account_unknown", "There is no such account.");
}
inline Error ErasureUnknown() {
  return Error::NotFound("erasure_unknown", "There is no such erasure.");
}
inline Error SessionEnded() {
  return Error::Unauthenticated("session_ended", "The session has ended: sign in again.");
}
inline Error SessionUnknown() {
  return Error::NotFound("session_unknown", "You have no such session.");
}
inline Error EmailTaken() {
  return Error::AlreadyExists("email_taken", "There is an account with this e-mail address.",
                              "email");
}
inline Error RotationUnderWay() {
  return Error::FailedPrecondition(
      "rotation_under_way", "The signing keys were rotated minutes ago: let that come to its end.");
}
inline Error LastAdministrator() {
  return Error::FailedPrecondition("last_administrator",
                                   "This is the last administrator: make another one first.");
}
inline Error AlreadyBootstrapped() {
  return Error::FailedPrecondition("already_bootstrapped",
                                   "There is an administrator: ask them for the role.");
}
inline Error LinkInvalid() {
  return Error::InvalidArgument(
      "link_invalid", "This link was used, replaced by another, or has expired: ask for a new one.",
      "token");
}
inline Error SecondFactorUnknown() {
  return Error::NotFound("second_factor_unknown", "There is no second factor.");
}
inline Error SecondFactorOn() {
  return Error::FailedPrecondition("second_factor_on",
                                   "There is a second factor already: remove it first.");
}
inline Error ApiKeyUnknown() {
  return Error::NotFound("api_key_unknown", "There is no such API key.");
}
inline Error ApiKeysTooMany(int most) {
  return Error::FailedPrecondition(
      "api_keys_too_many",
      "There are " + std::to_string(most) + " API keys, the most: revoke one first.");
}
inline Error OAuthClientUnknown() {
  return Error::NotFound("oauth_client_unknown", "There is no such application.");
}
inline Error OAuthClientsTooMany(int most) {
  return Error::FailedPrecondition(
      "oauth_clients_too_many",
      "You have registered " + std::to_string(most) + " applications, the most: remove one first.");
}
inline Error BrowserUnknown() {
  return Error::NotFound("browser_unknown", "Nobody is signed in with this browser.");
}
inline Error CodeUnknown() { return Error::NotFound("code_unknown", "There is no such code."); }
inline Error DeviceUnknown() {
  return Error::NotFound("device_unknown", "There is no such code, or it has expired.");
}
inline Error DevicesTooMany() {
  return Error::ResourceExhausted("devices_too_many",
                                  "Too many devices wait to be allowed; try again later.");
}
inline Error UserCodeTaken() {
  return Error::AlreadyExists("user_code_taken", "Another device has this code.");
}
inline Error IdentityUnknown() {
  return Error::NotFound("identity_unknown", "You have linked no such identity.");
}
inline Error IdentityTaken() {
  return Error::AlreadyExists("identity_taken",
                              "This identity is linked to another account: remove it there first.");
}
inline Error IdentitiesTooMany(int most) {
  return Error::FailedPrecondition(
      "identities_too_many",
      "You have linked " + std::to_string(most) + " identities, the most: remove one first.");
}
inline Error LastSignIn() {
  return Error::FailedPrecondition(
      "last_sign_in",
      "This is the only way in which you can sign in: set a password, or link another, first.");
}
inline Error ProviderRequestUnknown() {
  return Error::NotFound("provider_request_unknown",
                         "This sign-in was finished before, was begun elsewhere, or took too long: "
                         "please begin again.");
}
inline Error GrantUnknown() {
  return Error::NotFound("grant_unknown", "No application has such a token.");
}

}  // namespace marquee::auth
