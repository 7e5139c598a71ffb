#include "gateway/clients/key_exchange.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "base/testing/calls.h"
#include "rpc/client.h"
#include "rpc/status.h"
#include "rpc/testing/fake_auth.h"

namespace marquee::gateway {
namespace {

using namespace std::chrono_literals;

// Trades a key for the key's own text, unless the test has another answer.
class TradingAuth final : public rpc::FakeAuth {
 public:
  using FakeAuth::FakeAuth;
  grpc::Status TradeApiKey(grpc::ServerContext* context,
                           const auth::v1::TradeApiKeyRequest* request,
                           auth::v1::TradeApiKeyResponse* response) override {
    const auto found = context->client_metadata().find("authorization");
    const std::lock_guard lock(mutex);
    bearers.push_back(found == context->client_metadata().end()
                          ? ""
                          : std::string(found->second.data(), found->second.size()));
    client_address = request->client_address();
    if (refusals > 0) {
      --refusals;
      return rpc::ToGrpc(refusal, *context);
    }
    response->set_access_token("of " + request->key());
    response->set_expires_in(300);
    return grpc::Status::OK;
  }

  std::mutex mutex;
  std::vector<std::string> bearers;
  std::string client_address;
  int refusals = 0;
  Error refusal;
};

class KeyExchangeTest : public ::testing::Test {
 protected:
  std::string Trade(const std::string& key, std::chrono::milliseconds deadline = 10s) {
    std::promise<std::string> answer;
    exchange_->Trade(key, "192.0.2.7", deadline, [&](Result<KeyExchange::Token> token) {
      answer.set_value(token.ok()
                           ? token->access_token
                           : std::string(Name(token.error().code)) + " " + token.error().reason);
    });
    return answer.get_future().get();
  }
  void Refuse(int times, Error why) {
    const std::lock_guard lock(auth_.mutex);
    auth_.refusals = times;
    auth_.refusal = std::move(why);
  }

  TradingAuth auth_{"secret"};
  // At the present, and then as the test says: deadlines are gRPC's.
  ManualClock clock_{SystemClock().Now()};
  std::unique_ptr<KeyExchange> exchange_ =
      MakeKeyExchange(rpc::MakeChannel(auth_.address()), "gateway", "secret", clock_);
};

TEST_F(KeyExchangeTest, TradesInItsOwnNameAndKeepsThat) {
  EXPECT_EQ(Trade("a"), "of a");
  EXPECT_EQ(Trade("b"), "of b");
  EXPECT_EQ(auth_.issued(), 1);
  EXPECT_TRUE(auth_.bearers[0].starts_with("Bearer ")) << auth_.bearers[0];
  EXPECT_EQ(auth_.client_address, "192.0.2.7");
  clock_.Advance(10min);
  EXPECT_EQ(Trade("c"), "of c");
  EXPECT_EQ(auth_.issued(), 2) << "before it expires";
}

TEST_F(KeyExchangeTest, TellsWhatAuthSaysOfTheKey) {
  Refuse(1, Error::Unauthenticated("api_key_expired", "Expired."));
  EXPECT_EQ(Trade("a"), "UNAUTHENTICATED api_key_expired");
  Refuse(1, Error::PermissionDenied("address_not_allowed", "Not from there."));
  EXPECT_EQ(Trade("a"), "PERMISSION_DENIED address_not_allowed");
  EXPECT_EQ(auth_.bearers.size(), 2U);
}

TEST_F(KeyExchangeTest, GetsANewTokenOfItsOwnWhenThatIsRefused) {
  EXPECT_EQ(Trade("a"), "of a");
  Refuse(1, Error::Unauthenticated("token_invalid", "Its key is unknown."));
  EXPECT_EQ(Trade("b"), "of b");
  EXPECT_EQ(auth_.issued(), 2);
  Refuse(2, Error::Unauthenticated("token_invalid", "Its key is unknown."));
  EXPECT_EQ(Trade("c"), "UNAVAILABLE auth_unavailable") << "it is no fault of the key";
  EXPECT_EQ(auth_.issued(), 3);
}

TEST_F(KeyExchangeTest, SaysThatAuthIsAway) {
  Refuse(1, Error::Unavailable("database_unavailable", "Away."));
  EXPECT_EQ(Trade("a"), "UNAVAILABLE auth_unavailable");
  Refuse(1, Error::Internal("a bug"));
  EXPECT_EQ(Trade("a"), "UNAVAILABLE auth_unavailable");
  exchange_ = MakeKeyExchange(rpc::MakeChannel("127.0.0.1:1"), "gateway", "secret", clock_);
  EXPECT_EQ(Trade("a"), "UNAVAILABLE auth_unavailable");
  exchange_ = MakeKeyExchange(rpc::MakeChannel(auth_.address()), "gateway", "wrong", clock_);
  EXPECT_EQ(Trade("a"), "UNAVAILABLE auth_unavailable");
}

TEST_F(KeyExchangeTest, EndsWithWhatWasAsked) {
  std::atomic<int> answered = 0;
  for (int i = 0; i < 20; ++i) exchange_->Trade("a", "", 10s, [&](const auto&) { ++answered; });
  exchange_->Finish();
  EXPECT_EQ(answered, 20);
}

}  // namespace
}  // namespace marquee::gateway
