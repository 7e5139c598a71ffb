// Measures, logs and traces each request.
#pragma once

#include <array>
#include <deque>
#include <optional>

#include "gateway/chain/filter.h"
#include "gateway/transcode/api.h"
#include "metrics/metrics.h"

namespace marquee::gateway {

class Observe final : public Filter {
 public:
  Observe(const Api& api, metrics::Metrics& metrics);
  std::string_view name() const override { return "observe"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;
  void Encode(Exchange& exchange, http::Response& response) override;

 private:
  // The series of one rpc by class of status ("2xx", …), made once: a lookup for each request would
  // cost more than it measures.
  using ByStatus = std::array<std::optional<metrics::Histogram>, 4>;
  static ByStatus Series(metrics::Metrics& metrics, const std::string& service,
                         const std::string& method);

  std::deque<ByStatus> by_rpc_;
  ByStatus own_;
  metrics::Gauge in_flight_;
};

}  // namespace marquee::gateway
