#include "gateway/chain/observe.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <chrono>

#include "gateway/chain/exchange.h"
#include "logging/log.h"

namespace marquee::gateway {
namespace {

constexpr auto kSlow = std::chrono::seconds(1);
constexpr std::array<const char*, 4> kClasses{"2xx", "3xx", "4xx", "5xx"};

}  // namespace

Observe::Observe(const Api& api, metrics::Metrics& metrics)
    : in_flight_(
          metrics.AddGauge("marquee_gateway_in_flight_requests", "Requests being answered")) {
  for (const Rpc& rpc : api.rpcs())
    by_rpc_.push_back(Series(metrics, rpc.method->service()->full_name(), rpc.method->name()));
  own_ = Series(metrics, "gateway", "own");
}

Observe::ByStatus Observe::Series(metrics::Metrics& metrics, const std::string& service,
                                  const std::string& method) {
  ByStatus series;
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    series[i] = metrics.AddHistogram(
        "marquee_gateway_request_duration_seconds", "From a request's arrival to its answer",
        {{"service", service}, {"method", method}, {"status", kClasses[i]}});
  }
  return series;
}

Result<Step> Observe::Decode(const ExchangePtr&) {
  in_flight_.Add(1);
  return Step::kContinue;
}

void Observe::Encode(Exchange& exchange, http::Response& response) {
  response.headers.push_back({"X-Trace-Id", exchange.trace.trace_id});
  response.headers.push_back({"traceparent", exchange.trace.ToTraceparent()});
  const auto took = std::chrono::steady_clock::now() - exchange.began;
  const Binding* binding = exchange.binding;
  ByStatus& series = binding == nullptr ? own_ : by_rpc_[binding->rpc->index];
  series[static_cast<std::size_t>(std::clamp(response.status / 100, 2, 5) - 2)]->Observe(
      std::chrono::duration<double>(took).count());
  in_flight_.Add(-1);
  // Pages and probes are the edge's to log; what is an rpc, or nothing at all, is ours too.
  const bool slow = took > kSlow;
  if (!slow && binding == nullptr && response.status < 400) return;
  logging::Write(slow ? logging::Level::kWarning : logging::Level::kInfo,
                 slow ? "slow request" : "request",
                 {{"method", http::Name(exchange.request.method)},
                  {"rpc", binding == nullptr ? std::string("-") : binding->rpc->path},
                  {"status", response.status},
                  {"ms", std::chrono::duration<double, std::milli>(took).count()}});
}

}  // namespace marquee::gateway
