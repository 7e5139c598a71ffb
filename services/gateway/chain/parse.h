// Takes the request's target apart.
#pragma once

#include "gateway/chain/filter.h"

namespace marquee::gateway {

class Parse final : public Filter {
 public:
  std::string_view name() const override { return "parse"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;
};

}  // namespace marquee::gateway
