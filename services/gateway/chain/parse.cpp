#include "gateway/chain/parse.h"

#include "gateway/chain/exchange.h"

namespace marquee::gateway {

Result<Step> Parse::Decode(const ExchangePtr& exchange) {
  ASSIGN_OR_RETURN(exchange->target, ParseTarget(exchange->request.target));
  return Step::kContinue;
}

}  // namespace marquee::gateway
