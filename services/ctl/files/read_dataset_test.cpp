#include "ctl/files/read_dataset.h"

#include <gtest/gtest.h>

#include "ctl/testing/data_set_folder.h"

namespace marquee::ctl {
namespace {

using DatasetTest = DataSetFolder;

TEST_F(DatasetTest, ReadsCsvWithQuotesByteOrderMarkAndCrlf) {
  Write(
      "movies.csv",
      "\xEF\xBB\xBFmovieId,title,genres\r\n1,Toy Story (1995),Adventure|Comedy\r\n"
      "2,\"American President, The (1995)\",(no genres listed)\r\n3,\"Say \"\"Hi\"\"\",Drama\r\n");
  Write("links.csv", "movieId,imdbId,tmdbId\r\n1,0114709,862\r\n2,0112346,\r\n");
  Write(
      "ratings.csv",
      "\xEF\xBB\xBFuserId,movieId,rating,timestamp\r\n1,1,4.0,964982703\r\n1,3,0.5,964982704\r\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  EXPECT_EQ(dataset->format, "csv");
  ASSERT_EQ(dataset->movies.size(), 3U);
  EXPECT_EQ(dataset->movies[0].title, "Toy Story");
  EXPECT_EQ(dataset->movies[0].year, 1995);
  EXPECT_EQ(dataset->movies[0].imdb_id, "tt0114709");
  EXPECT_EQ(dataset->movies[0].tmdb_id, 862);
  EXPECT_EQ(dataset->movies[1].title, "The American President");
  EXPECT_TRUE(dataset->movies[1].genres.empty());
  EXPECT_EQ(dataset->movies[2].title, "Say \"Hi\"");
  ASSERT_EQ(dataset->ratings.size(), 2U);
  EXPECT_EQ(dataset->ratings[1].value, 0.5F);
  EXPECT_TRUE(rejects_.empty());
}

TEST_F(DatasetTest, LeavesOutWhatCannotBeUsedAndSaysWhereAndWhy) {
  Write("movies.csv",
        "movieId,title,genres\n1,Toy Story (1995),Comedy\n1,Again "
        "(1995),Comedy\n2,,Drama\nx,Y,Z\n9,\"open\n");
  Write("ratings.csv",
        "userId,movieId,rating,timestamp\n"
        "1,1,4.0,1\n"           // 2: superseded by line 9
        "1,1\n"                 // 3
        "1,one,4.0,1\n"         // 4
        "1,1,5.5,1\n"           // 5
        "1,1,3.3,1\n"           // 6
        "1,77,4.0,1\n"          // 7
        "\xff,1,4.0,1\n"        // 8
        "1,1,2.0,1\n"           // 9
        "2000000000,1,2.0,1\n"  // 10
        "\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok());
  ASSERT_EQ(dataset->ratings.size(), 1U);
  EXPECT_EQ(dataset->ratings[0].value, 2.0F);
  const std::map<std::string, std::uint64_t> expected{
      {"duplicate_movie", 1}, {"missing_field", 2}, {"bad_number", 2},
      {"unclosed_quote", 1},  {"duplicate", 1},     {"rating_out_of_range", 2},
      {"unknown_movie", 1},   {"bad_utf8", 1},      {"id_out_of_range", 1}};
  EXPECT_EQ(dataset->report.rejected, expected);
  const auto at = [&](const std::string& file, std::uint64_t line) {
    for (const auto& reject : rejects_) {
      if (reject.file == file && reject.line == line) return reject.reason;
    }
    return std::string("none");
  };
  EXPECT_EQ(at("ratings.csv", 2), "duplicate");
  EXPECT_EQ(at("ratings.csv", 3), "missing_field");
  EXPECT_EQ(at("ratings.csv", 8), "bad_utf8");
  EXPECT_EQ(at("movies.csv", 6), "unclosed_quote");
}

TEST_F(DatasetTest, ReadsTheDoubleColonFormatInLatin1) {
  Write("movies.dat",
        "1::Toy Story (1995)::Animation|Children's|Comedy\n2::Caf\xe9 (1996)::Drama\n");
  Write("ratings.dat", "1::2::5::978300760\n2::1::3::978300761\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(dataset->format, "dat");
  EXPECT_EQ(dataset->movies[0].genres,
            (std::vector<std::string>{"Animation", "Children", "Comedy"}));
  EXPECT_EQ(dataset->movies[1].title, "Caf\xc3\xa9");
  EXPECT_EQ(dataset->ratings.size(), 2U);
}

TEST_F(DatasetTest, ReadsTheTabSeparatedFormat) {
  Write("u.item",
        "1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n");
  Write("u.data", "196\t1\t3\t881250949\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(dataset->format, "100k");
  EXPECT_EQ(dataset->movies[0].genres,
            (std::vector<std::string>{"Animation", "Children", "Comedy"}));
  ASSERT_EQ(dataset->ratings.size(), 1U);
  EXPECT_EQ(dataset->ratings[0].timestamp, 881250949);
}

TEST_F(DatasetTest, ReadsJsonLines) {
  Write("movies.jsonl",
        "{\"movie_id\": 1, \"title\": \"Up (2009)\", \"genres\": [\"Animation\"]}\nnot json\n");
  Write("ratings.jsonl",
        "{\"user_id\": 5, \"movie_id\": 1, \"rating\": 4.5, \"timestamp\": 7}\n{\"user_id\": 5, "
        "\"rating\": 4.5}\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(dataset->movies[0].year, 2009);
  ASSERT_EQ(dataset->ratings.size(), 1U);
  EXPECT_EQ(dataset->report.rejected.at("bad_json"), 1U);
  EXPECT_EQ(dataset->report.rejected.at("missing_field"), 1U);
}

TEST_F(DatasetTest, SaysWhatItLookedForWhenThereIsNothing) {
  EXPECT_EQ(Read().error().reason, "unknown_format");
  EXPECT_EQ(ReadDataset(folder_ / "gone", {}).error().reason, "no_such_folder");
  Write("movies.csv", "a,b\n");
  Write("ratings.csv", "a,b\n");
  EXPECT_EQ(Read().error().reason, "bad_header");
}

}  // namespace
}  // namespace marquee::ctl
