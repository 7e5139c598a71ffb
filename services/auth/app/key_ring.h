// The keys that access tokens are signed with: made at the first start of the first replica, stored
// encrypted, the same in all replicas.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/domain/ports.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "token/token.h"

namespace marquee::auth {

// What an operator may know of a signing key.
struct KeyState {
  std::string kid;
  Time created_at;
  std::optional<Time> retires_at;
  bool signs = false;
};

// Thread-safe. Empty until Refresh has succeeded once; after that it serves from memory.
class KeyRing {
 public:
  KeyRing(KeyRepository& keys, const Sealer& sealer, const Clock& clock, token::Policy policy)
      : repository_(keys), sealer_(sealer), clock_(clock), policy_(std::move(policy)) {}

  // Reads the keys, and makes the first if there is none. Called from time to time, so that a key
  // that another replica added is known here.
  Status Refresh(const CallContext& call);

  // Makes a new key, which is published at once, signs from kPublishedFirst on, and lets those
  // before it go once no token of theirs is believed any more. FailedPrecondition
  // "rotation_under_way" while the one before is.
  Result<std::vector<KeyState>> Rotate(const CallContext& call);
  // All that are published, the oldest first.
  Result<std::vector<KeyState>> States() const;

  Status Ready() const;  // Unavailable "signing_keys_unavailable"
  Result<std::string> Sign(const token::Claims& claims) const;
  Result<std::string> Sign(const token::IdentityClaims& claims) const;
  // The policy's: whose the tokens are that OAuth clients get.
  const std::string& oauth_issuer() const { return policy_.oauth_issuer; }
  Result<std::vector<token::PublicKey>> PublicKeys() const;

 private:
  struct Key {
    std::shared_ptr<const token::SigningKey> signer;
    Time created_at;
    std::optional<Time> retires_at;
  };
  using Keys = std::vector<Key>;  // oldest first

  Result<std::vector<SealedKey>> Load(const CallContext& call);
  Result<Key> Open(const SealedKey& sealed, const Keys& known) const;
  std::shared_ptr<const Keys> Current() const;
  Status Take(const std::vector<SealedKey>& stored);
  // The youngest that every replica has had time to publish.
  const Key& Signer(const Keys& keys) const;

  KeyRepository& repository_;
  const Sealer& sealer_;
  const Clock& clock_;
  const token::Policy policy_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Keys> keys_ = std::make_shared<Keys>();
};

}  // namespace marquee::auth
