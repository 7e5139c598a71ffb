#include "gateway/chain/idempotency.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "gateway/chain/exchange.h"
#include "rpc/idempotency.h"

namespace marquee::gateway {

Result<Step> Idempotency::Decode(const ExchangePtr& exchange) {
  const http::Request& request = exchange->request;
  Outbound& outbound = exchange->outbound;
  // An empty one is none: nginx passes no empty header on, and both doors are one.
  if (const std::string* key = request.Find("idempotency-key")) {
    if (request.Count("idempotency-key") != 1) return rpc::BadIdempotencyKey();
    RETURN_IF_ERROR(rpc::CheckIdempotencyKey(*key));
    outbound.idempotency_key = *key;
  }
  if (outbound.idempotency_key.empty() && !exchange->binding->rpc->reads_only)
    outbound.operation = Uuid::V7(SystemClock().Now()).ToString();
  return Step::kContinue;
}

}  // namespace marquee::gateway
