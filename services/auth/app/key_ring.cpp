#include "auth/app/key_ring.h"

#include <algorithm>

namespace marquee::auth {
namespace {

// A new key signs only after every replica has had time to publish it.
constexpr std::chrono::minutes kPublishedFirst{3};

Error Unavailable() {
  return Error::Unavailable("signing_keys_unavailable",
                            "Sessions can't be given out at the moment: try again.");
}

}  // namespace

Status KeyRing::Refresh(Time deadline) {
  ASSIGN_OR_RETURN(const auto stored, Load(deadline));
  const auto known = Current();
  auto keys = std::make_shared<Keys>();
  for (const auto& sealed : stored) {
    ASSIGN_OR_RETURN(Key key, Open(sealed, *known));
    keys->push_back(std::move(key));
  }
  std::ranges::sort(*keys, {}, &Key::created_at);
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  return {};
}

Result<std::vector<SealedKey>> KeyRing::Load(Time deadline) {
  ASSIGN_OR_RETURN(auto stored, repository_.ListActive(deadline));
  if (!stored.empty()) return stored;
  const auto fresh = token::SigningKey::Generate();
  return repository_.AddFirst({fresh.public_key().kid, sealer_.Seal(fresh.ToPem()), clock_.Now()},
                              deadline);
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
  return Key{std::make_shared<const token::SigningKey>(std::move(signer)), sealed.created_at};
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
  const Time published = clock_.Now() - kPublishedFirst;
  const Key* chosen = &keys->front();
  for (const auto& key : *keys) {
    if (key.created_at <= published) chosen = &key;
  }
  return chosen->signer->Sign(claims, policy_);
}

Result<std::vector<token::PublicKey>> KeyRing::PublicKeys() const {
  const auto keys = Current();
  if (keys->empty()) return Unavailable();
  std::vector<token::PublicKey> published;
  for (const auto& key : *keys) published.push_back(key.signer->public_key());
  return published;
}

}  // namespace marquee::auth
