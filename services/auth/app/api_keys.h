// API keys: made, listed, rotated and revoked by their person, and traded for short-lived access
// tokens by the gateway (docs/adr/0602).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/app/key_ring.h"
#include "auth/domain/api_key_repository.h"
#include "base/call_context.h"
#include "base/clock.h"

namespace marquee::auth {

struct ApiKeyRequest {
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> networks;
  std::optional<std::chrono::seconds> expires_in = {};
};

// A key as its person sees it once.
struct NewApiKey {
  ApiKey key;
  std::string text;
};

struct ApiKeyPage {
  std::vector<ApiKey> keys;
  std::int64_t next = 0;  // the last number when more follow, else 0
};

struct TradedToken {
  std::string access_token;
  std::chrono::seconds expires_in{};
};

class ApiKeys {
 public:
  static constexpr std::chrono::seconds kTokenLifetime{std::chrono::minutes{5}};
  static constexpr std::chrono::seconds kDefaultOverlap{std::chrono::hours{24}};

  ApiKeys(ApiKeyRepository& keys, const KeyRing& signing_keys, const Clock& clock)
      : keys_(keys), signing_keys_(signing_keys), clock_(clock) {}

  // InvalidArgument of the domain's rules; FailedPrecondition "api_keys_too_many".
  Result<NewApiKey> Create(std::int64_t user_id, const ApiKeyRequest& request,
                           const CallContext& call);
  Result<ApiKeyPage> List(std::int64_t user_id, std::int64_t after, int page_size,
                          const CallContext& call);
  // Both: NotFound "api_key_unknown", also for another person's.
  Status Revoke(std::int64_t user_id, const std::string& id, const CallContext& call);
  Result<NewApiKey> Rotate(std::int64_t user_id, const std::string& id,
                           std::optional<std::chrono::seconds> overlap, const CallContext& call);

  // For who sent `text` from `address`. Unauthenticated "api_key_malformed", "api_key_invalid" (it
  // was revoked, replaced, or never was) or "api_key_expired"; PermissionDenied
  // "address_not_allowed".
  Result<TradedToken> Trade(std::string_view text, const std::string& address,
                            const CallContext& call);

  // The roles of the key's person as they are now, for a token that was traded for it.
  // Unauthenticated "api_key_invalid" or "api_key_expired".
  Result<Roles> Holder(const std::string& id, std::int64_t user_id, const CallContext& call);

 private:
  ApiKeyRepository& keys_;
  const KeyRing& signing_keys_;
  const Clock& clock_;
};

}  // namespace marquee::auth
