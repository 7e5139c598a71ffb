// Trades what a caller has (an API key) for the token that services take.
#pragma once

#include "gateway/chain/filter.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace marquee::gateway {

// A service that gives access tokens for other credentials. Thread-safe.
class CredentialTrader {
 public:
  virtual ~CredentialTrader() = default;
  // What is to be traded: nothing for a request that has no such credential.
  virtual std::optional<std::string> Find(const http::Request& request) const = 0;
  // Calls `done` once, on any thread, within `deadline`: with an access token, or with the refusal
  // that the client is told.
  virtual void Trade(const std::string& credential, std::chrono::milliseconds deadline,
                     std::function<void(Result<std::string>)> done) = 0;
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
