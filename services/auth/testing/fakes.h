// For tests: a hasher that costs nothing and is counted.
#pragma once

#include <optional>
#include <string>

#include "auth/domain/ports.h"

namespace marquee::auth {

class FakeHasher final : public PasswordHasher {
 public:
  Result<std::string> Hash(std::string_view password, const Attempt& attempt,
                           const CallContext&) override {
    ++work;
    last = attempt;
    if (failure) return *failure;
    return "$argon2id$" + std::string(password);
  }
  Result<bool> Verify(std::string_view password, const std::string& hash, const Attempt& attempt,
                      const CallContext&) override {
    ++work;
    last = attempt;
    if (failure) return *failure;
    return !hash.empty() && hash == "$argon2id$" + std::string(password);
  }

  int work = 0;  // hashes computed
  Attempt last = {};
  std::optional<Error> failure;
};

class PlainSealer final : public Sealer {
 public:
  std::string Seal(std::string_view plain) const override { return "sealed:" + std::string(plain); }
  Result<std::string> Open(std::string_view sealed) const override {
    if (!sealed.starts_with("sealed:")) return Error::FailedPrecondition("seal_broken", "broken");
    return std::string(sealed.substr(7));
  }
};

}  // namespace marquee::auth
