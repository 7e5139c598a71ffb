// The answer, of whatever came: the rpc's, the gateway's own, or a problem.
#pragma once

#include "gateway/chain/filter.h"

namespace marquee::gateway {

class Respond final : public Filter {
 public:
  std::string_view name() const override { return "respond"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;
};

}  // namespace marquee::gateway
