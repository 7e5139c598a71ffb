// Each filter alone, and the seam of `trade` with a trader that takes its time.
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <set>
#include <thread>

#include "base/base64.h"
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
#include "gateway/gateway.h"
#include "gateway/pages.h"
#include "gateway/problem.h"
#include "gateway/testing/fake_upstreams.h"
#include "gateway/testing/test_protos.h"
#include "metrics/metrics.h"

namespace marquee::gateway {
namespace {

using namespace std::chrono_literals;

constexpr char kShop[] = R"(
  message Book { int64 book_id = 1; string title = 2; bool degraded = 3; }
  service Shop {
    rpc GetBook(Book) returns (Book) {
      option (google.api.http) = {get: "/v1/books/{book_id}"};
      option (marquee.options.v1.rest) = {fallback: "marquee.test.v1.Shop.AnyBook"};
    }
    rpc PutBook(Book) returns (Book) { option (google.api.http) = {put: "/v1/books/{book_id}" body: "*"}; }
    rpc AnyBook(Book) returns (Book) { option (google.api.http) = {get: "/v1/books"}; }
  }
)";

std::string Token(const std::string& subject) {
  return "e30." + Base64UrlEncode(R"({"sub":")" + subject + R"("})") + ".sig";
}

// The last of a chain in these tests: what comes to it stays as it is.
class End final : public Filter {
 public:
  std::string_view name() const override { return "end"; }
  Result<Step> Decode(const ExchangePtr&) override { return Step::kContinue; }
};

class FiltersTest : public ::testing::Test {
 protected:
  FiltersTest() : protos_(kShop), api_(*Api::Build(protos_.Services(), protos_.factory())) {}

  static ExchangePtr Make(http::Method method, std::string target,
                          std::vector<http::Header> headers = {}, std::string body = {}) {
    auto exchange = std::make_shared<Exchange>();
    exchange->request = {method, std::move(target), std::move(headers), std::move(body)};
    exchange->trace = tracing::TraceContext::New();
    return exchange;
  }
  // As `parse`, `route` and `transcode` leave it.
  ExchangePtr Routed(http::Method method, std::string target,
                     std::vector<http::Header> headers = {}, std::string body = {}) {
    auto exchange = Make(method, std::move(target), std::move(headers), std::move(body));
    EXPECT_TRUE(Parse().Decode(exchange).ok());
    EXPECT_TRUE(Route(api_).Decode(exchange).ok());
    EXPECT_TRUE(Transcode(1000).Decode(exchange).ok());
    return exchange;
  }
  // Through the filter alone; whether the exchange came to the end of the chain.
  bool Through(std::unique_ptr<Filter> filter, const ExchangePtr& exchange) {
    bool ended = false;
    exchange->respond = [&ended](const http::Response&) { ended = true; };
    std::vector<std::unique_ptr<Filter>> filters;
    filters.push_back(std::move(filter));
    filters.push_back(std::make_unique<End>());
    chains_.emplace_back(std::move(filters)).Start(exchange);
    return ended;
  }
  static std::string ReasonOf(const Result<Step>& step) {
    return step.ok() ? "" : step.error().reason;
  }

  testing::TestProtos protos_;
  Api api_;
  metrics::Metrics metrics_;
  testing::FakeUpstreams upstreams_;
  std::deque<Chain> chains_;  // exchanges refer to what they passed
};

TEST_F(FiltersTest, AreTheseInThisOrder) {
  OwnPages pages("{}", [] { return OwnPages::Readiness{}; });
  const Gateway gateway(api_, upstreams_, pages, metrics_, {});
  EXPECT_EQ(gateway.filters(),
            (std::vector<std::string_view>{"observe", "pages", "parse", "route", "transcode",
                                           "idempotency", "authenticate", "trade", "limit",
                                           "positions", "call", "fallback", "respond"}));
}

TEST_F(FiltersTest, ObserveCountsAndNamesTheTrace) {
  Observe observe(api_, metrics_);
  const auto exchange = Routed(http::Method::kGet, "/v1/books/1");
  ASSERT_TRUE(observe.Decode(exchange).ok());
  EXPECT_NE(metrics_.Text().find("marquee_gateway_in_flight_requests 1"), std::string::npos);
  http::Response response;
  response.status = 404;
  observe.Encode(*exchange, response);
  EXPECT_EQ(response.headers[0].value, exchange->trace.trace_id);
  EXPECT_NE(metrics_.Text().find("marquee_gateway_in_flight_requests 0"), std::string::npos);
  EXPECT_NE(metrics_.Text().find(
                R"(_count{method="GetBook",service="marquee.test.v1.Shop",status="4xx"} 1)"),
            std::string::npos)
      << metrics_.Text();
}

TEST_F(FiltersTest, PagesAnswersItsOwnAndRefusesWhenStopping) {
  OwnPages pages("{}", [] { return OwnPages::Readiness{}; });
  OwnPagesFilter filter(pages);
  const auto live = Make(http::Method::kGet, "/livez");
  EXPECT_EQ(*filter.Decode(live), Step::kAnswered);
  EXPECT_EQ(live->response.status, 200);
  EXPECT_EQ(*filter.Decode(Make(http::Method::kGet, "/v1/books")), Step::kContinue);
  pages.SetStopping();
  EXPECT_EQ(ReasonOf(filter.Decode(Make(http::Method::kGet, "/v1/books"))), "stopping");
  EXPECT_EQ(*filter.Decode(live), Step::kAnswered) << "a process that stops is alive";
}

TEST_F(FiltersTest, ParseAndRouteFindTheRpc) {
  const auto exchange = Routed(http::Method::kGet, "/v1/books/7");
  EXPECT_EQ(exchange->binding->rpc->method->name(), "GetBook");
  EXPECT_EQ(ReasonOf(Parse().Decode(Make(http::Method::kGet, "/?a=%zz"))), "malformed_target");
  Route route(api_);
  const auto nowhere = Make(http::Method::kGet, "/v2");
  ASSERT_TRUE(Parse().Decode(nowhere).ok());
  EXPECT_EQ(ReasonOf(route.Decode(nowhere)), "route_not_found");
  const auto other = Make(http::Method::kDelete, "/v1/books/7");
  ASSERT_TRUE(Parse().Decode(other).ok());
  EXPECT_EQ(*route.Decode(other), Step::kAnswered);
  EXPECT_EQ(other->response.status, 405);
}

TEST_F(FiltersTest, IdempotencyTakesOneGoodKey) {
  Idempotency filter;
  const auto with = [&](std::vector<http::Header> headers, http::Method method) {
    auto exchange = Routed(method, "/v1/books/7", std::move(headers));
    return std::pair(ReasonOf(filter.Decode(exchange)), exchange);
  };
  const auto key = [](std::string value) { return http::Header{"idempotency-key", value}; };
  EXPECT_EQ(with({key("k")}, http::Method::kPut).second->outbound.idempotency_key, "k");
  EXPECT_EQ(with({key("k")}, http::Method::kPut).second->outbound.operation, "");
  EXPECT_EQ(with({}, http::Method::kPut).second->outbound.operation.size(), 36U);
  EXPECT_EQ(with({key("")}, http::Method::kPut).second->outbound.operation.size(), 36U);
  EXPECT_EQ(with({}, http::Method::kGet).second->outbound.operation, "");
  for (const auto& bad : {std::string("a b"), std::string(129, 'x'), std::string("\x80")})
    EXPECT_EQ(with({key(bad)}, http::Method::kPut).first, "bad_idempotency_key");
  EXPECT_EQ(with({key("a"), key("b")}, http::Method::kPut).first, "bad_idempotency_key");
}

TEST_F(FiltersTest, AuthenticateReadsTheTokenItPassesOn) {
  const auto exchange =
      Make(http::Method::kGet, "/",
           {{"authorization", "bearer  " + Token("7")}, {"x-forwarded-for", "192.0.2.7"}});
  ASSERT_TRUE(Authenticate().Decode(exchange).ok());
  EXPECT_EQ(exchange->outbound.authorization, "Bearer " + Token("7"));
  EXPECT_EQ(exchange->outbound.client_address, "192.0.2.7");
  const auto twice =
      Make(http::Method::kGet, "/", {{"authorization", "Bearer a"}, {"authorization", "Bearer b"}});
  EXPECT_EQ(ReasonOf(Authenticate().Decode(twice)), "token_invalid");
}

// Takes the header X-Api-Key, or the bearer "mk_x", and answers on another thread, as a call to a
// service does.
class SlowTrader final : public CredentialTrader {
 public:
  std::optional<Credential> Find(const http::Request& request) const override {
    if (const std::string* key = request.Find("x-api-key")) return Credential{*key};
    const std::string* bearer = request.Find("authorization");
    if (bearer != nullptr && *bearer == "Bearer mk_x") return Credential{"good", true};
    return std::nullopt;
  }
  void Trade(const std::string& credential, const std::string& client_address,
             std::chrono::milliseconds deadline, Done done) override {
    deadline_ = deadline;
    client_address_ = client_address;
    traded_ = std::jthread([credential, done = std::move(done)] {
      if (credential == "good") return done(Token("42"));
      if (credential == "odd") return done(std::string("\r\nx: y"));
      done(Error::Unauthenticated("api_key_invalid", "This API key is none of ours."));
    });
  }
  std::chrono::milliseconds deadline_{};
  std::string client_address_;

 private:
  std::jthread traded_;
};

TEST_F(FiltersTest, TradeIsNothingWithoutATrader) {
  const auto exchange = Make(http::Method::kGet, "/", {{"x-api-key", "good"}});
  EXPECT_EQ(*Trade(nullptr, 5s).Decode(exchange), Step::kContinue);
  EXPECT_EQ(exchange->outbound.authorization, "");
}

TEST_F(FiltersTest, TradeWaitsForTheTokenOfAKey) {
  OwnPages pages("{}", [] { return OwnPages::Readiness{}; });
  SlowTrader trader;
  Gateway gateway(api_, upstreams_, pages, metrics_, {.deadline = 3s}, &trader);
  const auto ask = [&](std::vector<http::Header> headers) {
    const auto promise = std::make_shared<std::promise<http::Response>>();
    gateway.Handle({http::Method::kGet, "/v1/books", std::move(headers), {}},
                   [promise](http::Response response) { promise->set_value(std::move(response)); });
    return promise->get_future().get();
  };
  EXPECT_EQ(ask({{"x-api-key", "good"}}).status, 200);
  ASSERT_EQ(upstreams_.seen.size(), 1U);
  EXPECT_EQ(upstreams_.seen[0].outbound.authorization, "Bearer " + Token("42"));
  EXPECT_EQ(trader.deadline_, 3s);
  // The same person, by a token of their own: what they wrote by key is theirs to read.
  upstreams_.AnswerWith([](const auto&, const auto&, auto&) {
    Outcome outcome;
    outcome.positions.push_back({"ratings", {3, 9, 0}});
    return outcome;
  });
  EXPECT_EQ(ask({{"x-api-key", "good"}}).status, 200);
  upstreams_.AnswerWith({});
  EXPECT_EQ(ask({{"authorization", "Bearer " + Token("42")}}).status, 200);
  EXPECT_EQ(upstreams_.seen.back().outbound.positions.size(), 1U);
  const std::size_t calls = upstreams_.seen.size();
  const http::Response refused = ask({{"x-api-key", "stolen"}});
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(refused.body.find("api_key_invalid"), std::string::npos);
  EXPECT_EQ(ask({{"x-api-key", "good"}, {"authorization", "Bearer x"}}).status, 401);
  EXPECT_EQ(ask({{"x-api-key", "good"}, {"authorization", "Bearer mk_x"}}).status, 401);
  EXPECT_EQ(ask({{"x-api-key", "odd"}}).status, 500) << "no byte of it reaches gRPC";
  EXPECT_EQ(upstreams_.seen.size(), calls);
  EXPECT_EQ(ask({}).status, 200) << "who has no key needs none";
  EXPECT_EQ(ask({{"authorization", "Bearer mk_x"}, {"x-forwarded-for", "192.0.2.7"}}).status, 200);
  EXPECT_EQ(upstreams_.seen.back().outbound.authorization, "Bearer " + Token("42"))
      << "the key stays here";
  EXPECT_EQ(trader.client_address_, "192.0.2.7");
}

std::string Value(const http::Response& response, std::string_view name) {
  std::string all;
  for (const auto& header : response.headers) {
    if (header.name == name) all += (all.empty() ? "" : " and ") + header.value;
  }
  return all;
}

class LimitTest : public FiltersTest {
 protected:
  // "ada" and "grace" are people, "key" is an API key of ada's, "app" an application that acts for
  // her, "client" the same for itself, "service" is one of ours.
  static std::optional<token::Claims> Identify(std::string_view token) {
    static const std::set<std::string_view> kAll{"ada", "grace", "key", "app", "client", "service"};
    if (!kAll.contains(token)) return std::nullopt;
    token::Claims claims;
    if (token == "ada" || token == "key" || token == "app") claims.user_id = 1;
    if (token == "grace") claims.user_id = 2;
    if (token == "key") claims.api_key_id = "k1";
    if (token == "app" || token == "client") claims.client_id = "c1";
    return claims;
  }
  http::Response Ask(Limit& limit, const std::string& bearer) {
    const auto exchange = Make(http::Method::kGet, "/");
    exchange->outbound.authorization = bearer;
    const auto step = limit.Decode(exchange);
    http::Response response;
    if (!step.ok()) response = Problem(step.error(), exchange->trace.trace_id);
    limit.Encode(*exchange, response);
    return response;
  }

  LimitOptions options_{.user = {.requests = 2, .window = 1h},
                        .api_key = {.requests = 4, .window = 1h}};
  int replicas_ = 1;
  LimitSources sources_{.identify = Identify, .replicas = [this] { return replicas_; }};
};

TEST_F(LimitTest, SaysWhatIsLeftAndRefusesWhatIsTooMuch) {
  Limit limit(options_, sources_, metrics_);
  const auto first = Ask(limit, "Bearer ada");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(Value(first, "RateLimit-Policy"), R"("user";q=2;w=3600)");
  EXPECT_EQ(Value(first, "RateLimit"), R"("user";r=1;t=1800)");
  EXPECT_EQ(Ask(limit, "Bearer ada").status, 200);
  const auto refused = Ask(limit, "Bearer ada");
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.body.find("rate_limited"), std::string::npos);
  EXPECT_EQ(Value(refused, "RateLimit"), R"("user";r=0;t=3600)");
  EXPECT_EQ(Value(refused, "Retry-After"), "1800") << "once, and when there is one again";
  EXPECT_NE(metrics_.Text().find(R"(marquee_gateway_rate_limited_total{policy="user"} 1)"),
            std::string::npos);
}

TEST_F(LimitTest, CountsPeopleAndKeysApart) {
  Limit limit(options_, sources_, metrics_);
  for (int i = 0; i < 3; ++i) (void)Ask(limit, "Bearer ada");
  EXPECT_EQ(Ask(limit, "Bearer grace").status, 200);
  EXPECT_EQ(Value(Ask(limit, "Bearer key"), "RateLimit"), R"("api-key";r=3;t=900)")
      << "a key has a quota of its own";
  EXPECT_EQ(Ask(limit, "Bearer app").status, 429) << "an application's share is its person's";
  EXPECT_EQ(Value(Ask(limit, "Bearer client"), "RateLimit"), R"("api-key";r=3;t=900)")
      << "for itself it is a program as a key's is";
}

TEST_F(LimitTest, LeavesThoseAloneWhoseTokenIsNobodys) {
  Limit limit(options_, sources_, metrics_);
  for (int i = 0; i < 10; ++i) {
    for (const char* bearer : {"", "Bearer forged", "Bearer service", "Basic ada"}) {
      const auto response = Ask(limit, bearer);
      EXPECT_EQ(response.status, 200) << bearer;
      EXPECT_EQ(Value(response, "RateLimit"), "") << bearer;
    }
  }
  Limit without(options_, {}, metrics_);
  EXPECT_EQ(Value(Ask(without, "Bearer ada"), "RateLimit"), "");
  options_.user.requests = 0;
  Limit unlimited(options_, sources_, metrics_);
  EXPECT_EQ(Value(Ask(unlimited, "Bearer ada"), "RateLimit"), "");
}

TEST_F(LimitTest, LetsItsPartPassWhereThereAreMoreGateways) {
  replicas_ = 2;
  Limit limit(options_, sources_, metrics_);
  EXPECT_EQ(Value(Ask(limit, "Bearer key"), "RateLimit-Policy"), R"("api-key";q=4;w=3600)");
  EXPECT_EQ(Ask(limit, "Bearer key").status, 200);
  EXPECT_EQ(Ask(limit, "Bearer key").status, 429);
  replicas_ = 100;
  EXPECT_EQ(Ask(limit, "Bearer grace").status, 200) << "one at least";
}

TEST_F(FiltersTest, PositionsCarriesWhatWasToldBefore) {
  Positions filter(10);
  const auto write = Make(http::Method::kPut, "/");
  write->subject = "7";
  write->told = {{"ratings", {3, 100, 0}}};
  http::Response response;
  filter.Encode(*write, response);
  EXPECT_EQ(response.headers[0].value, "ratings:3:100");
  const auto read = Make(http::Method::kGet, "/", {{"marquee-position", "ratings:4:5"}});
  read->subject = "7";
  ASSERT_TRUE(filter.Decode(read).ok());
  ASSERT_EQ(read->outbound.positions.size(), 2U);
  const auto unverified = Make(http::Method::kGet, "/");
  unverified->outbound.authorization = "Bearer " + Token("7");
  ASSERT_TRUE(filter.Decode(unverified).ok());
  EXPECT_EQ(unverified->subject, "7") << "whose token nobody verified is read from it";
  EXPECT_EQ(unverified->outbound.positions.size(), 1U);
  EXPECT_EQ(read->outbound.positions[0].ToString(), "ratings:3:100");
  http::Response plain;
  filter.Encode(*read, plain);
  EXPECT_TRUE(plain.headers.empty());
}

TEST_F(FiltersTest, CallWaitsAndTakesTheAnswer) {
  upstreams_.Hold();
  upstreams_.AnswerWith([](const auto&, const auto&, auto&) {
    return Outcome{Error::NotFound("gone", "Gone."), {}};
  });
  const auto exchange = Routed(http::Method::kPut, "/v1/books/7");
  exchange->request.headers.push_back(
      {"user-agent", "curl/8\x01\xc3\xa9 " + std::string(999, 'x')});
  bool ended = false;
  exchange->respond = [&](const http::Response&) { ended = true; };
  std::vector<std::unique_ptr<Filter>> filters;
  filters.push_back(std::make_unique<Call>(upstreams_, 5s, 1s));
  filters.push_back(std::make_unique<End>());
  Chain chain(std::move(filters));
  chain.Start(exchange);
  EXPECT_FALSE(ended);
  EXPECT_EQ(upstreams_.seen[0].outbound.user_agent, "curl/8 " + std::string(246, 'x'));
  EXPECT_GT(upstreams_.seen[0].outbound.deadline, 3s);
  upstreams_.Release();
  EXPECT_TRUE(ended);
  EXPECT_EQ(exchange->failed->reason, "gone");
}

TEST_F(FiltersTest, CallHasWhatIsLeftOfTheDeadline) {
  const auto late = Routed(http::Method::kPut, "/v1/books/7");
  late->began -= 4s;
  EXPECT_TRUE(Through(std::make_unique<Call>(upstreams_, 5s, 1s), late));
  EXPECT_LE(upstreams_.seen[0].outbound.deadline, 1s);
  const auto too_late = Routed(http::Method::kPut, "/v1/books/7");
  too_late->began -= 6s;
  EXPECT_TRUE(Through(std::make_unique<Call>(upstreams_, 5s, 1s), too_late));
  EXPECT_EQ(too_late->refused->code, Code::kDeadlineExceeded);
  EXPECT_EQ(upstreams_.seen.size(), 1U);
}

TEST_F(FiltersTest, FallbackStandsInForWhatIsAwayAndNothingElse) {
  const auto exchange = Routed(http::Method::kGet, "/v1/books/7");
  exchange->failed = Error::NotFound("gone", "Gone.");
  const auto fallback = [&] { return std::make_unique<Fallback>(api_, upstreams_, metrics_, 5s); };
  EXPECT_TRUE(Through(fallback(), exchange));
  EXPECT_TRUE(upstreams_.seen.empty());
  EXPECT_EQ(exchange->failed->reason, "gone");

  const auto away = Routed(http::Method::kGet, "/v1/books/7");
  away->failed = Error::Unavailable("unavailable", "Away.");
  away->outbound.authorization = "Bearer x";
  EXPECT_TRUE(Through(fallback(), away));
  EXPECT_EQ(upstreams_.seen[0].rpc->method->name(), "AnyBook");
  EXPECT_EQ(upstreams_.seen[0].outbound.authorization, "");
  EXPECT_FALSE(away->failed);
  EXPECT_EQ(away->answers->rpc->method->name(), "AnyBook");

  upstreams_.AnswerWith([](const auto&, const auto&, auto&) {
    return Outcome{Error::Unavailable("also", "Also."), {}};
  });
  const auto both = Routed(http::Method::kGet, "/v1/books/7");
  both->failed = Error::Unavailable("first", "Away.");
  EXPECT_TRUE(Through(fallback(), both));
  EXPECT_EQ(both->failed->reason, "first");
}

TEST_F(FiltersTest, RespondTellsTheRefusalFirst) {
  const auto exchange = Routed(http::Method::kGet, "/v1/books/7");
  exchange->failed = Error::NotFound("gone", "Gone.");
  ASSERT_TRUE(Respond().Decode(exchange).ok());
  EXPECT_EQ(exchange->response.status, 404);
  exchange->refused = Error::InvalidArgument("no", "No.");
  ASSERT_TRUE(Respond().Decode(exchange).ok());
  EXPECT_EQ(exchange->response.status, 400);
}

}  // namespace
}  // namespace marquee::gateway
