#include "auth/crypto/argon2_hasher.h"

#include <sodium.h>

#include <cerrno>
#include <stdexcept>

#include "base/uuid.h"

namespace marquee::auth {
namespace {

Error OutOfMemory() {
  return Error::Unavailable("out_of_memory", "There isn't enough memory: try again.");
}

// Empty when there isn't the memory.
std::string HashOf(std::string_view password, const Argon2Cost& cost) {
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(hash, password.data(), password.size(), cost.passes, cost.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return "";
  return hash;
}

// Of a password that nobody knows.
std::string NobodysHash(const Argon2Cost& cost) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium can't be initialized");
  std::string hash = HashOf(RandomBytes(32), cost);
  if (hash.empty()) throw std::runtime_error("there isn't the memory to hash a password");
  return hash;
}

}  // namespace

Argon2Hasher::Argon2Hasher(HashGateLimits limits, Argon2Cost cost, Observer observer)
    : gate_(limits), cost_(cost), nobodys_(NobodysHash(cost)), observer_(std::move(observer)) {}

template <typename Work>
Status Argon2Hasher::Guarded(const Attempt& attempt, const CallContext& call, const Work& work) {
  // The gate keeps a reference while it waits, so the attempt outlives the call.
  RETURN_IF_ERROR(gate_.Enter(attempt, call.deadline));
  const auto started = std::chrono::steady_clock::now();
  work();
  gate_.Leave(attempt);
  if (observer_) observer_(std::chrono::steady_clock::now() - started);
  return {};
}

Result<std::string> Argon2Hasher::Hash(std::string_view password, const Attempt& attempt,
                                       const CallContext& call) {
  std::string hash;
  RETURN_IF_ERROR(Guarded(attempt, call, [&] { hash = HashOf(password, cost_); }));
  if (hash.empty()) return OutOfMemory();
  return hash;
}

Result<bool> Argon2Hasher::Verify(std::string_view password, const std::string& hash,
                                  const Attempt& attempt, const CallContext& call) {
  int outcome = -1;
  bool starved = false;
  RETURN_IF_ERROR(Guarded(attempt, call, [&] {
    errno = 0;
    outcome = crypto_pwhash_str_verify((hash.empty() ? nobodys_ : hash).c_str(), password.data(),
                                       password.size());
    starved = outcome != 0 && errno == ENOMEM;  // libsodium calls both "not verified"
  }));
  if (starved) return OutOfMemory();
  return outcome == 0 && !hash.empty();
}

}  // namespace marquee::auth
