#include "gateway/gateway.h"

#include <memory>
#include <utility>

#include "gateway/chain/authenticate.h"
#include "gateway/chain/call.h"
#include "gateway/chain/exchange.h"
#include "gateway/chain/fallback.h"
#include "gateway/chain/idempotency.h"
#include "gateway/chain/limit.h"
#include "gateway/chain/observe.h"
#include "gateway/chain/pages.h"
#include "gateway/chain/parse.h"
#include "gateway/chain/positions.h"
#include "gateway/chain/respond.h"
#include "gateway/chain/route.h"
#include "gateway/chain/trade.h"
#include "gateway/chain/transcode.h"
#include "gateway/pages.h"

namespace marquee::gateway {
namespace {

template <typename... Filters>
std::vector<std::unique_ptr<Filter>> List(std::unique_ptr<Filters>... filters) {
  std::vector<std::unique_ptr<Filter>> list;
  (list.push_back(std::move(filters)), ...);
  return list;
}

}  // namespace

Gateway::Gateway(const Api& api, Upstreams& upstreams, OwnPages& pages, metrics::Metrics& metrics,
                 const GatewayOptions& options, CredentialTrader* trader,
                 LimitSources limit_sources)
    : pages_(pages),
      chain_(List(std::make_unique<Observe>(api, metrics),              //
                  std::make_unique<OwnPagesFilter>(pages),              //
                  std::make_unique<Parse>(),                            //
                  std::make_unique<Route>(api),                         //
                  std::make_unique<Transcode>(options.max_json_bytes),  //
                  std::make_unique<Idempotency>(),                      //
                  std::make_unique<Authenticate>(),                     //
                  std::make_unique<Trade>(trader, options.deadline),    //
                  std::make_unique<Limit>(options.limits, std::move(limit_sources), metrics),
                  std::make_unique<Positions>(options.max_callers),  //
                  std::make_unique<Call>(upstreams, options.deadline, options.fallback_after),
                  std::make_unique<Fallback>(api, upstreams, metrics, options.deadline),
                  std::make_unique<Respond>())) {}

void Gateway::Refuse() { pages_.SetStopping(); }

void Gateway::Handle(http::Request request, http::Responder respond) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->respond = std::move(respond);
  const std::string* parent = exchange->request.Find(tracing::kTraceparent);
  auto context = parent == nullptr ? std::nullopt : tracing::TraceContext::Parse(*parent);
  exchange->trace = context ? context->Child() : tracing::TraceContext::New();
  chain_.Start(exchange);
}

}  // namespace marquee::gateway
