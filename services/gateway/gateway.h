// From an HTTP request to its answer: route, transcode, call, fall back, transcode back.
// Asynchronous: no thread waits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>

#include "gateway/clients/positions.h"
#include "gateway/clients/upstreams.h"
#include "gateway/http/message.h"
#include "gateway/transcode/api.h"

namespace marquee::metrics {
class Metrics;
}

namespace marquee::gateway {

class OwnPages;

struct GatewayOptions {
  std::chrono::milliseconds deadline{5000};        // for each call
  std::chrono::milliseconds fallback_after{2000};  // the deadline of a call that has a fallback
  std::size_t max_json_bytes = std::size_t{1} << 20;
  std::size_t max_callers = 100'000;  // whose positions are remembered
};

class Gateway {
 public:
  // All references must outlive this, and this every request that it was handed.
  Gateway(const Api& api, Upstreams& upstreams, OwnPages& pages, metrics::Metrics& metrics,
          GatewayOptions options);
  ~Gateway();

  // Answers through `respond`, always. Thread-safe.
  void Handle(http::Request request, http::Responder respond);

  // From now on new requests get 503 and readiness is off.
  void Refuse();

 private:
  struct Exchange;
  struct Measures;
  void Start(const std::shared_ptr<Exchange>& exchange);
  void Call(const std::shared_ptr<Exchange>& exchange);
  void Called(const std::shared_ptr<Exchange>& exchange, Outcome outcome);
  void CallFallback(const std::shared_ptr<Exchange>& exchange, const Error& why);
  void Succeed(Exchange& exchange, const Binding& binding,
               const google::protobuf::Message& message);
  void Fail(Exchange& exchange, const Error& error);
  void Finish(Exchange& exchange, http::Response response);

  const Api& api_;
  Upstreams& upstreams_;
  OwnPages& pages_;
  const GatewayOptions options_;
  PositionMemory positions_;
  std::unique_ptr<Measures> measures_;
  std::atomic<bool> refusing_{false};
};

}  // namespace marquee::gateway
