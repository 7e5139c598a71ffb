#include "gateway/chain/transcode.h"

#include "gateway/chain/exchange.h"
#include "gateway/transcode/transcoder.h"

namespace marquee::gateway {

Result<Step> Transcode::Decode(const ExchangePtr& exchange) {
  const Binding& binding = *exchange->binding;
  exchange->in = binding.rpc->request->New(&exchange->arena);
  RETURN_IF_ERROR(ReadRequest(binding, exchange->request, exchange->target, exchange->captures,
                              max_json_bytes_, *exchange->in));
  exchange->request.body = {};
  return Step::kContinue;
}

}  // namespace marquee::gateway
