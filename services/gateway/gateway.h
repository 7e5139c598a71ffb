// From an HTTP request to its answer, through a chain of filters (chain/filter.h): gateway.cpp is
// their list. Asynchronous: no thread waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "gateway/chain/filter.h"
#include "gateway/chain/limit.h"
#include "gateway/clients/upstreams.h"
#include "gateway/http/message.h"
#include "gateway/transcode/api.h"

namespace marquee::metrics {
class Metrics;
}

namespace marquee::gateway {

class CredentialTrader;
class OwnPages;

struct GatewayOptions {
  std::chrono::milliseconds deadline{5000};        // for each call
  std::chrono::milliseconds fallback_after{2000};  // the deadline of a call that has a fallback
  std::size_t max_json_bytes = std::size_t{1} << 20;
  std::size_t max_callers = 100'000;  // whose positions are remembered
  LimitOptions limits = {};
};

class Gateway {
 public:
  // All references must outlive this, and this every request that it was handed. `trader` may be
  // null: nobody's credentials are traded then.
  Gateway(const Api& api, Upstreams& upstreams, OwnPages& pages, metrics::Metrics& metrics,
          const GatewayOptions& options, CredentialTrader* trader = nullptr,
          LimitSources limit_sources = {});

  // Answers through `respond`, always. Thread-safe.
  void Handle(http::Request request, http::Responder respond);

  // From now on new requests get 503 and readiness is off.
  void Refuse();

  // The filters' names, in order.
  std::vector<std::string_view> filters() const { return chain_.names(); }

 private:
  OwnPages& pages_;
  Chain chain_;
};

}  // namespace marquee::gateway
