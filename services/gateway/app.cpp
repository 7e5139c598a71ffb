#include "gateway/app.h"

#include <google/protobuf/message.h>

#include "gateway/clients/api_key_trader.h"
#include "gateway/clients/callers.h"
#include "gateway/clients/key_exchange.h"
#include "gateway/clients/peers.h"
#include "gateway/openapi/contract.h"
#include "gateway/openapi/document.h"
#include "gateway/pages.h"
#include "gateway/transcode/json_writer.h"
#include "logging/log.h"
#include "metrics/metrics.h"
#include "rpc/client.h"

namespace marquee::gateway {
namespace {

// The gateway itself is ready once it listens: a service that is down makes its own routes fail, or
// fall back, and no others. What it sees of them is told all the same.
OwnPages::Readiness ReadinessOf(const Upstreams& upstreams) {
  std::string json = R"({"status":"ready","services":{)";
  bool first = true;
  for (const auto& [name, state] : upstreams.States()) {
    if (!first) json += ',';
    first = false;
    AppendJsonString(name, json);
    json += ':';
    AppendJsonString(state, json);
  }
  return {true, json + "}}"};
}

class RunningApp final : public App {
 public:
  RunningApp(const Config& config, Api api, std::unique_ptr<Upstreams> upstreams,
             std::string openapi, metrics::Metrics& metrics)
      : api_(std::move(api)),
        upstreams_(std::move(upstreams)),
        key_exchange_(MakeKeyExchange(rpc::MakeChannel(config.addresses.at("auth")), "gateway",
                                      config.service_secret, SystemClock())),
        api_keys_(*key_exchange_, SystemClock(), config.api_keys),
        callers_(rpc::JwksFrom(rpc::MakeChannel(config.addresses.at("auth"))), SystemClock()),
        peers_(config.peers, metrics),
        pages_(std::move(openapi), [this] { return ReadinessOf(*upstreams_); }),
        gateway_(api_, *upstreams_, pages_, metrics, config.gateway, &api_keys_,
                 {.identify = [this](std::string_view token) { return callers_.Identify(token); },
                  .replicas = [this] { return peers_.Count(); }}),
        server_(config.http, [this](http::Request request, http::Responder respond) {
          gateway_.Handle(std::move(request), std::move(respond));
        }) {}

  // First no more requests, then no more callbacks; only then may anything else go.
  ~RunningApp() override {
    server_.Stop();
    key_exchange_->Finish();  // it begins calls
    upstreams_->Finish();
  }

  Status Listen(const std::string& swagger_dir) {
    if (!swagger_dir.empty()) RETURN_IF_ERROR(pages_.LoadSwagger(swagger_dir));
    return server_.Start();
  }

  int port() const override { return server_.port(); }
  int in_flight() const override { return server_.in_flight(); }

  bool Stop(std::chrono::milliseconds grace) override {
    gateway_.Refuse();
    const bool answered = server_.Drain(grace);
    server_.Stop();
    return answered;
  }

 private:
  Api api_;
  std::unique_ptr<Upstreams> upstreams_;
  std::unique_ptr<KeyExchange> key_exchange_;
  ApiKeyTrader api_keys_;
  Callers callers_;
  Peers peers_;
  OwnPages pages_;
  Gateway gateway_;
  http::Server server_;
};

}  // namespace

Result<std::unique_ptr<App>> App::Start(const Config& config, metrics::Metrics& metrics) {
  ASSIGN_OR_RETURN(const Contract contract, Contract::Load());
  ASSIGN_OR_RETURN(Api api, Api::Build(contract.services(),
                                       *google::protobuf::MessageFactory::generated_factory()));
  ASSIGN_OR_RETURN(auto upstreams, MakeUpstreams(api, config.addresses));
  std::string openapi = OpenApiDocument(api, contract, MARQUEE_VERSION);
  const std::size_t routes = api.bindings().size();
  auto app = std::make_unique<RunningApp>(config, std::move(api), std::move(upstreams),
                                          std::move(openapi), metrics);
  RETURN_IF_ERROR(app->Listen(config.swagger_dir));
  logging::Info("listening",
                {{"port", app->port()}, {"routes", routes}, {"metrics", config.metrics_listen}});
  return std::unique_ptr<App>(std::move(app));
}

}  // namespace marquee::gateway
