// Answers the gateway's own pages, and nothing else once it is stopping.
#pragma once

#include "gateway/chain/filter.h"
#include "gateway/pages.h"

namespace marquee::gateway {

class OwnPagesFilter final : public Filter {
 public:
  explicit OwnPagesFilter(const OwnPages& pages) : pages_(pages) {}
  std::string_view name() const override { return "pages"; }
  Result<Step> Decode(const ExchangePtr& exchange) override;

 private:
  const OwnPages& pages_;
};

}  // namespace marquee::gateway
