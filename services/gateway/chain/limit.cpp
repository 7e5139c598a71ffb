#include "gateway/chain/limit.h"

#include <algorithm>
#include <string>

#include "gateway/chain/exchange.h"

namespace marquee::gateway {
namespace {

constexpr std::string_view kBearer = "Bearer ";

metrics::Counter Limited(metrics::Metrics& metrics, const char* policy) {
  return metrics.AddCounter("marquee_gateway_rate_limited_total",
                            "Requests of people and of API keys that were over their quota",
                            {{"policy", policy}});
}

std::int64_t SecondsUp(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

}  // namespace

Limit::Limit(const LimitOptions& options, LimitSources sources, metrics::Metrics& metrics)
    : options_(options),
      sources_(std::move(sources)),
      limiter_(options.max_callers),
      users_limited_(Limited(metrics, kUser)),
      api_keys_limited_(Limited(metrics, kApiKey)) {}

Result<Step> Limit::Decode(const ExchangePtr& exchange) {
  const std::string_view authorization = exchange->outbound.authorization;
  if (!sources_.identify || !authorization.starts_with(kBearer)) return Step::kContinue;
  const auto claims = sources_.identify(authorization.substr(kBearer.size()));
  if (!claims) return Step::kContinue;
  exchange->subject = claims->subject;
  const bool by_key = !claims->api_key_id.empty();
  const bool by_person =
      claims->user_id != 0 && !by_key;  // also where an application acts for them
  if (!by_key && !by_person && claims->client_id.empty()) return Step::kContinue;  // a service
  const Quota& quota = by_person ? options_.user : options_.api_key;
  if (quota.requests == 0) return Step::kContinue;

  const std::string caller = by_key      ? "key " + claims->api_key_id
                             : by_person ? "user " + std::to_string(claims->user_id)
                                         : "client " + claims->client_id;
  const std::int64_t replicas = sources_.replicas ? std::max(1, sources_.replicas()) : 1;
  const Quota part{std::max<std::int64_t>(1, quota.requests / replicas), quota.window};
  exchange->limited_by = by_person ? kUser : kApiKey;
  exchange->allowance = limiter_.Take(caller, part, std::chrono::steady_clock::now());
  if (!exchange->allowance->retry_after) return Step::kContinue;
  (by_person ? users_limited_ : api_keys_limited_).Increment();
  return Error::ResourceExhausted(
      "rate_limited", std::string(by_person ? "You"
                                  : by_key  ? "This API key"
                                            : "This application") +
                          " may make " + std::to_string(quota.requests) + " requests in " +
                          std::to_string(SecondsUp(quota.window)) + " s: ask again in " +
                          std::to_string(SecondsUp(*exchange->allowance->retry_after)) + " s.");
}

void Limit::Encode(Exchange& exchange, http::Response& response) {
  if (!exchange.allowance) return;
  const Allowance& allowance = *exchange.allowance;
  const std::string policy = '"' + std::string(exchange.limited_by) + '"';
  const Quota& quota = exchange.limited_by == kApiKey ? options_.api_key : options_.user;
  response.headers.push_back(
      {"RateLimit-Policy", policy + ";q=" + std::to_string(quota.requests) +
                               ";w=" + std::to_string(SecondsUp(quota.window))});
  response.headers.push_back(
      {"RateLimit", policy + ";r=" + std::to_string(allowance.remaining) +
                        ";t=" + std::to_string(SecondsUp(allowance.until_full))});
  if (!allowance.retry_after) return;
  // In place of what a problem of this status says without knowing better.
  std::erase_if(response.headers, [](const auto& header) { return header.name == "Retry-After"; });
  response.headers.push_back({"Retry-After", std::to_string(SecondsUp(*allowance.retry_after))});
}

}  // namespace marquee::gateway
