#include "auth/app/api_keys.h"

#include <algorithm>

#include "auth/app/secrets.h"
#include "base/digest.h"
#include "base/uuid.h"
#include "logging/log.h"
#include "rules/api_key.h"
#include "rules/scope.h"

namespace marquee::auth {
namespace {

// A use is noted this often at most, so that a busy key isn't a write for each trade.
constexpr std::chrono::minutes kUseNotedEvery{1};

std::string RandomBase62(std::size_t count) {
  std::string text;
  while (text.size() < count)
    text += rules::Base62OfRandom(RandomBytes(count), count - text.size());
  return text;
}

Error Invalid() {
  return Error::Unauthenticated("api_key_invalid",
                                "The API key isn't valid: it was revoked or replaced, or never "
                                "was.");
}
Error Expired() {
  return Error::Unauthenticated("api_key_expired", "The API key has expired: make a new one.");
}

// As it is written down and compared; empty when it isn't an address.
std::string Canonical(const std::string& address) {
  const auto parsed = Network::Parse(address);
  return parsed && address.find('/') == address.npos ? parsed->ToString() : std::string();
}

// Whether `hash` is one by which the key may be used now.
bool Matches(const HeldApiKey& held, const std::string& hash, Time now) {
  const bool current = SecretsEqual(hash, held.hashes.current);
  const bool previous = SecretsEqual(hash, held.hashes.previous);
  return current ||
         (previous && held.key.previous_expires_at && now < *held.key.previous_expires_at);
}

}  // namespace

Result<NewApiKey> ApiKeys::Create(std::int64_t user_id, const ApiKeyRequest& request,
                                  const CallContext& call) {
  ApiKey key;
  ASSIGN_OR_RETURN(key.name, MakeApiKeyName(request.name));
  ASSIGN_OR_RETURN(key.scopes, ParseScopes(request.scopes));
  ASSIGN_OR_RETURN(key.networks, ParseNetworks(request.networks));
  key.id = RandomBase62(rules::kApiKeyIdLength);
  key.user_id = user_id;
  key.created_at = clock_.Now();
  if (request.expires_in) key.expires_at = key.created_at + *request.expires_in;
  std::string text = rules::WriteApiKey(key.id, RandomBase62(rules::kApiKeySecretLength));
  ASSIGN_OR_RETURN(ApiKey added, keys_.Add(key, Sha256(text), kMostApiKeys, call));
  return NewApiKey{std::move(added), std::move(text)};
}

Result<ApiKeyPage> ApiKeys::List(std::int64_t user_id, std::int64_t after, int page_size,
                                 const CallContext& call) {
  const int limit = page_size > 0 ? page_size : kMostApiKeys;
  ASSIGN_OR_RETURN(auto keys, keys_.ListOf(user_id, after, limit + 1, call));
  ApiKeyPage page{std::move(keys)};
  const Time now = clock_.Now();
  for (auto& key : page.keys) {
    if (key.previous_expires_at && *key.previous_expires_at <= now) key.previous_expires_at = {};
  }
  if (static_cast<int>(page.keys.size()) > limit) {
    page.keys.pop_back();
    page.next = page.keys.back().number;
  }
  return page;
}

Status ApiKeys::Revoke(std::int64_t user_id, const std::string& id, const CallContext& call) {
  return keys_.Remove(user_id, id, call);
}

Result<NewApiKey> ApiKeys::Rotate(std::int64_t user_id, const std::string& id,
                                  std::optional<std::chrono::seconds> overlap,
                                  const CallContext& call) {
  const auto lasting = overlap.value_or(kDefaultOverlap);
  std::optional<Time> until;
  if (lasting > std::chrono::seconds::zero()) until = clock_.Now() + lasting;
  std::string text = rules::WriteApiKey(id, RandomBase62(rules::kApiKeySecretLength));
  ASSIGN_OR_RETURN(ApiKey key, keys_.Replace(user_id, id, Sha256(text), until, call));
  return NewApiKey{std::move(key), std::move(text)};
}

Result<TradedToken> ApiKeys::Trade(std::string_view text, const std::string& address,
                                   const CallContext& call) {
  const auto id = rules::ApiKeyIdOf(text);
  if (!id) {
    return Error::Unauthenticated("api_key_malformed",
                                  "This isn't an API key: its checksum doesn't fit.");
  }
  const auto held = keys_.Held(std::string(*id), call);
  if (!held.ok()) return held.error().code == Code::kNotFound ? Invalid() : held.error();
  const Time now = clock_.Now();
  const ApiKey& key = held->key;
  if (!Matches(*held, Sha256(text), now)) return Invalid();
  if (held->disabled) return AccountDisabled();
  if (key.IsExpired(now)) return Expired();
  if (!key.AllowsAddress(address)) {
    return Error::PermissionDenied("address_not_allowed",
                                   "This API key may not be used from this address.");
  }

  token::Claims claims;
  claims.subject = std::to_string(key.user_id);
  claims.user_id = key.user_id;
  claims.roles = rules::RolesWithin(Names(held->roles), key.scopes);
  claims.token_id = Uuid::V7(now).ToString();
  claims.issued_at = now;
  claims.expires_at = now + kTokenLifetime;
  if (key.expires_at) claims.expires_at = std::min(claims.expires_at, *key.expires_at);
  claims.scopes = key.scopes;
  claims.api_key_id = key.id;
  ASSIGN_OR_RETURN(std::string access_token, signing_keys_.Sign(claims));

  if (!key.last_used_at || *key.last_used_at + kUseNotedEvery <= now) {
    // A key works though nobody could write down that it does.
    const auto noted = keys_.NoteUse(key.id, now, Canonical(address), now - kUseNotedEvery, call);
    if (!noted.ok())
      logging::Warning("use of an API key not noted", {{"why", noted.error().ToString()}});
  }
  // Rounded down: what is said to be valid is.
  return TradedToken{std::move(access_token),
                     std::chrono::floor<std::chrono::seconds>(claims.expires_at - now)};
}

Result<Roles> ApiKeys::Holder(const std::string& id, std::int64_t user_id,
                              const CallContext& call) {
  const auto held = keys_.Held(id, call);
  if (!held.ok()) return held.error().code == Code::kNotFound ? Invalid() : held.error();
  if (held->key.user_id != user_id) return Invalid();
  if (held->disabled) return AccountDisabled();
  if (held->key.IsExpired(clock_.Now())) return Expired();
  return held->roles;
}

}  // namespace marquee::auth
