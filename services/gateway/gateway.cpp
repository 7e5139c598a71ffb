#include "gateway/gateway.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "base/uuid.h"
#include "gateway/pages.h"
#include "gateway/problem.h"
#include "gateway/transcode/target.h"
#include "gateway/transcode/transcoder.h"
#include "logging/log.h"
#include "metrics/metrics.h"
#include "rpc/metadata.h"
#include "token/token.h"
#include "tracing/trace.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMaxIdempotencyKey = 128;
constexpr auto kSlow = std::chrono::seconds(1);

bool IsVisibleAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// The Authorization header as it may travel on; empty when there is none. What isn't a bearer token
// goes on as it came, for the service to judge by the rpc's policy.
Result<std::string> ReadAuthorization(const http::Request& request) {
  const std::string* header = request.Find("authorization");
  if (header == nullptr) return std::string();
  if (request.Count("authorization") != 1)
    return Error::Unauthenticated("token_invalid", "There are two Authorization headers.");
  if (header->size() > rpc::kMostMetadataBytes) {
    return Error::InvalidArgument("header_too_large",
                                  "The Authorization header is longer than this service takes.",
                                  "Authorization");
  }
  if (const auto token = token::BearerToken(*header)) return "Bearer " + std::string(*token);
  if (!rpc::IsMetadataValue(*header)) {
    return Error::Unauthenticated(
        "token_invalid", "The Authorization header has characters that no access token has.");
  }
  return *header;
}

// Whether the service can't answer, whatever was asked: another may stand in for it.
bool IsUnavailable(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kDeadlineExceeded;
}

}  // namespace

// One request under way; shared by the callbacks that carry it on.
struct Gateway::Exchange {
  http::Request request;
  http::Responder respond;
  SteadyClock::time_point began = SteadyClock::now();
  tracing::TraceContext trace;
  const Binding* binding = nullptr;  // null for the gateway's own pages and unknown paths
  pb::Arena arena;
  pb::Message* in = nullptr;
  pb::Message* out = nullptr;
  std::string subject;  // of the caller's token, unverified
  std::vector<Position> positions;
  Outbound outbound;
  bool degraded = false;
};

// The series of one rpc by class of status ("2xx", …), made once: a lookup for each request would
// cost more than it measures.
struct Gateway::Measures {
  using ByStatus = std::array<std::optional<metrics::Histogram>, 4>;
  static constexpr std::array<const char*, 4> kClasses{"2xx", "3xx", "4xx", "5xx"};

  Measures(const Api& api, metrics::Metrics& metrics)
      : in_flight(
            metrics.AddGauge("marquee_gateway_in_flight_requests", "Requests being answered")) {
    for (const Rpc& rpc : api.rpcs()) {
      by_rpc.push_back(Series(metrics, rpc.method->service()->full_name(), rpc.method->name()));
      degraded.push_back(
          rpc.fallback == nullptr
              ? std::nullopt
              : std::optional(metrics.AddCounter("marquee_gateway_degraded_total",
                                                 "Answers by the rpc that stands in for another",
                                                 {{"method", rpc.method->full_name()}})));
    }
    own = Series(metrics, "gateway", "own");
  }

  static ByStatus Series(metrics::Metrics& metrics, const std::string& service,
                         const std::string& method) {
    ByStatus series;
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
      series[i] = metrics.AddHistogram(
          "marquee_gateway_request_duration_seconds", "From a request's arrival to its answer",
          {{"service", service}, {"method", method}, {"status", kClasses[i]}});
    }
    return series;
  }

  void Record(const Binding* binding, int status, double seconds) {
    ByStatus& series = binding == nullptr ? own : by_rpc[binding->rpc->index];
    series[static_cast<std::size_t>(std::clamp(status / 100, 2, 5) - 2)]->Observe(seconds);
  }

  std::deque<ByStatus> by_rpc;
  std::deque<std::optional<metrics::Counter>> degraded;
  ByStatus own;
  metrics::Gauge in_flight;
};

Gateway::Gateway(const Api& api, Upstreams& upstreams, OwnPages& pages, metrics::Metrics& metrics,
                 GatewayOptions options)
    : api_(api),
      upstreams_(upstreams),
      pages_(pages),
      options_(options),
      positions_(options.max_callers),
      measures_(std::make_unique<Measures>(api, metrics)) {}

Gateway::~Gateway() = default;

void Gateway::Refuse() {
  refusing_ = true;
  pages_.SetStopping();
}

void Gateway::Handle(http::Request request, http::Responder respond) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->respond = std::move(respond);
  const std::string* parent = exchange->request.Find(tracing::kTraceparent);
  auto context = parent == nullptr ? std::nullopt : tracing::TraceContext::Parse(*parent);
  exchange->trace = context ? context->Child() : tracing::TraceContext::New();
  measures_->in_flight.Add(1);
  try {
    Start(exchange);
  } catch (const std::exception& e) {
    Fail(*exchange, Error::Internal(e.what()));
  }
}

void Gateway::Start(const std::shared_ptr<Exchange>& exchange) {
  http::Request& request = exchange->request;
  if (auto page = pages_.Find(request, exchange->trace.trace_id))
    return Finish(*exchange, std::move(*page));
  if (refusing_)
    return Fail(*exchange, Error::Unavailable("stopping", "This server is stopping; retry."));
  const auto target = ParseTarget(request.target);
  if (!target.ok()) return Fail(*exchange, target.error());
  const auto route = api_.Find(request.method, target->segments);
  if (!route.ok()) return Fail(*exchange, route.error());
  if (route->binding == nullptr) {
    if (!route->allowed.empty())
      return Finish(*exchange, MethodNotAllowed(route->allowed, exchange->trace.trace_id));
    return Fail(*exchange, Error::NotFound("route_not_found", "There is nothing at this path."));
  }
  exchange->binding = route->binding;
  const Rpc& rpc = *route->binding->rpc;
  exchange->in = rpc.request->New(&exchange->arena);
  const Status read = ReadRequest(*route->binding, request, *target, route->captures,
                                  options_.max_json_bytes, *exchange->in);
  if (!read.ok()) return Fail(*exchange, read.error());
  request.body = {};

  Outbound& outbound = exchange->outbound;
  // An empty one is none: nginx passes no empty header on, and both doors are one.
  if (const std::string* key = request.Find("idempotency-key")) {
    const bool good = key->size() <= kMaxIdempotencyKey && IsVisibleAscii(*key) &&
                      request.Count("idempotency-key") == 1;
    if (!good) {
      return Fail(*exchange, Error::InvalidArgument(
                                 "bad_idempotency_key",
                                 "Idempotency-Key must be 1 to 128 visible ASCII characters.",
                                 "Idempotency-Key"));
    }
    outbound.idempotency_key = *key;
  }
  auto authorization = ReadAuthorization(request);
  if (!authorization.ok()) return Fail(*exchange, authorization.error());
  outbound.authorization = *std::move(authorization);
  exchange->subject = UnverifiedSubject(outbound.authorization);
  if (outbound.idempotency_key.empty() && !rpc.reads_only)
    outbound.operation = Uuid::V7(SystemClock().Now()).ToString();
  // nginx's own word for it: what the client said there is replaced.
  if (const std::string* address = request.Find("x-forwarded-for"))
    outbound.client_address = *address;
  if (const std::string* positions = request.Find("marquee-position")) {
    exchange->positions = ParsePositions(*positions);
  }
  outbound.positions = MergePositions(exchange->positions, positions_.Recall(exchange->subject));
  outbound.traceparent = exchange->trace.ToTraceparent();
  outbound.deadline = rpc.fallback == nullptr
                          ? options_.deadline
                          : std::min(options_.deadline, options_.fallback_after);
  Call(exchange);
}

void Gateway::Call(const std::shared_ptr<Exchange>& exchange) {
  const Rpc& rpc = *exchange->binding->rpc;
  exchange->out = rpc.response->New(&exchange->arena);
  upstreams_.Call(rpc, *exchange->in, *exchange->out, exchange->outbound,
                  [this, exchange](Outcome outcome) {
                    const tracing::Scope scope(exchange->trace);
                    try {
                      Called(exchange, std::move(outcome));
                    } catch (const std::exception& e) {
                      Fail(*exchange, Error::Internal(e.what()));
                    }
                  });
}

void Gateway::Called(const std::shared_ptr<Exchange>& exchange, Outcome outcome) {
  const Binding& binding = *exchange->binding;
  if (outcome.error) {
    if (binding.rpc->fallback != nullptr && IsUnavailable(*outcome.error)) {
      return CallFallback(exchange, *outcome.error);
    }
    return Fail(*exchange, *outcome.error);
  }
  exchange->positions.clear();
  for (const std::string& text : outcome.positions) {
    if (auto position = Position::Parse(text)) exchange->positions.push_back(std::move(*position));
  }
  positions_.Remember(exchange->subject, exchange->positions);
  Succeed(*exchange, binding, *exchange->out);
}

void Gateway::CallFallback(const std::shared_ptr<Exchange>& exchange, const Error& why) {
  const Rpc& rpc = *exchange->binding->rpc;
  const Rpc& fallback = *rpc.fallback;
  logging::Warning("answering in another's stead",
                   {{"method", rpc.path}, {"fallback", fallback.path}, {"code", Name(why.code)}});
  pb::Message* in = fallback.request->New(&exchange->arena);
  pb::Message* out = fallback.response->New(&exchange->arena);
  CopyFieldsByName(*exchange->in, *rpc.request, *in, *fallback.request);
  exchange->outbound.deadline = options_.deadline;
  exchange->outbound.positions.clear();
  exchange->outbound.idempotency_key.clear();
  // It is public: a token that can't be judged just now must not stand in its way.
  exchange->outbound.authorization.clear();
  upstreams_.Call(fallback, *in, *out, exchange->outbound,
                  [this, exchange, &rpc, &fallback, why, out](Outcome outcome) {
                    const tracing::Scope scope(exchange->trace);
                    try {
                      if (outcome.error) return Fail(*exchange, why);
                      exchange->positions.clear();
                      measures_->degraded[rpc.index]->Increment();
                      Binding whole;  // the stand-in's message as it is
                      whole.rpc = &fallback;
                      whole.method = http::Method::kPost;  // never to be stored
                      Succeed(*exchange, whole, *out);
                    } catch (const std::exception& e) {
                      Fail(*exchange, Error::Internal(e.what()));
                    }
                  });
}

void Gateway::Succeed(Exchange& exchange, const Binding& binding, const pb::Message& message) {
  http::Response response = WriteResponse(binding, message, exchange.request.Find("if-none-match"));
  if (!exchange.positions.empty()) {
    std::string list;
    for (const Position& position : exchange.positions) {
      if (!list.empty()) list += ", ";
      list += position.ToString();
    }
    response.headers.push_back({"Marquee-Position", std::move(list)});
  }
  Finish(exchange, std::move(response));
}

void Gateway::Fail(Exchange& exchange, const Error& error) {
  if (HttpStatus(error) == 500) {
    const tracing::Scope scope(exchange.trace);
    logging::Error(
        "request failed",
        {{"target", exchange.request.target.substr(0, exchange.request.target.find('?'))},
         {"code", Name(error.code)},
         {"error", error.message}});
  }
  Finish(exchange, Problem(error, exchange.trace.trace_id));
}

void Gateway::Finish(Exchange& exchange, http::Response response) {
  if (!exchange.respond) return;
  response.headers.push_back({"X-Trace-Id", exchange.trace.trace_id});
  response.headers.push_back({"traceparent", exchange.trace.ToTraceparent()});
  const auto took = SteadyClock::now() - exchange.began;
  measures_->Record(exchange.binding, response.status, std::chrono::duration<double>(took).count());
  measures_->in_flight.Add(-1);
  // Pages and probes are the edge's to log; what is an rpc, or nothing at all, is ours too.
  const bool slow = took > kSlow;
  if (slow || exchange.binding != nullptr || response.status >= 400) {
    const tracing::Scope scope(exchange.trace);
    logging::Write(
        slow ? logging::Level::kWarning : logging::Level::kInfo, slow ? "slow request" : "request",
        {{"method", http::Name(exchange.request.method)},
         {"rpc", exchange.binding == nullptr ? std::string("-") : exchange.binding->rpc->path},
         {"status", response.status},
         {"ms", std::chrono::duration<double, std::milli>(took).count()}});
  }
  std::exchange(exchange.respond, nullptr)(std::move(response));
}

}  // namespace marquee::gateway
