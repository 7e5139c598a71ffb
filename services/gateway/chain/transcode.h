// Makes the rpc's message of the request.
#pragma once

#include "gateway/chain/filter.h"

#include <cstddef>

namespace marquee::gateway {

class Transcode final : public Filter {
 public:
  explicit Transcode(std::size_t max_json_bytes) : max_json_bytes_(max_json_bytes) {}
  std::string_view name() const override { return "transcode"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;

 private:
  const std::size_t max_json_bytes_;
};

}  // namespace marquee::gateway
