// Access tokens for API keys, from auth by way of a small memory: what is known is answered at once
// and forgotten soon, so that a key that was revoked is refused soon (docs/adr/0602).
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/lru_map.h"
#include "gateway/chain/trade.h"
#include "gateway/clients/key_exchange.h"

namespace marquee::gateway {

struct ApiKeyTraderOptions {
  // How long a token is used without asking again: as long as a revoked key goes on working.
  std::chrono::milliseconds fresh{2'000};
  // How long while auth doesn't answer.
  std::chrono::milliseconds stale{60'000};
  // How long a refusal is repeated without asking again.
  std::chrono::milliseconds refused{1'000};
  // How long auth may take, of the request's own time: what is stale still has to be used.
  std::chrono::milliseconds patience{2'000};
  std::size_t max_tokens = 10'000;
  std::size_t max_refusals = 10'000;  // apart: who tries keys out pushes no good one out
  std::size_t max_flights = 1'000;    // keys that auth is asked of at once
};

class ApiKeyTrader final : public CredentialTrader {
 public:
  // Both must outlive this.
  ApiKeyTrader(KeyExchange& exchange, const Clock& clock, ApiKeyTraderOptions options = {})
      : exchange_(exchange), clock_(clock), options_(options) {}

  // X-API-Key, or a bearer that begins as an API key does.
  std::optional<Credential> Find(const http::Request& request) const override;
  void Trade(const std::string& key, const std::string& client_address,
             std::chrono::milliseconds deadline, Done done) override;

 private:
  struct Kept {
    std::string token;
    Time fresh_until;
    Time stale_until;
  };
  struct Refusal {
    Error error;
    Time until;
  };

  // What is said without asking auth; nullopt: it must be asked. Under the lock.
  std::optional<Result<std::string>> Known(const std::string& id, Time now);
  void Land(const std::string& id, Time asked_at, Result<KeyExchange::Token> answer);

  KeyExchange& exchange_;
  const Clock& clock_;
  const ApiKeyTraderOptions options_;

  // All by the SHA-256 of the key and the client's address: the keys themselves are nowhere.
  std::mutex mutex_;
  LruMap<std::string, Kept> tokens_;
  LruMap<std::string, Refusal> refusals_;
  std::map<std::string, std::vector<Done>> flights_;  // who waits for the same answer
};

}  // namespace marquee::gateway
