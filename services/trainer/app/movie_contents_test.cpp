#include "trainer/app/movie_contents.h"

#include <gtest/gtest.h>

namespace marquee::trainer {
namespace {

TEST(MovieContents, AreThoseOfTheCatalogueThatCameAsAWhole) {
  MovieContents contents;
  EXPECT_TRUE(contents.Get()->empty()) << "nothing has come";
  contents.Begin();
  contents.Put({.movie_id = 5, .title = "Heat", .year = 1995, .genres = {"Crime", "Drama"}}, "");
  EXPECT_TRUE(contents.Get()->empty()) << "half a catalogue";
  contents.Complete({});
  const auto known = contents.Get();
  ASSERT_TRUE(known->contains(5));
  EXPECT_EQ(known->at(5).year, 1995);
  EXPECT_EQ(known->at(5).genres, (std::vector<std::string>{"Crime", "Drama"}));

  contents.Put({.movie_id = 5, .title = "Heat", .year = 1996, .genres = {}}, "");
  contents.Put({.movie_id = 6, .title = "Ronin", .year = 0, .genres = {}}, "");
  contents.Remove(7);
  EXPECT_EQ(contents.Get()->at(5).year, 1996);
  EXPECT_EQ(known->at(5).year, 1995) << "a run's copy stays";

  contents.Begin();  // another log
  EXPECT_EQ(contents.Get()->size(), 2U) << "that of before, until the other has come";
  contents.Complete({});
  EXPECT_TRUE(contents.Get()->empty());
}

}  // namespace
}  // namespace marquee::trainer
