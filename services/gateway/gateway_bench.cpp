// What a request costs in the gateway itself; the service behind it answers at once, in this
// process. json_bench.cpp's figures are in the same program: `gateway_bench
// --benchmark_filter=Handle`.
#include <benchmark/benchmark.h>
#include <google/protobuf/message.h>

#include <string>
#include <utility>

#include "gateway/clients/upstreams.h"
#include "gateway/gateway.h"
#include "gateway/http/server.h"
#include "gateway/openapi/contract.h"
#include "gateway/pages.h"
#include "gateway/testing/http_client.h"
#include "logging/log.h"
#include "marquee/catalog/v1/catalog.pb.h"
#include "metrics/metrics.h"

namespace marquee::gateway {
namespace {

// Answers GetMovie with a movie, and all else with nothing, on the caller's own thread.
class InstantUpstreams final : public Upstreams {
 public:
  InstantUpstreams() {
    auto& movie = *response_.mutable_movie();
    movie.set_movie_id(1);
    movie.set_title("Toy Story");
    movie.set_year(1995);
    for (const char* genre : {"Adventure", "Animation", "Children"}) movie.add_genres(genre);
    movie.set_rating_mean(3.92);
  }
  void Call(const Rpc&, const google::protobuf::Message&, google::protobuf::Message& response,
            const Outbound&, std::function<void(Outcome)> done) override {
    if (response.GetDescriptor() == response_.GetDescriptor()) response.CopyFrom(response_);
    done({});
  }
  void Finish() override {}
  std::map<std::string, std::string> States() const override { return {}; }

 private:
  catalog::v1::GetMovieResponse response_;
};

http::Request Request(http::Method method, std::string target, std::string body) {
  return {method,
          std::move(target),
          {{"host", "localhost"},
           {"authorization",
            "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMDAwMDAwMDAxIiwiYXVkIjoibWFycXVlZSJ9.c2ln"},
           {"x-forwarded-for", "192.0.2.7"},
           {"content-type", "application/json"}},
          std::move(body)};
}

// The gateway before InstantUpstreams; made once, for it registers its metrics.
Gateway& TheGateway() {
  static const auto contract = Contract::Load();
  static const auto api =
      Api::Build(contract->services(), *google::protobuf::MessageFactory::generated_factory());
  static InstantUpstreams upstreams;
  static OwnPages pages("{}", [] { return OwnPages::Readiness{true, "{}"}; });
  static metrics::Metrics metrics;
  static Gateway gateway(*api, upstreams, pages, metrics, {});
  return gateway;
}

void Handle(benchmark::State& state, const http::Request& request) {
  logging::Init("gateway_bench", logging::Level::kError);
  Gateway& gateway = TheGateway();
  for ([[maybe_unused]] auto round : state) gateway.Handle(request, [](const http::Response&) {});
}

BENCHMARK_CAPTURE(Handle, a_movie, Request(http::Method::kGet, "/v1/movies/1", ""));
BENCHMARK_CAPTURE(Handle, a_rating,
                  Request(http::Method::kPut, "/v1/me/ratings/1", R"({"value":4.5})"));
BENCHMARK_CAPTURE(Handle, no_such_path, Request(http::Method::kGet, "/v1/nowhere", ""));

// Eight clients in this process, over Pistache.
void OverHttp(benchmark::State& state) {
  static http::Server server({}, [](http::Request request, http::Responder respond) {
    TheGateway().Handle(std::move(request), std::move(respond));
  });
  static const bool started = server.Start().ok();
  if (!started) return state.SkipWithError("the server didn't start");
  testing::HttpClient client(server.port());
  for ([[maybe_unused]] auto round : state) {
    if (!client.Ask("GET", "/v1/movies/1")) return state.SkipWithError("no answer");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(OverHttp)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace marquee::gateway

BENCHMARK_MAIN();
