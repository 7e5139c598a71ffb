// Sealing by libsodium's secretbox (XSalsa20 and Poly1305) under a key derived from a secret of the
// operator's and what it is for. The secret must be random: it isn't stretched.
#pragma once

#include <string>
#include <string_view>

#include "auth/domain/ports.h"

namespace marquee::auth {

class Secretbox final : public Sealer {
 public:
  static constexpr std::string_view kSigningKeys = "marquee signing keys, version 1";
  static constexpr std::string_view kSecondFactors = "marquee second factors, version 1";
  static constexpr std::string_view kTickets = "marquee tickets, version 1";

  explicit Secretbox(std::string_view secret, std::string_view purpose = kSigningKeys);
  std::string Seal(std::string_view plain) const override;
  Result<std::string> Open(std::string_view sealed) const override;

 private:
  std::string key_;
};

}  // namespace marquee::auth
