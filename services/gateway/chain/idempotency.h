// Names a call that changes something: by the client's Idempotency-Key, or by a new operation's id
// under which the gateway may repeat it.
#pragma once

#include "gateway/chain/filter.h"

namespace marquee::gateway {

class Idempotency final : public Filter {
 public:
  std::string_view name() const override { return "idempotency"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;
};

}  // namespace marquee::gateway
