#include "ctl/domain/genres.h"

#include <gtest/gtest.h>

namespace marquee::ctl {
namespace {

using Names = std::vector<std::string>;

TEST(Genres, AreReadInTheFormsThatTablesHave) {
  const std::pair<const char*, Names> cases[] = {
      {"Drama|Comedy", {"Drama", "Comedy"}},
      {"Drama", {"Drama"}},
      {"Sci-Fi/Fantasy", {"Sci-Fi/Fantasy"}},
      {" Drama | Comedy ", {"Drama", "Comedy"}},
      {"Drama||Comedy|", {"Drama", "Comedy"}},
      {"Drama, Comedy", {"Drama", "Comedy"}},
      {"Drama,Comedy", {"Drama", "Comedy"}},
      {"Drama;Comedy", {"Drama", "Comedy"}},
      {"Action, Adventure|Drama", {"Action, Adventure", "Drama"}},
      {R"(["Drama","Comedy"])", {"Drama", "Comedy"}},
      {"['Drama', \"Children's\"]", {"Drama", "Children's"}},
      {R"([{"id":18,"name":"Drama"},{"name":"Comedy"}])", {"Drama", "Comedy"}},
      {"[{'id': 16, 'name': 'Animation'}, {'id': 35, 'name': 'Comedy'}]", {"Animation", "Comedy"}},
      {R"(["Com\"edy"])", {"Com\"edy"}},
      {"", {}},
      {"(no genres listed)", {}},
      {"\\N", {}},
      {"[]", {}},
      {"[ ]", {}}};
  for (const auto& [text, names] : cases) {
    const auto genres = ParseGenres(text);
    EXPECT_NE(genres.form, GenreForm::kUnknown) << text;
    EXPECT_EQ(genres.names, names) << text;
  }
}

TEST(Genres, AreNotGuessedAt) {
  for (const char* text :
       {"[28, 12]", "[", "['Drama'", "['Drama' 'Comedy']", "['Drama',]", "[\"Drama]", "{'id': 18}",
        "[{'id': 18}]", "[{'name': 18}]", "[{'name' 'Drama'}]", "['Drama'] and more", "{\"Drama\"}",
        R"(["Drama\u00e9"])", "[['Drama']]"}) {
    EXPECT_EQ(ParseGenres(text).form, GenreForm::kUnknown) << text;
    EXPECT_TRUE(ParseGenres(text).names.empty()) << text;
  }
}

}  // namespace
}  // namespace marquee::ctl
