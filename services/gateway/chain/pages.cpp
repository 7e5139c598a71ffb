#include "gateway/chain/pages.h"

#include "gateway/chain/exchange.h"

namespace marquee::gateway {

Result<Step> OwnPagesFilter::Decode(const ExchangePtr& exchange) {
  if (auto page = pages_.Find(exchange->request, exchange->trace.trace_id)) {
    exchange->response = std::move(*page);
    return Step::kAnswered;
  }
  if (pages_.stopping()) return Error::Unavailable("stopping", "This server is stopping; retry.");
  return Step::kContinue;
}

}  // namespace marquee::gateway
