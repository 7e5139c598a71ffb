// Signing in on a device without a browser (RFC 8628): it shows a code, its person types that into
// a page that we serve.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "auth/app/browsers.h"
#include "auth/domain/oauth_repository.h"
#include "base/call_context.h"
#include "base/clock.h"

namespace marquee::auth {

struct NewDevice {
  std::string device_code;
  std::string user_code;  // as it is shown
};

// What a person decides on.
struct DeviceQuestion {
  OAuthClient client;
  ScopeList scopes;
  std::string user_code;  // as it is shown
};

class Devices {
 public:
  Devices(OAuthClientRepository& clients, OAuthRepository& store, const Clock& clock)
      : clients_(clients), store_(store), clock_(clock) {}

  // InvalidArgument "invalid_scope", "unauthorized_client"; ResourceExhausted "devices_too_many".
  Result<NewDevice> Begin(const OAuthClient& client, const std::string& scope,
                          const CallContext& call);
  // These, of what a person typed: NotFound "device_unknown".
  Result<DeviceQuestion> Find(const std::string& user_code, const CallContext& call);
  // What was decided.
  Result<DeviceQuestion> Decide(const std::string& user_code, bool allowed, const Browser& browser,
                                const CallContext& call);

 private:
  OAuthClientRepository& clients_;
  OAuthRepository& store_;
  const Clock& clock_;
};

}  // namespace marquee::auth
