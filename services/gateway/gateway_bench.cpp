// What a request costs in the gateway itself: `gateway_bench requests` beside json_bench.cpp's
// figures. The service behind it answers at once, in this process.
#include "gateway/gateway_bench.h"

#include <google/protobuf/message.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

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

double ProcessorMicroseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

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

void Handled(Gateway& gateway, const char* what, const http::Request& request) {
  double least = 1e9;
  for (int round = 0; round < 9; ++round) {
    constexpr int kTimes = 20'000;
    const double start = ProcessorMicroseconds();
    for (int i = 0; i < kTimes; ++i) gateway.Handle(request, [](const http::Response&) {});
    least = std::min(least, (ProcessorMicroseconds() - start) / kTimes);
  }
  std::printf("%-34s %8.2f µs of processor time (least of 9 rounds)\n", what, least);
}

void OverHttp(Gateway& gateway) {
  http::Server server({}, [&](http::Request request, http::Responder respond) {
    gateway.Handle(std::move(request), std::move(respond));
  });
  if (!server.Start().ok()) return;
  constexpr int kClients = 8;
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      testing::HttpClient client(server.port());
      while (!stop) answered += client.Ask("GET", "/v1/movies/1") ? 1 : 0;
    });
  }
  constexpr auto kSpan = std::chrono::seconds(5);
  std::this_thread::sleep_for(kSpan);
  stop = true;
  for (auto& client : clients) client.join();
  std::printf("over HTTP, %d clients here            %8d requests/s\n", kClients,
              answered / static_cast<int>(kSpan.count()));
}

}  // namespace

void BenchRequests() {
  logging::Init("gateway_bench", logging::Level::kError);
  const auto contract = Contract::Load();
  const auto api =
      Api::Build(contract->services(), *google::protobuf::MessageFactory::generated_factory());
  InstantUpstreams upstreams;
  OwnPages pages("{}", [] { return OwnPages::Readiness{true, "{}"}; });
  metrics::Metrics metrics;
  Gateway gateway(*api, upstreams, pages, metrics, {});
  Handled(gateway, "GET a movie", Request(http::Method::kGet, "/v1/movies/1", ""));
  Handled(gateway, "PUT a rating",
          Request(http::Method::kPut, "/v1/me/ratings/1", R"({"value":4.5})"));
  Handled(gateway, "a path that isn't there", Request(http::Method::kGet, "/v1/nowhere", ""));
  OverHttp(gateway);
}

}  // namespace marquee::gateway
