#include "gateway/chain/call.h"

#include <google/protobuf/message.h>

#include <algorithm>

#include "base/text.h"
#include "gateway/chain/exchange.h"

namespace marquee::gateway {
Result<Step> Call::Decode(const ExchangePtr& exchange) {
  using std::chrono::milliseconds;
  const Rpc& rpc = *exchange->binding->rpc;
  Outbound& outbound = exchange->outbound;
  const auto spent =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - exchange->began);
  outbound.deadline = deadline_ - spent;
  if (rpc.fallback != nullptr) outbound.deadline = std::min(outbound.deadline, fallback_after_);
  if (outbound.deadline <= milliseconds::zero())
    return Error{Code::kDeadlineExceeded, "deadline_exceeded", "", ""};
  if (const std::string* agent = exchange->request.Find("user-agent"))
    outbound.user_agent = PrintableAscii(*agent, rpc::kMostUserAgentBytes);
  outbound.traceparent = exchange->trace.ToTraceparent();
  exchange->answers = exchange->binding;
  exchange->out = rpc.response->New(&exchange->arena);
  upstreams_.Call(rpc, *exchange->in, *exchange->out, outbound, [exchange](Outcome outcome) {
    exchange->failed = std::move(outcome.error);
    exchange->told = std::move(outcome.positions);
    exchange->chain->Continue(exchange);
  });
  return Step::kStopIteration;
}

}  // namespace marquee::gateway
