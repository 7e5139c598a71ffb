// Finds the rpc that a request is for.
#pragma once

#include "gateway/chain/filter.h"
#include "gateway/transcode/api.h"

namespace marquee::gateway {

class Route final : public Filter {
 public:
  explicit Route(const Api& api) : api_(api) {}
  std::string_view name() const override { return "route"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;

 private:
  const Api& api_;
};

}  // namespace marquee::gateway
