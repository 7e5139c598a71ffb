// Calls the rpc.
#pragma once

#include "gateway/chain/filter.h"
#include "gateway/clients/upstreams.h"

namespace marquee::gateway {

class Call final : public Filter {
 public:
  // `deadline` is the request's, from its arrival; `fallback_after` the call's where there is a
  // fallback.
  Call(Upstreams& upstreams, std::chrono::milliseconds deadline,
       std::chrono::milliseconds fallback_after)
      : upstreams_(upstreams), deadline_(deadline), fallback_after_(fallback_after) {}
  std::string_view name() const override { return "call"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;

 private:
  Upstreams& upstreams_;
  const std::chrono::milliseconds deadline_;
  const std::chrono::milliseconds fallback_after_;
};

}  // namespace marquee::gateway
