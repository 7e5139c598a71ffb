#include "trainer/clients/ratings_client.h"

#include <gtest/gtest.h>

#include <future>
#include <limits>
#include <thread>

#include "rpc/client.h"
#include "trainer/testing/fake_services.h"
#include "trainer/testing/latent_ratings.h"

namespace marquee::trainer {
namespace {

class RatingsClientTest : public ::testing::Test {
 protected:
  using Behaviour = testing::FakeRatingsService::Behaviour;

  Result<Snapshot> Export(Behaviour behaviour) {
    ratings_.Behave(std::move(behaviour));
    return client_.Export([](std::int64_t) {}, {});
  }

  Snapshot snapshot_ = testing::LatentRatings({.users = 100, .movies = 50, .ratings_per_user = 25});
  testing::FakeAuth auth_;
  testing::FakeRatingsService ratings_;
  rpc::ServiceToken token_{rpc::MakeChannel(auth_.address()), "trainer", testing::kServiceSecret,
                           SystemClock()};
  RatingsClient client_{rpc::MakeChannel(ratings_.address()), token_, {.max_ratings = 10'000}};
};

TEST_F(RatingsClientTest, BringsTheWholeSnapshot) {
  std::vector<std::int64_t> progress;
  ratings_.Behave({.snapshot = snapshot_});
  const auto got = client_.Export([&](std::int64_t rows) { progress.push_back(rows); }, {});
  ASSERT_TRUE(got.ok()) << got.error().ToString();
  EXPECT_EQ(got->user_ids, snapshot_.user_ids);
  EXPECT_EQ(got->movie_ids, snapshot_.movie_ids);
  EXPECT_EQ(got->values, snapshot_.values);
  EXPECT_EQ(got->next_offsets, snapshot_.next_offsets);
  EXPECT_EQ(got->sha256.size(), 64U);
  EXPECT_EQ(progress, (std::vector<std::int64_t>{1'000, 2'000, 2'500, 2'500}));
}

TEST_F(RatingsClientTest, AnotherRatingIsAnotherHash) {
  const auto one = Export({.snapshot = snapshot_});
  const auto same = Export({.snapshot = snapshot_});
  const auto other = Export({.snapshot = snapshot_, .value_of_first_row = 0.5F});
  ASSERT_TRUE(one.ok() && same.ok() && other.ok());
  EXPECT_EQ(one->sha256, same->sha256);
  EXPECT_NE(one->sha256, other->sha256);
}

TEST_F(RatingsClientTest, EmptyExportIsAnEmptySnapshot) {
  const auto got = Export({});
  ASSERT_TRUE(got.ok()) << got.error().ToString();
  EXPECT_TRUE(got->values.empty());
}

TEST_F(RatingsClientTest, MissingRowsAreCounted) {
  const auto got = Export({.snapshot = snapshot_, .drop_last_rows = 7});
  EXPECT_EQ(got.error().reason, "export_truncated");
  EXPECT_NE(got.error().message.find("2493 of 2500"), std::string::npos) << got.error().message;
}

TEST_F(RatingsClientTest, StreamWithoutSummaryIsTruncated) {
  const auto got = Export({.snapshot = snapshot_, .without_summary = true});
  EXPECT_EQ(got.error().reason, "export_truncated");
}

TEST_F(RatingsClientTest, FailedStreamSaysThatItWasTheExport) {
  const auto got = Export({.snapshot = snapshot_,
                           .without_summary = true,
                           .status = {grpc::StatusCode::UNAVAILABLE, "the database is away"}});
  EXPECT_EQ(got.error().code, Code::kUnavailable);
  EXPECT_EQ(got.error().message, "The ratings can't be exported: the database is away");
}

TEST_F(RatingsClientTest, MalformedRowsAreRefused) {
  EXPECT_EQ(Export({.snapshot = snapshot_, .uneven_columns = true}).error().reason,
            "export_malformed");
  EXPECT_EQ(Export({.snapshot = snapshot_, .value_of_first_row = 5.5F}).error().reason,
            "export_malformed");
  EXPECT_EQ(
      Export({.snapshot = snapshot_, .value_of_first_row = std::numeric_limits<float>::quiet_NaN()})
          .error()
          .reason,
      "export_malformed");
}

TEST_F(RatingsClientTest, MoreThanItIsBuiltForIsRefused) {
  RatingsClient small(rpc::MakeChannel(ratings_.address()), token_, {.max_ratings = 2'000});
  ratings_.Behave({.snapshot = snapshot_});
  EXPECT_EQ(small.Export([](std::int64_t) {}, {}).error().reason, "too_many_ratings");
}

TEST_F(RatingsClientTest, HangingExportEndsWhenItIsCancelled) {
  ratings_.Behave({.snapshot = snapshot_, .hang = true});
  std::stop_source stop;
  std::promise<void> first_rows;
  std::jthread canceller([&] {
    first_rows.get_future().wait();
    stop.request_stop();
  });
  const auto got = client_.Export([&](std::int64_t) { first_rows.set_value(); }, stop.get_token());
  EXPECT_EQ(got.error().code, Code::kCancelled);
}

TEST_F(RatingsClientTest, HangingExportEndsAtItsDeadline) {
  RatingsClient hasty(rpc::MakeChannel(ratings_.address()), token_,
                      {.timeout = std::chrono::milliseconds{300}});
  ratings_.Behave({.snapshot = snapshot_, .hang = true});
  EXPECT_EQ(hasty.Export([](std::int64_t) {}, {}).error().code, Code::kDeadlineExceeded);
}

TEST_F(RatingsClientTest, RefusedTokenIsReplacedOnce) {
  const auto got = Export({.snapshot = snapshot_, .refuse_tokens = 1});
  EXPECT_TRUE(got.ok()) << got.error().ToString();
  EXPECT_EQ(auth_.issued(), 2);
  EXPECT_EQ(Export({.snapshot = snapshot_, .refuse_tokens = 2}).error().code,
            Code::kUnauthenticated);
}

}  // namespace
}  // namespace marquee::trainer
