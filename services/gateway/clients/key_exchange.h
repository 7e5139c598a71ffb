// Asks auth for the token of an API key, in the gateway's own name.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace grpc {
class Channel;
}

namespace marquee::gateway {

class KeyExchange {
 public:
  struct Token {
    std::string access_token;
    std::chrono::seconds expires_in{};
  };
  using Done = std::function<void(Result<Token>)>;

  virtual ~KeyExchange() = default;
  // Calls `done` once, on any thread, within `deadline`. Errors: auth's own refusals, and
  // UNAVAILABLE "auth_unavailable" for all else.
  virtual void Trade(const std::string& key, const std::string& client_address,
                     std::chrono::milliseconds deadline, Done done) = 0;
  // Waits until every `done` has returned. Nothing may be asked meanwhile or after.
  virtual void Finish() = 0;
};

// `service` and `secret` are what auth knows the gateway by.
std::unique_ptr<KeyExchange> MakeKeyExchange(std::shared_ptr<grpc::Channel> auth,
                                             std::string service, std::string secret,
                                             const Clock& clock);

}  // namespace marquee::gateway
