#include "gateway/clients/api_key_trader.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/testing/calls.h"
#include "rules/api_key.h"

namespace marquee::gateway {
namespace {

using namespace std::chrono_literals;

// Keeps what it is asked until the test answers.
class HeldExchange final : public KeyExchange {
 public:
  void Trade(const std::string& key, const std::string& client_address,
             std::chrono::milliseconds deadline, Done done) override {
    asked.push_back({key, client_address, deadline});
    waiting_.push_back(std::move(done));
  }
  void Finish() override {}
  void Answer(Result<Token> answer) {
    const Done done = std::move(waiting_.front());
    waiting_.pop_front();
    done(std::move(answer));
  }
  void Give(const std::string& token, std::chrono::seconds lifetime = 300s) {
    Answer(Token{token, lifetime});
  }

  struct Asked {
    std::string key, client_address;
    std::chrono::milliseconds deadline;
  };
  std::vector<Asked> asked;

 private:
  std::deque<Done> waiting_;
};

class ApiKeyTraderTest : public ::testing::Test {
 protected:
  static std::string Key(char id) {
    return rules::WriteApiKey(std::string(rules::kApiKeyIdLength, id),
                              std::string(rules::kApiKeySecretLength, 's'));
  }
  // Where the answer comes to: the token, or the refusal's reason; empty until then.
  std::string& Ask(const std::string& key, const std::string& address = "192.0.2.7") {
    std::string& answer = answers_.emplace_back();
    trader_.Trade(key, address, 5s, [&answer](Result<std::string> token) {
      EXPECT_EQ(answer, "") << "answered twice";
      answer = token.ok() ? *token : token.error().reason;
    });
    return answer;
  }
  static Error Away() { return Error::Unavailable("auth_unavailable", "Away."); }
  static Error Revoked() { return Error::Unauthenticated("api_key_invalid", "Revoked."); }

  std::deque<std::string> answers_;
  ManualClock clock_;
  HeldExchange exchange_;
  ApiKeyTrader trader_{exchange_, clock_, {.max_tokens = 3, .max_refusals = 3, .max_flights = 2}};
};

std::optional<Credential> Found(const ApiKeyTrader& trader, std::vector<http::Header> headers) {
  return trader.Find({http::Method::kGet, "/", std::move(headers), {}});
}

TEST_F(ApiKeyTraderTest, FindsAKeyInEitherPlace) {
  EXPECT_FALSE(Found(trader_, {}));
  EXPECT_FALSE(Found(trader_, {{"authorization", "Bearer a.b.c"}}));
  EXPECT_FALSE(Found(trader_, {{"authorization", "Basic mk_x"}}));
  EXPECT_FALSE(Found(trader_, {{"authorization", "mk_x"}}));
  auto found = Found(trader_, {{"authorization", "bearer  mk_x"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "mk_x");
  EXPECT_TRUE(found->in_authorization);
  found = Found(trader_, {{"authorization", "Bearer mk_y"}, {"x-api-key", "mk_x"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "mk_x");
  EXPECT_FALSE(found->in_authorization) << "there are two credentials";
  found = Found(trader_, {{"x-api-key", "mk_x"}, {"x-api-key", "mk_x"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(Ask(found->text), "api_key_malformed");
}

TEST_F(ApiKeyTraderTest, RefusesAMistypedKeyByItself) {
  std::string key = Key('a');
  key[5] = 'b';
  EXPECT_EQ(Ask(key), "api_key_malformed");
  EXPECT_EQ(Ask(""), "api_key_malformed");
  EXPECT_TRUE(exchange_.asked.empty());
}

TEST_F(ApiKeyTraderTest, AsksOnceForAllWhoComeMeanwhile) {
  const std::string &first = Ask(Key('a')), &second = Ask(Key('a'));
  ASSERT_EQ(exchange_.asked.size(), 1U);
  EXPECT_EQ(exchange_.asked[0].key, Key('a'));
  EXPECT_EQ(exchange_.asked[0].client_address, "192.0.2.7");
  EXPECT_EQ(exchange_.asked[0].deadline, 2s) << "the rest of the request's time is the call's";
  exchange_.Give("t1");
  EXPECT_EQ(first, "t1");
  EXPECT_EQ(second, "t1");
  EXPECT_EQ(Ask(Key('a')), "t1");
  EXPECT_EQ(exchange_.asked.size(), 1U);
}

TEST_F(ApiKeyTraderTest, KnowsAKeyByWhoSendsItFromWhere) {
  Ask(Key('a'), "192.0.2.7");
  exchange_.Give("t1");
  const std::string& elsewhere = Ask(Key('a'), "198.51.100.1");
  ASSERT_EQ(exchange_.asked.size(), 2U) << "it may not be allowed there";
  exchange_.Answer(Error::PermissionDenied("address_not_allowed", "Not from there."));
  EXPECT_EQ(elsewhere, "address_not_allowed");
  EXPECT_EQ(Ask(Key('a'), "192.0.2.7"), "t1");
}

TEST_F(ApiKeyTraderTest, AsksAnewAfterAMomentSoThatARevokedKeyIsRefused) {
  Ask(Key('a'));
  exchange_.Give("t1");
  clock_.Advance(1999ms);
  EXPECT_EQ(Ask(Key('a')), "t1");
  clock_.Advance(1ms);
  const std::string& after = Ask(Key('a'));
  EXPECT_EQ(after, "");
  exchange_.Answer(Revoked());
  EXPECT_EQ(after, "api_key_invalid");
  clock_.Advance(1001ms);
  const std::string& later = Ask(Key('a'));
  exchange_.Answer(Away());
  EXPECT_EQ(later, "auth_unavailable") << "the token of before is forgotten";
}

TEST_F(ApiKeyTraderTest, CountsFromWhenItAsked) {
  Ask(Key('a'));
  clock_.Advance(1500ms);
  exchange_.Give("t1");
  clock_.Advance(500ms);
  EXPECT_EQ(Ask(Key('a')), "");
  EXPECT_EQ(exchange_.asked.size(), 2U);
}

TEST_F(ApiKeyTraderTest, GoesOnForAMinuteWhileAuthIsAway) {
  Ask(Key('a'));
  exchange_.Give("t1");
  clock_.Advance(59s);
  const std::string& meanwhile = Ask(Key('a'));
  exchange_.Answer(Away());
  EXPECT_EQ(meanwhile, "t1");
  const std::string& unknown = Ask(Key('b'));
  exchange_.Answer(Away());
  EXPECT_EQ(unknown, "auth_unavailable");
  clock_.Advance(1s);
  const std::string& after = Ask(Key('a'));
  exchange_.Answer(Away());
  EXPECT_EQ(after, "auth_unavailable");
}

TEST_F(ApiKeyTraderTest, UsesNoTokenToItsEnd) {
  Ask(Key('a'));
  exchange_.Give("t1", 30s);
  clock_.Advance(20s);
  const std::string& after = Ask(Key('a'));
  exchange_.Answer(Away());
  EXPECT_EQ(after, "auth_unavailable") << "it would expire on the way";
  const std::string& brief = Ask(Key('b'));
  exchange_.Give("t2", 3s);
  EXPECT_EQ(brief, "t2");
  EXPECT_EQ(Ask(Key('b')), "") << "asked each time";
}

TEST_F(ApiKeyTraderTest, RepeatsARefusalForASecond) {
  Ask(Key('a'));
  exchange_.Answer(Revoked());
  clock_.Advance(999ms);
  EXPECT_EQ(Ask(Key('a')), "api_key_invalid");
  EXPECT_EQ(exchange_.asked.size(), 1U);
  clock_.Advance(1ms);
  const std::string& again = Ask(Key('a'));
  EXPECT_EQ(exchange_.asked.size(), 2U);
  exchange_.Give("t1");
  EXPECT_EQ(again, "t1");
  EXPECT_EQ(Ask(Key('a')), "t1");
}

TEST_F(ApiKeyTraderTest, RepeatsNoOutage) {
  Ask(Key('a'));
  exchange_.Answer(Away());
  EXPECT_EQ(Ask(Key('a')), "");
  EXPECT_EQ(exchange_.asked.size(), 2U);
}

TEST_F(ApiKeyTraderTest, IsBounded) {
  Ask(Key('a'));
  Ask(Key('b'));
  EXPECT_EQ(Ask(Key('c')), "overloaded");
  EXPECT_EQ(Ask(Key('a')), "") << "asks nothing more";
  exchange_.Give("ta");
  exchange_.Give("tb");
  // Who tries keys out pushes no good one out.
  for (const char id : {'p', 'q', 'r', 's', 't'}) {
    Ask(Key(id));
    exchange_.Answer(Revoked());
  }
  const auto asked = exchange_.asked.size();
  EXPECT_EQ(Ask(Key('a')), "ta");
  EXPECT_EQ(Ask(Key('t')), "api_key_invalid");
  EXPECT_EQ(exchange_.asked.size(), asked);
  EXPECT_EQ(Ask(Key('p')), "") << "the oldest refusal is forgotten";
  exchange_.Answer(Revoked());
  for (const char id : {'c', 'd'}) {
    Ask(Key(id));
    exchange_.Give("t");
  }
  EXPECT_EQ(Ask(Key('b')), "") << "and the least recently used token";
}

}  // namespace
}  // namespace marquee::gateway
