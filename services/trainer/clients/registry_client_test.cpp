// The registry's client where nobody answers: what it does with its call's time.
#include "trainer/clients/registry_client.h"

#include <gtest/gtest.h>

#include "base/testing/calls.h"
#include "rpc/client.h"
#include "trainer/testing/fake_services.h"
#include "trainer/testing/names.h"

namespace marquee::trainer {
namespace {

class RegistryClientTest : public ::testing::Test {
 protected:
  testing::FakeAuth auth_;
  rpc::ServiceToken token_{rpc::MakeChannel(auth_.address()), "trainer", testing::kServiceSecret,
                           SystemClock()};
  RegistryClient registry_{rpc::MakeChannel("127.0.0.1:1"), token_, {}};
};

TEST_F(RegistryClientTest, SaysUnavailableWhileTheRegistryIsAway) {
  EXPECT_EQ(registry_.OfRuns({1}, kNoDeadline).error().code, Code::kUnavailable);
  EXPECT_EQ(registry_.Register({}, kNoDeadline).error().code, Code::kUnavailable);
}

TEST_F(RegistryClientTest, NothingIsAskedForACallWhoseTimeIsUp) {
  const CallContext late(SystemClock().Now() - std::chrono::milliseconds{1});
  EXPECT_EQ(registry_.Champion(kRanking, late).error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(registry_.FetchEvaluation({}, "/nonexistent/file", late).error().code,
            Code::kDeadlineExceeded);
  EXPECT_EQ(registry_.Register({}, late).error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(registry_.OfRuns({1}, late).error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(registry_.TakeOver({}, {}, {}, late).error().code, Code::kDeadlineExceeded);
}

}  // namespace
}  // namespace marquee::trainer
