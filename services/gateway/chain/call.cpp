#include "gateway/chain/call.h"

#include <google/protobuf/message.h>

#include <algorithm>

#include "gateway/chain/exchange.h"

namespace marquee::gateway {
namespace {

// As much of it as anybody needs, without what metadata can't carry.
std::string Printable(std::string_view text) {
  constexpr std::size_t kMost = 256;
  std::string printable(text.substr(0, kMost));
  std::erase_if(printable, [](char c) { return c < ' ' || c > '~'; });
  return printable;
}

}  // namespace

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
    outbound.user_agent = Printable(*agent);
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
