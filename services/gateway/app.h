// The gateway put together: everything between its configuration and a listening port.
#pragma once

#include <memory>

#include "base/result.h"
#include "gateway/config.h"

namespace marquee::metrics {
class Metrics;
}

namespace marquee::gateway {

class App {
 public:
  // Reads the contract, connects, and listens. `metrics` must outlive it.
  static Result<std::unique_ptr<App>> Start(const Config& config, metrics::Metrics& metrics);
  virtual ~App() = default;

  virtual int port() const = 0;
  virtual int in_flight() const = 0;
  // Refuses new requests, waits for those in flight (at most `grace`), stops. Whether all were
  // answered.
  virtual bool Stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace marquee::gateway
