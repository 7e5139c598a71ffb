// Answers by another rpc what the first one couldn't.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "gateway/chain/filter.h"
#include "gateway/clients/upstreams.h"
#include "gateway/transcode/api.h"
#include "metrics/metrics.h"

namespace marquee::gateway {

class Fallback final : public Filter {
 public:
  // `deadline` is the other call's.
  Fallback(const Api& api, Upstreams& upstreams, metrics::Metrics& metrics,
           std::chrono::milliseconds deadline);
  std::string_view name() const override { return "fallback"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;

 private:
  Upstreams& upstreams_;
  const std::chrono::milliseconds deadline_;
  // By rpc; none for those without a fallback.
  std::deque<std::optional<metrics::Counter>> degraded_;
  std::deque<Binding> whole_;  // of the stand-ins, whose message is answered as it is
};

}  // namespace marquee::gateway
