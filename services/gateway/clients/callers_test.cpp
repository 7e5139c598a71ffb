#include "gateway/clients/callers.h"

#include <gtest/gtest.h>

#include <future>

#include "rpc/testing/fake_auth.h"

namespace marquee::gateway {
namespace {

TEST(Callers, AreKnownOnceThereAreKeysAndNobodyWaitsForThem) {
  const rpc::FakeAuth auth("secret");
  std::promise<void> asked, answer;
  std::atomic<int> times = 0;
  Callers callers(
      [&, keys = auth.Keys(),
       answered = answer.get_future().share()]() -> Result<std::vector<token::PublicKey>> {
        if (times++ == 0) {
          asked.set_value();
          answered.wait();
        }
        return keys();
      },
      SystemClock());
  asked.get_future().wait();
  const std::string ada = auth.Token("user", 7);
  EXPECT_FALSE(callers.Identify(ada)) << "auth hasn't answered yet";
  answer.set_value();
  std::optional<token::Claims> claims;
  while (!(claims = callers.Identify(ada))) std::this_thread::yield();
  EXPECT_EQ(claims->user_id, 7);

  const rpc::FakeAuth other("secret");
  EXPECT_FALSE(callers.Identify(other.Token("user", 7))) << "signed by somebody else";
  EXPECT_FALSE(callers.Identify("nonsense"));
  EXPECT_EQ(callers.Identify(auth.Token("service"))->user_id, 0);
}

}  // namespace
}  // namespace marquee::gateway
