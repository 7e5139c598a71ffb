// Trades what a caller has (an API key) for the token that services take.
#pragma once

#include "gateway/chain/filter.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace marquee::gateway {

// What is to be traded.
struct Credential {
  std::string text;
  bool in_authorization = false;  // it came where a token would be
};

// A service that gives access tokens for other credentials. Thread-safe.
class CredentialTrader {
 public:
  virtual ~CredentialTrader() = default;
  using Done = std::function<void(Result<std::string>)>;
  // Nothing for a request that has no such credential.
  virtual std::optional<Credential> Find(const http::Request& request) const = 0;
  // Calls `done` once, on any thread, within `deadline`: with an access token, or with the refusal
  // that the client is told.
  // `client_address` is where the edge saw the client; empty when it isn't known.
  virtual void Trade(const std::string& credential, const std::string& client_address,
                     std::chrono::milliseconds deadline, Done done) = 0;
};

class Trade final : public Filter {
 public:
  // Without a trader, everyone passes as they are. `deadline` is the whole request's.
  Trade(CredentialTrader* trader, std::chrono::milliseconds deadline)
      : trader_(trader), deadline_(deadline) {}
  std::string_view name() const override { return "trade"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;

 private:
  CredentialTrader* const trader_;
  const std::chrono::milliseconds deadline_;
};

}  // namespace marquee::gateway
