// How many requests each person and each API key may make. Strangers are nginx's, by their address.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/rate_limiter.h"
#include "gateway/chain/filter.h"
#include "metrics/metrics.h"
#include "token/token.h"

namespace marquee::gateway {

struct LimitOptions {
  Quota user{.requests = 1'000};     // all that a person does but by API keys
  Quota api_key{.requests = 1'000};  // and each application that acts for nobody
  std::size_t max_callers = 100'000;
};

// What a limit needs to know, thread-safe and without waiting. Without them, nobody is limited.
struct LimitSources {
  // Whose access token it is, verified: nobody uses up another's quota with a token that they made
  // up. nullopt: nobody's, or it can't be told.
  std::function<std::optional<token::Claims>(std::string_view token)> identify = {};
  // How many gateways share the requests, this one included: each lets its part of a quota pass.
  std::function<int()> replicas = {};
};

// Answers have RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10): the quota
// of all gateways together, and what is left of this one's part.
class Limit final : public Filter {
 public:
  Limit(const LimitOptions& options, LimitSources sources, metrics::Metrics& metrics);
  std::string_view name() const override { return "limit"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;
  void Encode(Exchange& exchange, http::Response& response) override;

 private:
  // The names of the policies, in the headers and in the metric.
  static constexpr char kUser[] = "user";
  static constexpr char kApiKey[] = "api-key";

  const LimitOptions options_;
  const LimitSources sources_;
  RateLimiter limiter_;
  metrics::Counter users_limited_;
  metrics::Counter api_keys_limited_;
};

}  // namespace marquee::gateway
