// Read your own writes (design, D4): the call carries how far its caller's writes have come, and
// what the service says of a write is remembered, and told to the client.
#pragma once

#include "gateway/chain/filter.h"
#include "gateway/clients/positions.h"

namespace marquee::gateway {

class Positions final : public Filter {
 public:
  explicit Positions(std::size_t max_callers) : memory_(max_callers) {}
  std::string_view name() const override { return "positions"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;
  void Encode(Exchange& exchange, http::Response& response) override;

 private:
  PositionMemory memory_;
};

}  // namespace marquee::gateway
