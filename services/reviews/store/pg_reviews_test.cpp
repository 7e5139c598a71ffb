#include "reviews/store/pg_reviews.h"

#include "pg/pool.h"
#include "pg/testing.h"
#include "reviews/testing/store_contract.h"

namespace marquee::reviews {
namespace {

// One database for the program, emptied for each test.
const pg::TestDatabase& Database() {
  static const pg::TestDatabase database;
  static const bool migrated = (database.Migrate("services/reviews/migrations"), true);
  (void)migrated;
  return database;
}

class PgFixture {
 public:
  static const char* Missing() {
    return pg::HasTestPostgres() ? nullptr : "MARQUEE_TEST_POSTGRES_URI";
  }
  PgFixture() : pool_(Config()) {
    Database().Execute("TRUNCATE reviews, erased_users RESTART IDENTITY");
  }
  ReviewRepository& reviews() { return reviews_; }
  pg::Pool& pool() { return pool_; }

 private:
  static pg::PoolConfig Config() {
    pg::PoolConfig config;
    config.uri = Database().uri();
    return config;
  }
  pg::Pool pool_;
  PgReviews reviews_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ReviewContract, PgFixture);

TEST(PgReviews, ForgetsTheSentimentOfAChangedText) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  PgFixture fixture;
  const CallContext soon(SystemClock().Now() + std::chrono::seconds{10});
  const auto review =
      fixture.reviews().Create({1, 1, "Ada", *ReviewText::Make("Fine."), soon.deadline}, soon);
  ASSERT_TRUE(review.ok());
  Database().Execute("UPDATE reviews SET sentiment = 0.5");
  ASSERT_TRUE(fixture.reviews()
                  .Update(review->review_id, *ReviewText::Make("Bad."), soon.deadline, soon)
                  .ok());
  // Fails by dividing by zero if a sentiment is left.
  EXPECT_NO_THROW(
      Database().Execute("SELECT 1 / (count(*) = 0)::int FROM reviews "
                         "WHERE sentiment IS NOT NULL"));
}

TEST(PgReviews, KeepsNothingOfWhoIsErased) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  PgFixture fixture;
  const CallContext soon(SystemClock().Now() + std::chrono::seconds{10});
  const auto write = [&](std::int64_t movie, std::int64_t user) {
    return fixture.reviews().Create(
        {movie, user, "Ada", *ReviewText::Make("Fine."), soon.deadline, Uuid::V7(soon.deadline)},
        soon);
  };
  for (const std::int64_t movie : {1, 2}) ASSERT_TRUE(write(movie, 1'000'000'001).ok());
  const auto stays = write(1, 1'000'000'002);
  const auto erased = fixture.pool().Run(
      [&](pg::Transaction& tx) { return ErasePerson(tx, {.user_id = 1'000'000'001}); });
  ASSERT_TRUE(erased.ok());
  EXPECT_EQ(fixture.reviews().List(1, stays->review_id + 1, 10, soon)->size(), 1U);
  EXPECT_TRUE(fixture.reviews().List(2, stays->review_id + 1, 10, soon)->empty());
  // As the consumer notes it; the token may be believed for a moment longer.
  Database().Execute("INSERT INTO erased_users VALUES (1000000001, 'e', now())");
  EXPECT_EQ(write(3, 1'000'000'001).error().reason, "token_revoked");
  EXPECT_TRUE(write(3, 1'000'000'002).ok());
}

}  // namespace
}  // namespace marquee::reviews
