#include "gateway/chain/route.h"

#include "gateway/chain/exchange.h"
#include "gateway/problem.h"

namespace marquee::gateway {

Result<Step> Route::Decode(const ExchangePtr& exchange) {
  ASSIGN_OR_RETURN(Api::Route found,
                   api_.Find(exchange->request.method, exchange->target.segments));
  if (found.binding != nullptr) {
    exchange->binding = found.binding;
    exchange->captures = std::move(found.captures);
    return Step::kContinue;
  }
  if (found.allowed.empty())
    return Error::NotFound("route_not_found", "There is nothing at this path.");
  exchange->response = MethodNotAllowed(found.allowed, exchange->trace.trace_id);
  return Step::kAnswered;
}

}  // namespace marquee::gateway
