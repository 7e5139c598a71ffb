#include "gateway/chain/fallback.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "gateway/chain/exchange.h"
#include "gateway/transcode/transcoder.h"
#include "logging/log.h"

namespace marquee::gateway {
namespace {

// Whether the service can't answer, whatever was asked: another may stand in for it.
bool IsUnavailable(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kDeadlineExceeded;
}

}  // namespace

Fallback::Fallback(const Api& api, Upstreams& upstreams, metrics::Metrics& metrics,
                   std::chrono::milliseconds deadline)
    : upstreams_(upstreams), deadline_(deadline) {
  for (const Rpc& rpc : api.rpcs()) {
    auto& whole = whole_.emplace_back();
    auto& degraded = degraded_.emplace_back();
    if (rpc.fallback == nullptr) continue;
    whole.rpc = rpc.fallback;
    whole.method = http::Method::kPost;  // never to be stored
    degraded = metrics.AddCounter("marquee_gateway_degraded_total",
                                  "Answers by the rpc that stands in for another",
                                  {{"method", rpc.method->full_name()}});
  }
}

Result<Step> Fallback::Decode(const ExchangePtr& exchange) {
  const Rpc& rpc = *exchange->binding->rpc;
  if (!exchange->failed || rpc.fallback == nullptr || !IsUnavailable(*exchange->failed))
    return Step::kContinue;
  const Rpc& fallback = *rpc.fallback;
  logging::Warning(
      "answering in another's stead",
      {{"method", rpc.path}, {"fallback", fallback.path}, {"code", Name(exchange->failed->code)}});
  google::protobuf::Message* in = fallback.request->New(&exchange->arena);
  google::protobuf::Message* out = fallback.response->New(&exchange->arena);
  CopyFieldsByName(*exchange->in, *rpc.request, *in, *fallback.request);
  Outbound& outbound = exchange->outbound;
  outbound.deadline = deadline_;
  outbound.positions.clear();
  outbound.idempotency_key.clear();
  // It is public: a token that can't be judged just now must not stand in its way.
  outbound.authorization.clear();
  upstreams_.Call(fallback, *in, *out, outbound, [this, exchange, &rpc, out](Outcome outcome) {
    if (!outcome.error) {  // else the first one's failure is told
      degraded_[rpc.index]->Increment();
      exchange->failed.reset();
      exchange->answers = &whole_[rpc.index];
      exchange->out = out;
    }
    exchange->chain->Continue(exchange);
  });
  return Step::kStopIteration;
}

}  // namespace marquee::gateway
