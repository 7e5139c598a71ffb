// Tokens for our own services, by the secrets that the operator gave them.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "auth/app/key_ring.h"
#include "base/result.h"

namespace marquee::auth {

// Names to secrets; a name may have several, while one is being replaced.
using ServiceSecrets = std::multimap<std::string, std::string, std::less<>>;

// Lines `name:secret`; empty lines and those that begin with # are left out. InvalidArgument
// "service_secrets_malformed" names the line, never its secret.
Result<ServiceSecrets> ParseServiceSecrets(std::string_view text);

class ServiceTokens {
 public:
  ServiceTokens(ServiceSecrets secrets, const KeyRing& keys, const Clock& clock)
      : secrets_(std::move(secrets)), keys_(keys), clock_(clock) {}

  struct Token {
    std::string access_token;
    std::chrono::seconds expires_in{};
  };
  // Unauthenticated "service_credentials_wrong", for an unknown name as for a wrong secret.
  Result<Token> Issue(std::string_view service, std::string_view secret) const;

 private:
  const ServiceSecrets secrets_;
  const KeyRing& keys_;
  const Clock& clock_;
};

}  // namespace marquee::auth
