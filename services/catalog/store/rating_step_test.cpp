// The statistics against a count over the ratings themselves, in a real PostgreSQL.
#include "catalog/store/rating_step.h"

#include <gmock/gmock.h>

#include <map>
#include <pqxx/pqxx>
#include <random>
#include <set>
#include <thread>

#include "base/testing/calls.h"
#include "catalog/domain/trend.h"
#include "catalog/store/pg_audience.h"
#include "catalog/store/pg_movies.h"
#include "catalog/testing/pg_database.h"
#include "ratings/rating_events.h"
#include "ratings/rating_projection.h"
#include "ratings/testing.h"

namespace marquee::catalog {
namespace {

using ratings::RatingChange;
using ratings::Source;

constexpr std::int64_t kDay = 24LL * 3600 * 1'000'000;
constexpr std::int64_t kNow = 20'000 * kDay;

struct Stats {
  std::int64_t count = 0;
  std::int64_t half_stars = 0;
  Trend trend;
};

RatingChange Live(std::int64_t user, std::int64_t movie, std::optional<float> value,
                  std::int64_t at_us = kNow) {
  static int number = 0;
  return {.event_id = ratings::TestEventId(user, std::to_string(++number)),
          .user_id = user,
          .movie_id = movie,
          .value = value,
          .occurred_at_us = at_us,
          .source = Source::kLive};
}

class RatingStepTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasPostgres()) GTEST_SKIP() << "needs MARQUEE_TEST_POSTGRES_URI";
    EmptyDatabase();
    pool_.emplace(pg::PoolConfig{.uri = DatabaseUri(), .max_connections = 4});
  }
  void Apply(const std::vector<RatingChange>& changes) {
    const Status applied =
        pool_->Run([&](pg::Transaction& tx) { return ApplyRatingBatch(tx, changes); });
    ASSERT_TRUE(applied.ok()) << applied.error().ToString();
  }
  std::map<std::int64_t, Stats> Kept() {
    return pool_
        ->Read([](pg::Transaction& tx) -> Result<std::map<std::int64_t, Stats>> {
          std::map<std::int64_t, Stats> kept;
          for (const auto& row : tx.exec("SELECT * FROM movie_stats")) {
            kept[row["movie_id"].as<std::int64_t>()] = {row["rating_count"].as<std::int64_t>(),
                                                        row["half_stars"].as<std::int64_t>(),
                                                        Trend(row["trend_log2"].as<double>())};
          }
          return kept;
        })
        .value();
  }
  std::map<std::int64_t, Stats> Recounted() {
    return pool_
        ->Read([](pg::Transaction& tx) -> Result<std::map<std::int64_t, Stats>> {
          std::map<std::int64_t, Stats> counted;
          for (const auto& row :
               tx.exec("SELECT movie_id, value, (extract(epoch FROM rated_at) * 1000000)::bigint"
                       " FROM ratings WHERE value IS NOT NULL")) {
            Stats& movie = counted[row[0].as<std::int64_t>()];
            movie.count += 1;
            movie.half_stars += static_cast<std::int64_t>(row[1].as<double>() * 2);
            movie.trend.Add(Trend::Of(row[2].as<std::int64_t>()));
          }
          return counted;
        })
        .value();
  }
  void ExpectStatsEqualARecount() {
    const auto kept = Kept();
    auto counted = Recounted();
    std::int64_t count = 0, half_stars = 0;
    for (const auto& [id, stats] : kept) {
      const Stats& expected = counted[id];
      EXPECT_EQ(stats.count, expected.count) << id;
      EXPECT_EQ(stats.half_stars, expected.half_stars) << id;
      if (expected.count == 0) {
        EXPECT_TRUE(stats.trend.empty()) << id;
      } else {
        EXPECT_NEAR(stats.trend.log2(), expected.trend.log2(), 1e-9) << id;
      }
      count += expected.count;
      half_stars += expected.half_stars;
    }
    EXPECT_EQ(kept.size(), counted.size());
    const auto totals = pool_->Read([](pg::Transaction& tx) -> Result<std::vector<std::int64_t>> {
      const auto row = tx.exec("SELECT rating_count, half_stars FROM rating_totals")[0];
      return std::vector{row[0].as<std::int64_t>(), row[1].as<std::int64_t>()};
    });
    EXPECT_THAT(totals.value(), testing::ElementsAre(count, half_stars));
  }

  std::optional<pg::Pool> pool_;
};

TEST_F(RatingStepTest, CountsSetsChangesAndRetractions) {
  Apply({Live(1, 10, 4.0F), Live(2, 10, 3.5F), Live(1, 11, 5.0F)});
  EXPECT_EQ(Kept()[10].count, 2);
  EXPECT_EQ(Kept()[10].half_stars, 15);
  ExpectStatsEqualARecount();
  Apply({Live(1, 10, 1.0F, kNow + kDay), Live(2, 10, std::nullopt), Live(1, 11, std::nullopt)});
  EXPECT_EQ(Kept()[10].count, 1);
  EXPECT_EQ(Kept()[10].half_stars, 2);
  EXPECT_EQ(Kept()[11].count, 0);
  ExpectStatsEqualARecount();
}

TEST_F(RatingStepTest, HasNothingOfTheErasedInAnyNumber) {
  Apply({Live(1, 10, 4.0F), Live(2, 10, 3.5F, kNow - kDay), Live(1, 11, 5.0F), Live(1, 12, 2.0F),
         Live(1, 12, std::nullopt)});
  for (int twice = 0; twice < 2; ++twice) {
    const Status erased =
        pool_->Run([](pg::Transaction& tx) { return ErasePerson(tx, {.user_id = 1}); });
    ASSERT_TRUE(erased.ok()) << erased.error().ToString();
    EXPECT_EQ(Kept()[10].count, 1);
    EXPECT_EQ(Kept()[10].half_stars, 7);
    EXPECT_EQ(Kept()[11].count, 0);
    EXPECT_EQ(Kept()[12].count, 0);
    ExpectStatsEqualARecount();
  }
  const auto left = pool_->Read([](pg::Transaction& tx) -> Result<std::int64_t> {
    return tx
        .exec(
            "SELECT (SELECT count(*) FROM ratings WHERE user_id = 1)"
            " + (SELECT count(*) FROM applied_events WHERE user_id = 1)")[0][0]
        .as<std::int64_t>();
  });
  EXPECT_EQ(*left, 0);
}

TEST_F(RatingStepTest, SumsATrendAnewWhenItsGreatestPartIsTakenAway) {
  Apply({Live(1, 10, 4.0F, kNow - 4000 * kDay), Live(2, 10, 4.0F, kNow - 3990 * kDay)});
  Apply({Live(3, 10, 4.0F, kNow)});
  Apply({Live(3, 10, std::nullopt, kNow + 1)});
  ExpectStatsEqualARecount();
}

// Users with their own histories, few movies, times over decades: every case meets every other.
std::vector<RatingChange> RandomChanges(std::mt19937_64& random, int count) {
  const auto pick = [&](int below) { return static_cast<std::int64_t>(random() % below); };
  std::vector<RatingChange> changes;
  for (int i = 0; i < count; ++i) {
    if (!changes.empty() && pick(8) == 0) {  // told again
      changes.push_back(changes[static_cast<std::size_t>(pick(static_cast<int>(changes.size())))]);
      continue;
    }
    RatingChange change = Live(1 + pick(12), 1 + pick(6), 0.5F * static_cast<float>(1 + pick(10)),
                               kNow - pick(3) * pick(4000) * kDay + pick(1000));
    if (pick(3) == 0) {
      change.source = Source::kImport;
    } else if (pick(4) == 0) {
      change.value.reset();
    }
    changes.push_back(change);
  }
  return changes;
}

// What the rule alone makes of the events, one by one.
std::map<std::pair<std::int64_t, std::int64_t>, ratings::RatingState> ByTheRule(
    const std::vector<RatingChange>& changes) {
  std::map<std::pair<std::int64_t, std::int64_t>, ratings::RatingState> states;
  std::set<std::pair<std::int64_t, Uuid>> seen;
  for (const auto& change : changes) {
    if (change.source == Source::kLive && !seen.emplace(change.user_id, change.event_id).second) {
      continue;
    }
    const auto key = std::pair(change.user_id, change.movie_id);
    const auto found = states.find(key);
    auto after =
        ratings::Apply(found != states.end() ? std::optional(found->second) : std::nullopt, change);
    if (after) states[key] = *after;
  }
  return states;
}

// Through the projection, with offsets: batches of any size, commits lost after the work was done,
// and whole batches delivered again.
TEST_F(RatingStepTest, EqualsARecountAfterAnyHistoryOfCrashesAndRedeliveries) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    EmptyDatabase();
    std::mt19937_64 random(seed);
    const auto changes = RandomChanges(random, 600);
    bool crash = false;
    ratings::RatingProjection projection(
        *pool_, [](auto) { return Status(); },
        [&](pg::Transaction& tx, std::span<const RatingChange> batch) -> Status {
          RETURN_IF_ERROR(ApplyRatingBatch(tx, batch));
          if (crash) return Error::Unavailable("killed", "before the commit");
          return {};
        });
    LogPosition at = projection.LoadPositions({0}).value().at(0);
    while (at.next_offset < static_cast<std::int64_t>(changes.size())) {
      const std::int64_t next = at.next_offset;
      const std::int64_t end =
          std::min<std::int64_t>(next + 1 + static_cast<std::int64_t>(random() % 90),
                                 static_cast<std::int64_t>(changes.size()));
      kafka::Batch batch;
      for (std::int64_t offset = next; offset < end; ++offset) {
        const auto& change = changes[static_cast<std::size_t>(offset)];
        kafka::Message message{
            .partition = 0, .offset = offset, .key = std::to_string(change.user_id)};
        ratings::EncodeRating(change, message.value);
        batch[0].push_back(std::move(message));
      }
      crash = random() % 3 == 0;
      const LogPosition after = kafka::After(batch[0].back());
      const Status applied = projection.Apply(batch, {{0, at}}, {{0, after}});
      ASSERT_EQ(applied.ok(), !crash);
      crash = false;
      if (applied.ok()) {
        EXPECT_EQ(projection.Apply(batch, {{0, at}}, {{0, after}}).error().reason,
                  kafka::kOffsetsFenced);
      }
      const LogPosition stored = projection.LoadPositions({0}).value().at(0);
      ASSERT_EQ(stored, applied.ok() ? after : at);
      at = stored;
    }
    ExpectStatsEqualARecount();
    std::map<std::int64_t, std::int64_t> expected;
    for (const auto& [key, state] : ByTheRule(changes)) expected[key.second] += state.value ? 1 : 0;
    for (const auto& [movie, count] : expected) EXPECT_EQ(Kept()[movie].count, count) << movie;
  }
}

TEST_F(RatingStepTest, TakesTurnsWithOtherReplicas) {
  std::vector<std::thread> replicas;
  for (int replica = 0; replica < 3; ++replica) {
    replicas.emplace_back([this, replica] {
      for (int batch = 0; batch < 10; ++batch) {
        std::vector<RatingChange> changes;
        for (int i = 0; i < 50; ++i) {
          // The same movies, in another order for each replica.
          const int movie = replica % 2 == 0 ? i : 49 - i;
          changes.push_back(
              {.event_id = ratings::TestEventId(replica, std::to_string(batch * 50 + i)),
               .user_id = 1000 * (replica + 1) + batch,
               .movie_id = 1 + movie,
               .value = 3.0F,
               .occurred_at_us = kNow + batch * kDay});
        }
        Apply(changes);
      }
    });
  }
  for (auto& replica : replicas) replica.join();
  EXPECT_EQ(Kept()[1].count, 30);
  ExpectStatsEqualARecount();
}

TEST_F(RatingStepTest, KeepsRatingsOfAMovieForTheDayItComes) {
  Apply({Live(1, 77, 4.0F), Live(2, 77, 5.0F)});
  PgMovieRepository movies(*pool_, 1);
  PgAudienceRepository audience(*pool_, 1);
  EXPECT_EQ(movies.Find(77, kNoDeadline).error().reason, "movie_unknown");
  EXPECT_TRUE(audience.Trending(10, kNoDeadline).value().empty());
  const std::vector<Movie> late = {{.id = 77, .title = "Late", .year = 2001}};
  ASSERT_TRUE(movies.Import(late, kNoDeadline).ok());
  EXPECT_EQ(movies.Find(77, kNoDeadline).value().audience.rating_count, 2);
  EXPECT_EQ(audience.Trending(10, kNoDeadline).value().size(), 1u);
  // … and for the day it comes back.
  ASSERT_TRUE(movies.Delete(77, kNoDeadline).ok());
  EXPECT_TRUE(audience.RatingsByYear(0, 0, kNoDeadline).value().empty());
  ASSERT_TRUE(movies.Create(late[0], {}, kNoDeadline).ok());
  EXPECT_EQ(movies.Find(77, kNoDeadline).value().audience.rating_count, 2);
}

class AudienceTest : public RatingStepTest {
 protected:
  void SetUp() override {
    RatingStepTest::SetUp();
    if (IsSkipped()) return;
    const std::vector<Movie> movies = {
        {.id = 1, .title = "One", .year = 1990, .genres = {"Comedy", "Drama"}},
        {.id = 2, .title = "Two", .year = 1990, .genres = {"Comedy"}},
        {.id = 3, .title = "Three", .year = 2000, .genres = {"Drama"}},
        {.id = 4, .title = "Four", .year = 0, .genres = {"Drama"}},
    };
    ASSERT_TRUE(movies_().Import(movies, kNoDeadline).ok());
    Apply({Live(1, 1, 5.0F, kNow - 100 * kDay), Live(2, 1, 4.0F, kNow - 100 * kDay),
           Live(3, 1, 4.5F, kNow - 100 * kDay), Live(1, 2, 2.0F, kNow), Live(2, 2, 1.0F, kNow),
           Live(1, 3, 5.0F, kNow - kDay), Live(1, 4, 3.0F, kNow - 200 * kDay)});
  }
  PgMovieRepository movies_() { return PgMovieRepository(*pool_, 2); }
  PgAudienceRepository audience_() { return PgAudienceRepository(*pool_, 2); }
  std::vector<std::int64_t> Sorted(MovieOrder order, int limit) {
    std::vector<std::int64_t> ids;
    MovieListing listing{.order = order, .limit = limit};
    do {
      const auto page = movies_().List(listing, kNoDeadline).value();
      for (const auto& movie : page.movies) ids.push_back(movie.movie.id);
      listing.after = page.next;
    } while (!listing.after.empty());
    return ids;
  }
};

TEST_F(AudienceTest, ShowsEachMoviesAudience) {
  const Audience audience = movies_().Find(1, kNoDeadline).value().audience;
  EXPECT_EQ(audience.rating_count, 3);
  EXPECT_DOUBLE_EQ(audience.mean, 4.5);
  // 24.5 over 7 ratings, weighing 2, and 13.5 over 3.
  EXPECT_DOUBLE_EQ(audience.bayesian_mean, (2 * 3.5 + 13.5) / 5);
}

TEST_F(AudienceTest, SumsUpYears) {
  const auto years = audience_().RatingsByYear(0, 0, kNoDeadline).value();
  ASSERT_EQ(years.size(), 2u);
  EXPECT_EQ(years[0].year, 1990);
  EXPECT_EQ(years[0].rating_count, 5);
  EXPECT_DOUBLE_EQ(years[0].mean, 16.5 / 5);
  EXPECT_EQ(years[1].year, 2000);
  EXPECT_EQ(audience_().RatingsByYear(1995, 0, kNoDeadline).value().size(), 1u);
  EXPECT_EQ(audience_().RatingsByYear(0, 1995, kNoDeadline).value().size(), 1u);
}

TEST_F(AudienceTest, RanksTheMoviesOfEachGenre) {
  const auto genres = audience_().PopularByGenre("", 2, kNoDeadline).value();
  ASSERT_EQ(genres.size(), 2u);
  EXPECT_EQ(genres[0].genre, "Comedy");
  ASSERT_EQ(genres[0].movies.size(), 2u);
  EXPECT_EQ(genres[0].movies[0].movie.id, 1);
  EXPECT_EQ(genres[1].genre, "Drama");
  EXPECT_EQ(genres[1].movies.size(), 2u);  // of three
  EXPECT_EQ(audience_().PopularByGenre("drama", 10, kNoDeadline).value().at(0).movies.size(), 3u);
  EXPECT_TRUE(audience_().PopularByGenre("Western", 10, kNoDeadline).value().empty());
}

TEST_F(AudienceTest, RanksTrendsByRecency) {
  const auto trending = audience_().Trending(3, kNoDeadline).value();
  ASSERT_EQ(trending.size(), 3u);
  EXPECT_EQ(trending[0].movie.movie.id, 2);
  EXPECT_EQ(trending[1].movie.movie.id, 3);
  EXPECT_EQ(trending[2].movie.movie.id, 1);
  EXPECT_NEAR(trending[0].trend.ScoreAt(Time(std::chrono::microseconds(kNow))), 2, 1e-9);
}

TEST_F(AudienceTest, SortsByCountAndBayesianMeanPageByPage) {
  for (const int limit : {1, 2, 10}) {
    EXPECT_THAT(Sorted(MovieOrder::kRatingCountDescending, limit),
                testing::ElementsAre(1, 2, 4, 3));
    EXPECT_THAT(Sorted(MovieOrder::kBayesianMeanDescending, limit),
                testing::ElementsAre(1, 3, 4, 2));
  }
}

TEST_F(AudienceTest, KeepsThePriorOfTheFirstPage) {
  MovieListing listing{.order = MovieOrder::kBayesianMeanDescending, .limit = 2};
  const auto first = movies_().List(listing, kNoDeadline).value();
  // The mean of all falls far; the order of the movies not yet shown would be another.
  std::vector<RatingChange> low;
  for (int user = 100; user < 200; ++user) low.push_back(Live(user, 99, 0.5F));
  Apply(low);
  listing.after = first.next;
  const auto second = movies_().List(listing, kNoDeadline).value();
  ASSERT_EQ(second.movies.size(), 2u);
  EXPECT_EQ(second.movies[0].movie.id, 4);
  EXPECT_EQ(second.movies[1].movie.id, 2);
}

}  // namespace
}  // namespace marquee::catalog
