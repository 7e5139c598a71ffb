// What is left out, why, and what is said of what was understood.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ctl/domain/notes.h"
#include "ctl/testing/data_set_folder.h"

namespace marquee::ctl {
namespace {

class RejectsTest : public DataSetFolder {
 protected:
  // The ratings' lines below a header; movies as WriteMovies has them.
  void WriteRatings(const std::string& lines) {
    WriteMovies();
    Write("ratings.csv", "userId,movieId,rating,timestamp\n" + lines);
  }
  void WriteMovieLines(const std::string& lines) {
    Write("movies.csv", "movieId,title,genres\n" + lines);
    Write("ratings.csv", "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n");
  }
  Dataset Must() {
    auto dataset = Read();
    EXPECT_TRUE(dataset.ok()) << (dataset.ok() ? "" : dataset.error().ToString());
    return dataset.ok() ? std::move(*dataset) : Dataset{};
  }
};

struct Line {
  const char* text;
  const char* outcome;  // "none": taken
  const char* hint;     // "" for none
};
void PrintTo(const Line& line, std::ostream* out) { *out << line.text; }

class RatingLines : public RejectsTest, public testing::WithParamInterface<Line> {};

TEST_P(RatingLines, CostThemselvesAlone) {
  const auto [text, outcome, hint] = GetParam();
  WriteRatings(std::string("21,11,4.0,1100000000\n") + text + "\n22,13,2.5,1100000200\n");
  const auto dataset = Must();
  EXPECT_EQ(At("ratings.csv", 3), outcome);
  EXPECT_EQ(dataset.ratings.size(), std::string(outcome) == "none" ? 3U : 2U);
  const auto& hints = dataset.report.ratings.hints;
  EXPECT_EQ(hints.empty() ? "" : hints.begin()->first, hint);
  if (*hint != '\0') {
    EXPECT_NE(DescribeHint(hint), hint) << "no sentence";
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, RatingLines,
    testing::Values(
        Line{"23,11,3.0,1100000000", "none", ""}, Line{" 23 , 11 , 3.0 , 1100000000 ", "none", ""},
        Line{"23,11,3.0,0", "none", ""}, Line{"23,11,3.0,1700086400", "none", ""},
        Line{"23,11,3.0,1700086401", "time_out_of_range timestamp", "times_in_the_future"},
        Line{"23,11,3.0,4102444800", "time_out_of_range timestamp", "times_in_the_future"},
        Line{"23,11,3.0,-1", "time_out_of_range timestamp", "times_before_1970"},
        Line{"23,11,3.0,1100000000000", "time_out_of_range timestamp", "times_in_milliseconds"},
        Line{"23,11,3.0,1100000000000000", "time_out_of_range timestamp", "times_in_microseconds"},
        Line{"23,11,3.0,1100000000000000000", "time_out_of_range timestamp",
             "times_in_nanoseconds"},
        Line{"23,11,3.0,9223372036854775807", "time_out_of_range timestamp", "times_in_the_future"},
        Line{"23,11,3.0,99999999999999999999", "bad_number timestamp", ""},
        Line{"23,11,3.0,1.1E+09", "bad_number timestamp", "rounded_by_a_spreadsheet"},
        Line{"23,11,3.0,11/09/2004", "bad_number timestamp", "dates_of_another_form"},
        Line{"23,11,3.0,", "missing_field timestamp", ""},
        Line{"23,11,,1100000000", "missing_field rating", ""},
        Line{"23,,3.0,1100000000", "missing_field movieId", ""},
        Line{",11,3.0,1100000000", "missing_field userId", ""},
        Line{"23,11,3.0", "missing_field", ""}, Line{"23", "missing_field", ""},
        Line{"23,11,3.0,1100000000,x", "too_many_fields", "separator_unquoted"},
        Line{"23,11,3.0,1100000000,", "none", ""},
        Line{"23,11,0,1100000000", "rating_out_of_range rating", "ratings_of_0"},
        Line{"23,11,8,1100000000", "rating_out_of_range rating", "scale_1_to_10"},
        Line{"23,11,85,1100000000", "rating_out_of_range rating", "scale_1_to_100"},
        Line{"23,11,3.3,1100000000", "rating_out_of_range rating", "no_half_stars"},
        Line{"23,11,-1,1100000000", "rating_out_of_range rating", ""},
        Line{"23,11,nan,1100000000", "rating_out_of_range rating", ""},
        Line{"23,11,inf,1100000000", "rating_out_of_range rating", ""},
        Line{"23,11,four,1100000000", "bad_number rating", ""},
        Line{"23,11,'4',1100000000", "bad_number rating", "values_quoted"},
        Line{"abc,11,3.0,1100000000", "bad_number userId", "ids_are_text"},
        Line{"23,B001E4KFG0,3.0,1100000000", "bad_number movieId", "ids_are_text"},
        Line{"23.5,11,3.0,1100000000", "bad_number userId", "ids_are_text"},
        Line{"0,11,3.0,1100000000", "id_out_of_range userId", ""},
        Line{"-5,11,3.0,1100000000", "id_out_of_range userId", ""},
        Line{"1000000000,11,3.0,1100000000", "id_out_of_range userId", "ids_of_accounts"},
        Line{"2147483648,11,3.0,1100000000", "id_out_of_range userId", "ids_of_accounts"},
        Line{"9007199254740993,11,3.0,1100000000", "id_out_of_range userId", "ids_of_accounts"},
        Line{"9223372036854775807,11,3.0,1100000000", "id_out_of_range userId", "ids_of_accounts"},
        Line{"9223372036854775808,11,3.0,1100000000", "id_out_of_range userId", "ids_of_accounts"},
        Line{"23,4294967307,3.0,1100000000", "id_out_of_range movieId", "ids_of_accounts"},
        Line{"23,999999999,3.0,1100000000", "unknown_movie movieId", "movies_missing"},
        Line{"23,11,\"3.0\",\"1100000000\"", "none", ""},
        Line{"23,11,\"3.0\"x,1100000000", "bad_quotes", ""},
        Line{"23,11,\"3.0,1100000000", "unclosed_quote", ""},
        Line{"\xff,11,3.0,1100000000", "bad_utf8", "another_encoding"},
        Line{"23\t11\t3.0\t1100000000", "missing_field", ""}));

TEST_F(RejectsTest, APairedQuoteOfAnotherLineCostsNoMoreThanALine) {
  WriteMovieLines(
      "11,\"Harbour Lights (1988),Drama\n12,\"Kites, Paper (1991)\",Comedy\n13,\"Two\nlines "
      "(1990)\",Drama\n14,Fine (1999),Drama\n15,\"never closed (1999),Drama\n16,Last "
      "(2000),Drama\n");
  const auto dataset = Must();
  EXPECT_EQ(At("movies.csv", 2), "bad_quotes");
  EXPECT_EQ(At("movies.csv", 4), "text_invalid title");  // a title has no line break
  EXPECT_EQ(At("movies.csv", 7), "unclosed_quote");
  ASSERT_EQ(dataset.movies.size(), 3U);
  EXPECT_EQ(dataset.movies[0].title, "Kites, Paper");
  EXPECT_EQ(dataset.movies[1].id, 14);
  EXPECT_EQ(dataset.movies[2].id, 16);
  EXPECT_EQ(At("ratings.csv", 2), "unknown_movie movieId");
}

TEST_F(RejectsTest, ALongLineIsSkippedWithoutHoldingIt) {
  WriteMovieLines("11,Harbour Lights (1988),Drama\n12," + std::string(3 << 20, 'x') +
                  " (1999),Drama\n13,\"" + std::string(100'000, 'y') + "\n14,Fine (1999),Drama\n");
  const auto dataset = Must();
  EXPECT_EQ(At("movies.csv", 3), "line_too_long");
  EXPECT_EQ(At("movies.csv", 4), "line_too_long");
  EXPECT_EQ(dataset.movies.size(), 2U);
  for (const auto& reject : rejects_) EXPECT_LT(reject.detail.size(), 400U);
}

TEST_F(RejectsTest, AFileOfOneEndlessLineIsNoTrouble) {
  WriteMovies();
  Write("ratings.csv", std::string(5 << 20, 'x'));
  EXPECT_EQ(ReasonOfError(), "bad_header");
}

TEST_F(RejectsTest, WhatTheServerWouldRefuseOfAMovieIsAReject) {
  std::string many = "14,Many (1999),";
  for (int i = 0; i < 33; ++i) many += (i == 0 ? "G" : "|G") + std::to_string(i);
  WriteMovieLines(
      "11,Harbour Lights (1988),Drama\n12," + std::string(501, 'x') + ",Drama\n13,Genre (1999)," +
      std::string(65, 'g') + "\n" + many +
      "\n15,a\x01"
      "b,Drama\n16,a" +
      std::string(1, '\0') +
      "b,Drama\n17,\xC2\x85,Drama\n18,Fine,G\x7f\n0,Zero,Drama\n1000000000,Own,Drama\n"
      "9223372036854775807,Last,Drama\n19, ,Drama\n20,,Drama\n,No id,Drama\n21,List,\"[28, 12]\"\n"
      "11,Again (1990),Drama\n22,Last Fine (1999),Drama\n");
  const auto dataset = Must();
  EXPECT_EQ(At("movies.csv", 3), "text_too_long title");
  EXPECT_EQ(At("movies.csv", 4), "text_too_long genres");
  EXPECT_EQ(At("movies.csv", 5), "genres_too_many genres");
  EXPECT_EQ(At("movies.csv", 6), "text_invalid title");
  EXPECT_EQ(At("movies.csv", 7), "text_invalid title");
  EXPECT_EQ(At("movies.csv", 8), "text_invalid title");
  EXPECT_EQ(At("movies.csv", 9), "text_invalid genres");
  EXPECT_EQ(At("movies.csv", 10), "id_out_of_range movieId");
  EXPECT_EQ(At("movies.csv", 11), "id_out_of_range movieId");
  EXPECT_EQ(At("movies.csv", 12), "id_out_of_range movieId");
  EXPECT_EQ(At("movies.csv", 13), "missing_field title");
  EXPECT_EQ(At("movies.csv", 14), "missing_field title");
  EXPECT_EQ(At("movies.csv", 15), "missing_field movieId");
  EXPECT_EQ(At("movies.csv", 16), "bad_genres genres");
  EXPECT_EQ(At("movies.csv", 17), "duplicate_movie movieId");
  ASSERT_EQ(dataset.movies.size(), 2U);
  EXPECT_EQ(dataset.movies[0].title, "Harbour Lights");
  EXPECT_EQ(dataset.report.movies.rows, 17U);
  EXPECT_EQ(dataset.report.movies.duplicates, 1U);
}

TEST_F(RejectsTest, AnUnquotedCommaIsNoTitleAndNoGenre) {
  WriteMovieLines("11,Harbour Lights (1988),Drama\n12,American President, The (1995),Comedy\n");
  const auto dataset = Must();
  EXPECT_EQ(At("movies.csv", 3), "too_many_fields");
  EXPECT_EQ(dataset.movies.size(), 1U);
}

TEST_F(RejectsTest, YearsAreNeverOthers) {
  Write("movies.jsonl",
        "{\"movie_id\":11,\"title\":\"A\",\"year\":99999}\n{\"movie_id\":12,\"title\":\"B\","
        "\"year\":4294969284}\n"
        "{\"movie_id\":13,\"title\":\"C\",\"year\":18446744073709553611}\n"
        "{\"movie_id\":14,\"title\":\"D\",\"year\":1e300}\n{\"movie_id\":15,\"title\":\"E\","
        "\"year\":-1}\n"
        "{\"movie_id\":16,\"title\":\"F\",\"year\":1999.5}\n{\"movie_id\":17,\"title\":\"G\","
        "\"year\":true}\n"
        "{\"movie_id\":18,\"title\":\"H\",\"year\":1999.0}\n{\"movie_id\":19,\"title\":\"I\","
        "\"year\":\"1999\"}\n"
        "{\"movie_id\":20,\"title\":\"J\",\"year\":null}\n{\"movie_id\":21,\"title\":\"K "
        "(1982)\",\"year\":2007}\n"
        "{\"movie_id\":22,\"title\":\"L (1982)\",\"year\":1982}\n{\"movie_id\":23,\"title\":\"M "
        "(1982)\"}\n"
        "{\"movie_id\":24,\"title\":\"N\",\"year\":0}\n");
  Write("ratings.jsonl",
        "{\"user_id\":21,\"movie_id\":18,\"rating\":4,\"timestamp\":1100000000}\n");
  const auto dataset = Must();
  for (int line = 1; line <= 5; ++line) {
    const bool no_number = line == 3 || line == 4;
    EXPECT_EQ(At("movies.jsonl", line), no_number ? "bad_number year" : "year_out_of_range year")
        << line;
  }
  EXPECT_EQ(At("movies.jsonl", 6), "bad_number year");
  EXPECT_EQ(At("movies.jsonl", 7), "bad_number year");
  std::map<std::int64_t, std::pair<std::string, int>> movies;
  for (const auto& movie : dataset.movies) movies[movie.id] = {movie.title, movie.year};
  const std::map<std::int64_t, std::pair<std::string, int>> expected{
      {18, {"H", 1999}}, {19, {"I", 1999}}, {20, {"J", 0}}, {21, {"K (1982)", 2007}},
      {22, {"L", 1982}}, {23, {"M", 1982}}, {24, {"N", 0}}};
  EXPECT_EQ(movies, expected);
  EXPECT_EQ(dataset.report.notes.at("no_year"), 2U);
  EXPECT_EQ(dataset.report.notes.at("year_differs"), 1U);
}

TEST_F(RejectsTest, JsonLinesAreUnderstoodOrRejected) {
  Write("movies.jsonl",
        "{\"movie_id\":11,\"title\":\"A\",\"genres\":\"Drama|Comedy\"}\n"
        "{\"movie_id\":12,\"title\":\"B\",\"imdb_id\":\"7000011\",\"genres\":[\"Drama\",\"Comedy\"]"
        "}\n"
        "{\"movie_id\":13,\"title\":\"C\",\"imdbId\":7000011,\"genres\":[{\"id\":1,\"name\":"
        "\"Drama\"}]}\n"
        "{\"movie_id\":14,\"title\":\"D\",\"imdb_id\":\"nm7000011\"}\n"
        "{\"movie_id\":15,\"title\":\"E\",\"genres\":[1,2]}\n{\"movie_id\":16,\"title\":\"F\","
        "\"genres\":{\"a\":1}}\n"
        "{\"movie_id\":17,\"movie_id\":18,\"title\":\"G\"}\n{\"movie_id\":19,\"movieId\":20,"
        "\"title\":\"H\"}\n"
        "{\"movie_id\":21,\"title\":[\"I\"]}\n[1]\n\"text\"\n{\"movie_id\":22,\n"
        "{\"movie_id\":9007199254740993,\"title\":\"J\"}\n{\"movie_id\":18446744073709551617,"
        "\"title\":\"K\"}\n"
        "{\"movie_id\":23,\"title\":\"L\",\"genres\":null,\"imdb_id\":null,\"tmdb_id\":null}\n"
        "{\"movie_id\":24,\"title\":\"a\\u0000b\"}\n{\"movie_id\":25,\"title\":NaN}\n");
  Write("ratings.jsonl",
        "{\"user_id\":21,\"movie_id\":11,\"rating\":4,\"timestamp\":1100000000}\n");
  const auto dataset = Must();
  const std::pair<int, const char*> expected[] = {{1, "none"},
                                                  {2, "none"},
                                                  {3, "none"},
                                                  {4, "imdb_id_invalid imdb_id"},
                                                  {5, "bad_genres genres"},
                                                  {6, "bad_genres genres"},
                                                  {7, "bad_json"},
                                                  {8, "bad_json"},
                                                  {9, "none"},
                                                  {10, "bad_json"},
                                                  {11, "bad_json"},
                                                  {12, "bad_json"},
                                                  {13, "id_out_of_range movie_id"},
                                                  {15, "none"},
                                                  {16, "text_invalid title"},
                                                  {17, "bad_json"}};
  for (const auto& [line, outcome] : expected) {
    if (line != 9) {
      EXPECT_EQ(At("movies.jsonl", line), outcome) << line;
    }
  }
  EXPECT_NE(At("movies.jsonl", 14), "none");
  ASSERT_GE(dataset.movies.size(), 4U);
  EXPECT_EQ(dataset.movies[0].genres, (std::vector<std::string>{"Drama", "Comedy"}));
  EXPECT_EQ(dataset.movies[1].imdb_id, "tt7000011");
  EXPECT_EQ(dataset.movies[1].genres, (std::vector<std::string>{"Drama", "Comedy"}));
  EXPECT_EQ(dataset.movies[2].imdb_id, "tt7000011");
  EXPECT_EQ(dataset.movies[2].genres, std::vector<std::string>{"Drama"});
}

struct Links {
  const char* name;
  const char* text;
  const char* imdb;
  std::int64_t tmdb;
};
void PrintTo(const Links& links, std::ostream* out) { *out << links.name; }
class LinksForms : public RejectsTest, public testing::WithParamInterface<Links> {};

TEST_P(LinksForms, GoToTheMovieThatTheyName) {
  WriteRatings("21,11,4.0,1100000000\n");
  Write("links.csv", GetParam().text);
  const auto dataset = Must();
  ASSERT_EQ(dataset.movies.size(), 3U);
  EXPECT_EQ(dataset.movies[0].imdb_id, GetParam().imdb);
  EXPECT_EQ(dataset.movies[0].tmdb_id, GetParam().tmdb);
  EXPECT_TRUE(rejects_.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, LinksForms,
    testing::Values(
        Links{"plain", "movieId,imdbId,tmdbId\n11,7000011,501\n", "tt7000011", 501},
        Links{"with zeros", "movieId,imdbId,tmdbId\n11,0000011,501\n", "tt0000011", 501},
        Links{"tt", "movieId,imdbId,tmdbId\n11,tt7000011,501\n", "tt7000011", 501},
        Links{"floats", "movieId,imdbId,tmdbId\n11,7000011.0,501.0\n", "tt7000011", 501},
        Links{"floats that lost their zeros", "movieId,imdbId,tmdbId\n11,11.0,501.0\n", "tt0000011",
              501},
        Links{"quoted", "\"movieId\",\"imdbId\",\"tmdbId\"\n\"11\",\"7000011\",\"501\"\n",
              "tt7000011", 501},
        Links{"an index before", ",movieId,imdbId,tmdbId\n0,11,7000011,501\n11,12,7000012,502\n",
              "tt7000011", 501},
        Links{"another order", "tmdbId,movieId\n501,11\n", "", 501},
        Links{"nothing known", "movieId,imdbId,tmdbId\n11,,\n", "", 0}));

TEST_F(RejectsTest, LinksThatCannotBeOnesAreRejects) {
  WriteRatings("21,11,4.0,1100000000\n");
  Write("links.csv",
        "movieId,imdbId,tmdbId\n11,nm7000011,501\n12,7000012,x\n13,7000013,-4\nx,1,2\n77,7000077,"
        "577\n"
        "12,7000012,502\n12,7000099,599\n13,70000130000000000000000000000000000,5\n13,7000013\n");
  const auto dataset = Must();
  EXPECT_EQ(At("links.csv", 2), "imdb_id_invalid imdbId");
  EXPECT_EQ(At("links.csv", 3), "bad_number tmdbId");
  EXPECT_EQ(At("links.csv", 4), "tmdb_id_invalid tmdbId");
  EXPECT_EQ(At("links.csv", 5), "bad_number movieId");
  EXPECT_EQ(At("links.csv", 6), "unknown_movie movieId");
  EXPECT_EQ(At("links.csv", 7), "none");
  EXPECT_EQ(At("links.csv", 8), "duplicate_link movieId");
  EXPECT_EQ(At("links.csv", 9), "imdb_id_invalid imdbId");
  EXPECT_EQ(At("links.csv", 10), "missing_field");
  EXPECT_EQ(dataset.movies[1].imdb_id, "tt7000012");
  EXPECT_EQ(dataset.movies[1].tmdb_id, 502);
  EXPECT_EQ(dataset.movies[0].imdb_id, "");
  Write("links.csv", "11,7000011,501\n");
  EXPECT_EQ(ReasonOfError(), "no_header");
  Write("links.csv", "movieId,x\n11,7000011\n");
  EXPECT_EQ(ReasonOfError(), "bad_header");
}

TEST_F(RejectsTest, OfTwoRatingsTheLaterTimeStandsThenTheLaterLine) {
  WriteRatings(
      "21,11,5.0,1200000000\n21,11,1.0,1100000000\n21,12,1.0,1100000000\n21,12,2.0,1100000000\n"
      "22,11,1.0,1100000000\n22,11,2.0,1300000000\n22,11,3.0,1200000000\n");
  const auto dataset = Must();
  ASSERT_EQ(dataset.ratings.size(), 3U);
  EXPECT_EQ(dataset.ratings[0].value, 5.0F);
  EXPECT_EQ(dataset.ratings[1].value, 2.0F);
  EXPECT_EQ(dataset.ratings[2].value, 2.0F);
  EXPECT_EQ(At("ratings.csv", 3), "duplicate");
  EXPECT_EQ(At("ratings.csv", 4), "duplicate");
  EXPECT_EQ(At("ratings.csv", 6), "duplicate");
  EXPECT_EQ(At("ratings.csv", 8), "duplicate");
  EXPECT_EQ(dataset.report.ratings.duplicates, 4U);
  EXPECT_EQ(dataset.report.ratings.ShareTaken(), 1.0);
  EXPECT_EQ(dataset.report.earliest, 1100000000);
  EXPECT_EQ(dataset.report.latest, 1300000000);
}

TEST_F(RejectsTest, RatingsWithoutTimesAreGivenOneOnlyIfItIsSaid) {
  WriteMovies();
  Write("ratings.csv", "userId,movieId,rating\n21,11,4.0\n");
  EXPECT_EQ(ReasonOfError(), "no_times");
  options_.rated_at = 1'400'000'000;
  auto dataset = Must();
  EXPECT_EQ(dataset.ratings[0].timestamp, 1'400'000'000);
  EXPECT_EQ(dataset.report.notes.at("rated_at"), 1U);
  options_.rated_at = 0;
  dataset = Must();
  EXPECT_EQ(dataset.ratings[0].timestamp, 0);
  EXPECT_EQ(dataset.report.notes.at("no_time"), 1U);
  EXPECT_EQ(dataset.report.latest, 0);
  // Cells that are empty are the same, u.data with three columns, too.
  Write("ratings.csv", "userId,movieId,rating,timestamp\n21,11,4.0,\n21,12,4.0,1100000000\n");
  dataset = Must();
  EXPECT_EQ(dataset.ratings.size(), 2U);
  EXPECT_EQ(dataset.report.notes.at("no_time"), 1U);
  options_.rated_at.reset();
  dataset = Must();
  EXPECT_EQ(At("ratings.csv", 2), "missing_field timestamp");
  std::filesystem::remove(folder_ / "ratings.csv");
  Write("u.data", "21\t11\t4\n");
  EXPECT_EQ(ReasonOfError(), "no_times");
}

TEST_F(RejectsTest, NotesSayWhatWasUnderstoodInAnotherWay) {
  Write("movies.csv",
        "movieId,title,genres,note\n11.0,Harbour Lights (1988),\"Drama, Comedy\",x\n12,Paper "
        "Kites,['Drama']\n");
  Write("ratings.csv",
        "userId;movieId;rating;timestamp\n21.0;11;4,5;2004-11-09\n22;12;4,0;1100000000.5\n23;12;x;"
        "2004-11-09\n");
  Write("movies.csv",
        "movieId,title,genres,note\n11.0,Harbour Lights (1988),\"Drama, Comedy\",x\n12,Paper "
        "Kites,\"['Drama']\",\n"
        "13,Kites,Children's,\n14,None,,\n");
  const auto dataset = Must();
  const std::map<std::string, std::uint64_t> expected{
      {"genres_separated", 1}, {"genres_list", 1}, {"childrens", 1},
      {"no_genres", 1},        {"no_year", 3},     {"whole_decimals", 2},
      {"decimal_commas", 2},   {"dates", 1},       {"fractions_of_seconds", 1}};
  EXPECT_EQ(dataset.report.notes, expected);
  for (const auto& [key, count] : expected)
    EXPECT_FALSE(DescribeNote(key, count).ends_with(" " + key)) << "no sentence for " << key;
  EXPECT_EQ(dataset.report.movies.ignored_columns, std::vector<std::string>{"note"});
  EXPECT_EQ(dataset.report.ratings.dialect, "separated by semicolons");
  ASSERT_EQ(dataset.ratings.size(), 2U);
  EXPECT_EQ(dataset.ratings[1].timestamp, 1100000000);
}

TEST_F(RejectsTest, WhatIsNoFileIsRefusedAndNotWaitedFor) {
  WriteMovies();
  const auto ratings = (folder_ / "ratings.csv").string();
  ASSERT_EQ(mkfifo(ratings.c_str(), 0600), 0);
  EXPECT_EQ(ReasonOfError(), "not_a_file");
  EXPECT_NE(Read().error().message.find("named pipe"), std::string::npos);
  std::filesystem::remove(ratings);
  std::filesystem::create_symlink("/dev/zero", ratings);
  EXPECT_EQ(ReasonOfError(), "not_a_file");
  std::filesystem::remove(ratings);
  std::filesystem::create_symlink(folder_ / "gone", ratings);
  EXPECT_EQ(ReasonOfError(), "unreadable_file");
  std::filesystem::remove(ratings);
  std::filesystem::create_directory(ratings);
  EXPECT_EQ(ReasonOfError(), "unknown_format");
  EXPECT_EQ(ReadDataset("/dev/null", {}).error().reason, "no_such_folder");
  std::filesystem::remove(ratings);
  Write("elsewhere", "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n");
  std::filesystem::create_symlink(folder_ / "elsewhere", ratings);
  EXPECT_EQ(Must().ratings.size(), 1U);
}

TEST_F(RejectsTest, AFileThatChangesWhileItIsReadIsRefused) {
  std::string lines;
  for (int i = 1; i <= 200'000; ++i) lines += std::to_string(i) + ",11,4.0,1100000000\n";
  WriteRatings(lines);
  bool grown = false;
  const auto dataset = ReadDataset(
      folder_, {},
      [&](double) {
        if (std::exchange(grown, true)) return;
        std::ofstream(folder_ / "ratings.csv", std::ios::app) << "900000,11,4.0,1100000000\n";
      },
      options_);
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(dataset.error().reason, "file_changed");
  WriteRatings(lines);
  bool cut = false;
  const auto second = ReadDataset(
      folder_, {},
      [&](double) {
        if (!std::exchange(cut, true))
          std::filesystem::resize_file(folder_ / "ratings.csv", 1'000'000);
      },
      options_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, "file_changed");
}

}  // namespace
}  // namespace marquee::ctl
