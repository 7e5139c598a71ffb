#include <gtest/gtest.h>

#include "movies/movie_map.h"
#include "movies/movie_record.h"

namespace marquee::movies {
namespace {

TEST(MovieRecord, RoundTrips) {
  const MovieRecord movie{.movie_id = 7,
                          .title = "Les Misérables",
                          .year = 1995,
                          .genres = {"Drama", "War"},
                          .rating_count = 215,
                          .half_stars = 1'686};
  EXPECT_EQ(DecodeMovie(7, Encode(movie)).value(), movie);
  const Totals totals{.rating_count = 3, .half_stars = 21, .prior_ratings = 25};
  EXPECT_EQ(DecodeTotals(Encode(totals)).value(), totals);
  EXPECT_EQ(DecodeKey(KeyOf(1'000'000'001)).value(), 1'000'000'001);
}

TEST(MovieRecord, NamesWhatIsWrong) {
  EXPECT_EQ(DecodeMovie(8, Encode(MovieRecord{.movie_id = 7})).error().reason, "key_mismatch");
  EXPECT_EQ(DecodeMovie(7, "\xff\xff").error().reason, "undecodable");
  EXPECT_EQ(DecodeTotals("\xff\xff").error().reason, "undecodable");
  for (const char* key : {"", "x", "7x", "-7", "0", "99999999999999999999"})
    EXPECT_EQ(DecodeKey(key).error().reason, "key_invalid") << key;
}

TEST(MovieMap, KeepsWhatWasKnownUntilAllOfAnotherLogHasCome) {
  MovieMap<int> map;
  map.Begin();
  map.Put(1, 10);
  map.Put(2, 20);
  EXPECT_TRUE(map.known().empty());
  EXPECT_TRUE(map.Contains(1)) << "a movie that has come is known at once";
  map.Complete();
  EXPECT_EQ(map.known().size(), 2U);
  map.Put(3, 30);
  map.Remove(2);
  EXPECT_EQ(map.known(), (MovieMap<int>::Map{{1, 10}, {3, 30}}));

  map.Begin();
  map.Put(4, 40);
  EXPECT_TRUE(map.Contains(1));
  EXPECT_TRUE(map.Contains(4));
  EXPECT_EQ(map.known().size(), 2U);
  EXPECT_FALSE(map.whole());
  map.Complete();
  map.Complete();  // the totals change
  EXPECT_EQ(map.known(), (MovieMap<int>::Map{{4, 40}}));
  EXPECT_FALSE(map.Contains(1));
}

}  // namespace
}  // namespace marquee::movies
