#include "auth/app/key_ring.h"

#include <algorithm>

namespace marquee::auth {
namespace {

// A new key signs only after every replica has had time to publish it (they look once a minute).
constexpr std::chrono::minutes kPublishedFirst{3};
// A key that no longer signs is published until its last token has expired: the replicas' minute, a
// token's fifteen, and clocks that differ.
constexpr std::chrono::minutes kPublishedAfter{30};

Error Unavailable() {
  return Error::Unavailable("signing_keys_unavailable",
                            "Sessions can't be given out at the moment: try again.");
}

}  // namespace

Status KeyRing::Refresh(const CallContext& call) {
  ASSIGN_OR_RETURN(const auto stored, Load(call));
  return Take(stored);
}

Status KeyRing::Take(const std::vector<SealedKey>& stored) {
  const auto known = Current();
  auto keys = std::make_shared<Keys>();
  for (const auto& sealed : stored) {
    ASSIGN_OR_RETURN(Key key, Open(sealed, *known));
    key.retires_at = sealed.retires_at;
    keys->push_back(std::move(key));
  }
  std::ranges::sort(*keys, {}, &Key::created_at);
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  return {};
}

Result<std::vector<KeyState>> KeyRing::Rotate(const CallContext& call) {
  const Time now = clock_.Now();
  const auto fresh = token::SigningKey::Generate();
  ASSIGN_OR_RETURN(
      const auto stored,
      repository_.Rotate({fresh.public_key().kid, sealer_.Seal(fresh.ToPem()), now},
                         now + kPublishedFirst + kPublishedAfter, now - kPublishedFirst, call));
  RETURN_IF_ERROR(Take(stored));
  return States();
}

Result<std::vector<KeyState>> KeyRing::States() const {
  const auto keys = Current();
  if (keys->empty()) return Unavailable();
  const Key& signer = Signer(*keys);
  std::vector<KeyState> states;
  for (const auto& key : *keys) {
    states.push_back(
        {key.signer->public_key().kid, key.created_at, key.retires_at, &key == &signer});
  }
  return states;
}

const KeyRing::Key& KeyRing::Signer(const Keys& keys) const {
  const Time published = clock_.Now() - kPublishedFirst;
  const Key* chosen = &keys.front();
  for (const auto& key : keys) {
    if (key.created_at <= published) chosen = &key;
  }
  return *chosen;
}

Result<std::vector<SealedKey>> KeyRing::Load(const CallContext& call) {
  ASSIGN_OR_RETURN(auto stored, repository_.ListActive(clock_.Now(), call));
  if (!stored.empty()) return stored;
  const auto fresh = token::SigningKey::Generate();
  return repository_.AddFirst({fresh.public_key().kid, sealer_.Seal(fresh.ToPem()), clock_.Now()},
                              call);
}

Result<KeyRing::Key> KeyRing::Open(const SealedKey& sealed, const Keys& known) const {
  for (const auto& key : known) {
    if (key.signer->public_key().kid == sealed.kid) return key;
  }
  ASSIGN_OR_RETURN(const std::string pem, sealer_.Open(sealed.sealed));
  ASSIGN_OR_RETURN(auto signer, token::SigningKey::FromPem(pem));
  if (signer.public_key().kid != sealed.kid) {
    return Error::FailedPrecondition("seal_broken",
                                     "Signing key " + sealed.kid + " holds another key.");
  }
  return Key{std::make_shared<const token::SigningKey>(std::move(signer)), sealed.created_at, {}};
}

std::shared_ptr<const KeyRing::Keys> KeyRing::Current() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

Status KeyRing::Ready() const {
  if (Current()->empty()) return Unavailable();
  return {};
}

Result<std::string> KeyRing::Sign(const token::Claims& claims) const {
  const auto keys = Current();
  if (keys->empty()) return Unavailable();
  return Signer(*keys).signer->Sign(claims, policy_);
}

Result<std::string> KeyRing::Sign(const token::IdentityClaims& claims) const {
  const auto keys = Current();
  if (keys->empty()) return Unavailable();
  return Signer(*keys).signer->SignIdentity(claims, policy_);
}

Result<std::vector<token::PublicKey>> KeyRing::PublicKeys() const {
  const auto keys = Current();
  if (keys->empty()) return Unavailable();
  std::vector<token::PublicKey> published;
  for (const auto& key : *keys) {
    published.push_back(key.signer->public_key());
    published.back().issuer = policy_.oauth_issuer;
  }
  return published;
}

}  // namespace marquee::auth
