// Who calls, and from where, as far as the gateway needs to know: it verifies nothing, the services do.
#pragma once

#include "gateway/chain/filter.h"

namespace marquee::gateway {

class Authenticate final : public Filter {
 public:
  std::string_view name() const override { return "authenticate"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;
};

}  // namespace marquee::gateway
