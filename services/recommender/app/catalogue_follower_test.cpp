#include "recommender/app/catalogue_follower.h"

#include <gtest/gtest.h>

#include <thread>

#include "recommender/testing/fixtures.h"

namespace marquee::recommender {
namespace {

using namespace std::chrono_literals;
using testing_::Ids;
using testing_::MakeRecord;

class CatalogueFollowerTest : public testing::Test {
 protected:
  void Put(const movies::MovieRecord& movie) { follower_.Put(movie, movies::Encode(movie)); }
  // Until the copy shows all that was told.
  std::shared_ptr<const Serving> Shown() {
    const auto until = std::chrono::steady_clock::now() + 10s;
    const auto before = serving_.Get();
    while (serving_.Get() == before && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return serving_.Get();
  }

  metrics::Metrics metrics_;
  ServingHolder serving_;
  CatalogueFollower follower_{serving_, {.look_every = 1ms, .pause = 1ms}, metrics_};
};

TEST_F(CatalogueFollowerTest, HasNothingUntilAllHasCome) {
  follower_.Begin();
  Put(MakeRecord(1));
  EXPECT_EQ(follower_.Ready().error().reason, "catalogue_unavailable");
  EXPECT_EQ(serving_.Get()->catalogue(), nullptr);
}

TEST_F(CatalogueFollowerTest, ShowsMoviesWithTheirMeans) {
  testing_::Tell(follower_, Ids(1, 3));
  const auto serving = Shown();
  const auto& catalogue = *serving->catalogue();
  ASSERT_EQ(catalogue.size(), 3);
  EXPECT_EQ(catalogue.Title(0), "Movie 1");
  EXPECT_EQ(catalogue.Genres(1), std::vector<std::string>{"Even"});
  // 1 × 3.5, 2 × 4, 3 × 3: a mean of 20.5 / 6, worth 25 ratings.
  EXPECT_EQ(catalogue.RatingCount(1), 2);
  EXPECT_FLOAT_EQ(static_cast<float>(catalogue.RatingMean(1)), 4);
  EXPECT_NEAR(catalogue.RatingBayesianMean(1), (25 * 20.5 / 6 + 8) / 27, 1e-6);
  EXPECT_TRUE(follower_.Ready().ok());
}

TEST_F(CatalogueFollowerTest, AnEmptyCatalogueIsOne) {
  testing_::Tell(follower_, {});
  EXPECT_EQ(Shown()->catalogue()->size(), 0);
}

TEST_F(CatalogueFollowerTest, FollowsChangesAndDeletions) {
  testing_::Tell(follower_, Ids(1, 3));
  Shown();
  auto renamed = MakeRecord(2);
  renamed.title = "Renamed";
  Put(renamed);
  EXPECT_EQ(Shown()->catalogue()->Title(1), "Renamed");
  follower_.Remove(2);
  EXPECT_EQ(Shown()->catalogue()->size(), 2);
}

TEST_F(CatalogueFollowerTest, KeepsTheCopyWhileAnotherLogIsRead) {
  testing_::Tell(follower_, Ids(1, 3));
  const auto before = Shown();
  follower_.Begin();
  Put(MakeRecord(4));
  EXPECT_TRUE(follower_.Ready().ok());
  EXPECT_EQ(serving_.Get(), before);
  follower_.Complete({});
  EXPECT_EQ(Shown()->catalogue()->size(), 1);
}

}  // namespace
}  // namespace marquee::recommender
