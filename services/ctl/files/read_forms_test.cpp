// The forms in which data sets lie about: read, or refused with what was seen.
#include <gtest/gtest.h>
#include <zlib.h>

#include "ctl/testing/data_set_folder.h"

namespace marquee::ctl {
namespace {

class FormsTest : public DataSetFolder {
 protected:
  // Movies 11, 12, 13 and the ratings 21 11 4.0, 21 12 3.5 and 22 13 2.5, from 1,100,000,000 on.
  void ExpectTheThreeRatings() {
    const auto dataset = Read();
    ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
    EXPECT_TRUE(rejects_.empty()) << rejects_[0].file << " " << rejects_[0].line << " "
                                  << rejects_[0].reason << " " << rejects_[0].detail;
    ASSERT_EQ(dataset->ratings.size(), 3U);
    const auto& [first, second, third] =
        std::tie(dataset->ratings[0], dataset->ratings[1], dataset->ratings[2]);
    EXPECT_EQ(std::tie(first.user_id, first.movie_id), (std::tuple<int, int>{21, 11}));
    EXPECT_EQ(std::tie(second.user_id, second.movie_id), (std::tuple<int, int>{21, 12}));
    EXPECT_EQ(std::tie(third.user_id, third.movie_id), (std::tuple<int, int>{22, 13}));
    EXPECT_EQ(first.value, 4.0F);
    EXPECT_EQ(second.value, 3.5F);
    EXPECT_EQ(third.value, 2.5F);
    EXPECT_EQ(first.timestamp, 1100000000);
    EXPECT_EQ(second.timestamp, 1100000100);
    EXPECT_EQ(third.timestamp, 1100000200);
    EXPECT_EQ(dataset->report.ratings.rows, 3U);
    EXPECT_EQ(dataset->report.ratings.taken, 3U);
  }
};

struct Form {
  const char* name;
  const char* file;
  const char* text;
};
void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }

class RatingsForms : public FormsTest, public testing::WithParamInterface<Form> {};

TEST_P(RatingsForms, SaysTheSame) {
  WriteMovies();
  Write(GetParam().file, GetParam().text);
  ExpectTheThreeRatings();
}

INSTANTIATE_TEST_SUITE_P(
    All, RatingsForms,
    testing::Values(
        Form{"plain", "ratings.csv",
             "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n21,12,3.5,1100000100\n"
             "22,13,2.5,1100000200\n"},
        Form{"every value quoted", "ratings.csv",
             "\"userId\",\"movieId\",\"rating\",\"timestamp\"\n\"21\",\"11\",\"4.0\","
             "\"1100000000\"\n\"21\",\"12\",\"3.5\",\"1100000100\"\n\"22\",\"13\",\"2.5\","
             "\"1100000200\"\n"},
        Form{"no line break at the end, CRLF, a byte order mark", "ratings.csv",
             "\xEF\xBB\xBFuserId,movieId,rating,timestamp\r\n21,11,4.0,1100000000\r\n\r\n"
             "21,12,3.5,1100000100\r\n22,13,2.5,1100000200"},
        Form{"a quoted header behind a byte order mark", "ratings.csv",
             "\xEF\xBB\xBF\"userId\",movieId,rating,timestamp\n21,11,4.0,1100000000\n"
             "21,12,3.5,1100000100\n22,13,2.5,1100000200\n"},
        Form{"another order and more columns", "ratings.csv",
             ",timestamp,comment,rating,movieId,userId\n0,1100000000,\"a, b\",4.0,11,21\n"
             "1,1100000100,\"two\nlines and \"\"quotes\"\"\",3.5,12,21\n2,1100000200,,2.5,13,22\n"},
        Form{"pandas with its index", "ratings.csv",
             "Unnamed: 0,userId,movieId,rating,timestamp\n0,21,11,4.0,1100000000\n"
             "1,21,12,3.5,1100000100\n2,22,13,2.5,1100000200\n"},
        Form{"other names", "ratings.csv",
             "USER_ID,Item Id,Score,rated_at\n21,11,4.0,1100000000\n21,12,3.5,1100000100\n"
             "22,13,2.5,1100000200\n"},
        Form{"whole numbers with a decimal point", "ratings.csv",
             "userId,movieId,rating,timestamp\n21.0,11.0,4,1100000000.0\n21.0,12.0,3.50,"
             "1100000100.0\n22.0,13.0,2.5,1100000200.0\n"},
        Form{"dates", "ratings.csv",
             "\"userId\",\"movieId\",\"rating\",\"timestamp\"\n21,11,4.0,\"2004-11-09 11:33:20\"\n"
             "21,12,3.5,2004-11-09T11:35:00Z\n22,13,2.5,2004-11-09T13:36:40+02:00\n"},
        Form{"Excel in German", "ratings.csv",
             "\xEF\xBB\xBFuserId;movieId;rating;timestamp\r\n21;11;4;1100000000\r\n"
             "21;12;3,5;1100000100\r\n22;13;2,5;1100000200\r\n"},
        Form{"Excel with its separator", "ratings.csv",
             "sep=;\r\nuserId;movieId;rating;timestamp\r\n21;11;4,0;1100000000\r\n"
             "21;12;3,5;1100000100\r\n22;13;2,5;1100000200\r\n"},
        Form{"trailing separators", "ratings.csv",
             "userId,movieId,rating,timestamp,,\n21,11,4.0,1100000000,,\n21,12,3.5,1100000100,,\n"
             "22,13,2.5,1100000200,,\n"},
        Form{"tabs", "ratings.tsv",
             "userId\tmovieId\trating\ttimestamp\n21\t11\t4.0\t1100000000\n"
             "21\t12\t3.5\t1100000100\n22\t13\t2.5\t1100000200\n"},
        Form{"RecBole's names", "ratings.csv",
             "user_id:token\titem_id:token\trating:float\ttimestamp:float\n21\t11\t4.0\t"
             "1100000000\n21\t12\t3.5\t1100000100\n22\t13\t2.5\t1100000200\n"},
        Form{"Kaggle's MovieLens 20M", "rating.csv",
             "\"userId\",\"movieId\",\"rating\",\"timestamp\"\n21,11,4,\"2004-11-09 11:33:20\"\n"
             "21,12,3.5,\"2004-11-09 11:35:00\"\n22,13,2.5,\"2004-11-09 11:36:40\"\n"},
        Form{"Kaggle's ratings_small", "ratings_small.csv",
             "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n21,12,3.5,1100000100\n"
             "22,13,2.5,1100000200\n"},
        Form{"MovieLens 10M", "ratings.dat",
             "21::11::4::1100000000\n21::12::3.5::1100000100\n22::13::2.5::1100000200\n"},
        Form{"MovieLens 10M with a header", "ratings.dat",
             "UserID::MovieID::Rating::Timestamp\n21::11::4::1100000000\n21::12::3.5::1100000100\n"
             "22::13::2.5::1100000200\n"},
        Form{"HetRec's .dat with tabs", "ratings.dat",
             "userID\tmovieID\trating\ttimestamp\n21\t11\t4\t1100000000\n21\t12\t3.5\t1100000100\n"
             "22\t13\t2.5\t1100000200\n"},
        Form{"MovieLens 100K", "u.data",
             "21\t11\t4\t1100000000\n21\t12\t3.5\t1100000100\n22\t13\t2.5\t1100000200\n"},
        Form{"JSON Lines", "ratings.jsonl",
             "{\"user_id\":21,\"movie_id\":11,\"rating\":4,\"timestamp\":1100000000}\n"
             "{\"user_id\":21,\"movie_id\":12,\"rating\":3.5,\"timestamp\":1100000100}\n"
             "{\"user_id\":22,\"movie_id\":13,\"rating\":2.5,\"timestamp\":1100000200}\n"},
        Form{"JSON Lines of pandas", "ratings.json",
             "{\"userId\":21.0,\"movieId\":11.0,\"rating\":4.0,\"timestamp\":1100000000.0,\"x\":"
             "null}\n{\"userId\":21.0,\"movieId\":12.0,\"rating\":3.5,\"timestamp\":1100000100.0}\n"
             "{\"userId\":22.0,\"movieId\":13.0,\"rating\":2.5,\"timestamp\":1100000200.0}\n"},
        Form{"JSON Lines with texts", "ratings.ndjson",
             "{\"userId\":\"21\",\"movieId\":\"11\",\"value\":\"4.0\",\"ratedAt\":"
             "\"2004-11-09T11:33:20.000Z\"}\r\n{\"userId\":\"21\",\"movieId\":\"12\",\"value\":"
             "\"3.5\",\"ratedAt\":\"2004-11-09T11:35:00.000Z\"}\r\n{\"userId\":\"22\",\"movieId\":"
             "\"13\",\"value\":\"2.5\",\"ratedAt\":\"2004-11-09T11:36:40.000Z\"}\r\n"},
        Form{"JSON Lines called CSV", "ratings.csv",
             "{\"user_id\":21,\"movie_id\":11,\"rating\":4,\"timestamp\":1100000000}\n"
             "{\"user_id\":21,\"movie_id\":12,\"rating\":3.5,\"timestamp\":1100000100}\n"
             "{\"user_id\":22,\"movie_id\":13,\"rating\":2.5,\"timestamp\":1100000200}\n"}));

TEST_F(FormsTest, TakesThePartsThatSparkWrote) {
  WriteMovies();
  Write("ratings.csv/_SUCCESS", "");
  Write("ratings.csv/.part-00000.csv.crc", "crc");
  Write("ratings.csv/part-00000-a.csv", "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n");
  Write("ratings.csv/part-00001-a.csv", "");
  Write("ratings.csv/part-00002-a.csv",
        "timestamp,userId,movieId,rating\n1100000100,21,12,3.5\n1100000200,22,13,2.5\n");
  ExpectTheThreeRatings();
  Write("ratings.csv/part-00002-a.csv",
        "userId,movieId,rating,timestamp\n21,12,3.5,1100000100\n22,13,9,1100000200\n"
        "21,11,2,1200000000\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(At("ratings.csv/part-00002-a.csv", 3), "rating_out_of_range rating");
  EXPECT_EQ(At("ratings.csv/part-00000-a.csv", 2), "duplicate");
}

TEST_F(FormsTest, TakesColumnsThatAreSaidForFilesWithoutAHeader) {
  WriteMovies();
  Write("ratings.csv", "21,11,4.0,1100000000\n21,12,3.5,1100000100\n22,13,2.5,1100000200\n");
  EXPECT_EQ(ReasonOfError(), "no_header");
  EXPECT_NE(Read().error().message.find("--ratings-columns userId,movieId,rating,timestamp"),
            std::string::npos);
  options_.ratings_columns = "userId,movieId,rating,timestamp";
  ExpectTheThreeRatings();
  Write("ratings.csv", "11;-;1100000000;4.0;21\n12;-;1100000100;3.5;21\n13;-;1100000200;2,5;22\n");
  options_.ratings_columns = "item,x,time,rating,user";
  ExpectTheThreeRatings();
  options_.ratings_columns = "item,time,rating,user";
  EXPECT_EQ(ReasonOfError(), "bad_columns");
  options_.ratings_columns = "item,x,time,rating";
  EXPECT_EQ(ReasonOfError(), "bad_header");
  Write("ratings.csv", "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n");
  options_.ratings_columns = "userId,movieId,rating,timestamp";
  EXPECT_EQ(ReasonOfError(), "bad_columns");
}

std::string Gzipped(const std::string& text, const std::filesystem::path& scratch) {
  const gzFile file = gzopen(scratch.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  std::ifstream in(scratch, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(FormsTest, TakesGzip) {
  WriteMovies();
  const std::string packed = Gzipped(
      "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n21,12,3.5,1100000100\n"
      "22,13,2.5,1100000200\n",
      folder_ / "scratch");
  Write("ratings.csv.gz", packed);
  ExpectTheThreeRatings();
  Write("ratings.csv.gz", packed.substr(0, packed.size() - 12));
  EXPECT_EQ(ReasonOfError(), "unreadable_file");
  std::string damaged = packed;
  damaged[packed.size() - 6] = static_cast<char>(damaged[packed.size() - 6] ^ 0x55);
  Write("ratings.csv.gz", damaged);
  EXPECT_EQ(ReasonOfError(), "unreadable_file");
  // By what it is, not by its name.
  std::filesystem::remove(folder_ / "ratings.csv.gz");
  Write("ratings.csv", packed);
  ExpectTheThreeRatings();
  Write("ratings.csv.gz", packed);
  EXPECT_EQ(ReasonOfError(), "unknown_format");  // which of the two?
}

// Kaggle's "The Movies Dataset": the ids of movies_metadata.csv are TMDB's, those of the ratings
// MovieLens's.
TEST_F(FormsTest, JoinsTheMoviesDatasetByItsLinks) {
  Write("movies_metadata.csv",
        "adult,belongs_to_collection,genres,id,imdb_id,overview,release_date,title\n"
        "False,\"{'id': 1, 'name': 'X'}\",\"[{'id': 18, 'name': 'Drama'}, {'id': 35, 'name': "
        "'Comedy'}]\",501,tt7000011,\"Two\nlines, \"\"quoted\"\"\",1988-10-30,Harbour Lights\n"
        "False,,[],502,tt7000012,,1991-01-01,Paper Kites\n"
        " - Written by somebody,0.065736,[],1997-08-20,,,,broken\n"
        "False,,[],999,tt7000099,,1999-01-01,Nobody Rated This\n"
        "False,,[],503,tt7000013,,,The Slow Train\n");
  Write("links_small.csv",
        "movieId,imdbId,tmdbId\n11,7000011,501\n12,7000012,502\n13,7000013,503\n14,7000014,\n");
  Write("ratings_small.csv",
        "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n21,12,3.5,1100000100\n"
        "22,13,2.5,1100000200\n22,501,3.0,1100000300\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  ASSERT_EQ(dataset->movies.size(), 3U);
  EXPECT_EQ(dataset->movies[0].id, 11);
  EXPECT_EQ(dataset->movies[0].title, "Harbour Lights");
  EXPECT_EQ(dataset->movies[0].year, 1988);
  EXPECT_EQ(dataset->movies[0].genres, (std::vector<std::string>{"Drama", "Comedy"}));
  EXPECT_EQ(dataset->movies[0].imdb_id, "tt7000011");
  EXPECT_EQ(dataset->movies[0].tmdb_id, 501);
  EXPECT_EQ(dataset->movies[2].year, 0);
  EXPECT_EQ(dataset->ratings.size(), 3U);
  EXPECT_EQ(At("ratings_small.csv", 5), "unknown_movie movieId");
  EXPECT_EQ(At("movies_metadata.csv", 5), "bad_number id");
  EXPECT_EQ(dataset->report.notes.at("not_linked"), 1U);
  EXPECT_EQ(dataset->report.movies.rows, 4U);

  std::filesystem::remove(folder_ / "links_small.csv");
  EXPECT_EQ(ReasonOfError(), "no_links");
}

TEST_F(FormsTest, ReadsMovieLens1MInWindows1252) {
  Write("movies.dat",
        "11::Keeper\x92s Lamp (1988)::Drama\n12::Caf\xe9 (1991)::Comedy\n"
        "13::Caf\xc3\xa9 \xe2\x80\x99 (2003)::Drama|Romance\n14::\x81 (2003)::Drama\n"
        "15::Mission::Possible (1996)::Drama\n16::Alone (1997)\n");
  Write("ratings.dat", "21::11::4::1100000000\n21::12::3::1100000100\n21::15::3::1100000100\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  ASSERT_EQ(dataset->movies.size(), 5U);
  EXPECT_EQ(dataset->movies[0].title, "Keeper’s Lamp");
  EXPECT_EQ(dataset->movies[1].title, "Café");
  EXPECT_EQ(dataset->movies[2].title, "Café ’");
  EXPECT_EQ(dataset->movies[3].title, "Mission::Possible");
  EXPECT_EQ(dataset->movies[4].title, "Alone");
  EXPECT_EQ(At("movies.dat", 4), "bad_encoding");
  EXPECT_EQ(dataset->report.notes.at("windows_1252"), 2U);
  EXPECT_EQ(dataset->report.notes.at("no_genres"), 1U);
}

TEST_F(FormsTest, TakesAnotherEncodingOnlyWhenItIsSaid) {
  Write("movies.csv",
        "movieId,title,genres\n11,Keeper\x92s Lamp (1988),Com\xe9"
        "die\n12,Paper Kites (1991),Comedy\n");
  Write("ratings.csv", "userId,movieId,rating,timestamp\n21,12,4.0,1100000000\n");
  auto dataset = Read();
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(At("movies.csv", 2), "bad_utf8");
  EXPECT_EQ(dataset->report.movies.hints.at("another_encoding"), 1U);
  options_.encoding = Encoding::kWindows1252;
  dataset = Read();
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(dataset->movies[0].title, "Keeper’s Lamp");
  EXPECT_EQ(dataset->movies[0].genres[0], "Comédie");
  // The other way round: MovieLens' own files in UTF-8 alone.
  Write("movies.dat", "12::Caf\xe9::Comedy\n");
  std::filesystem::remove(folder_ / "movies.csv");
  options_.encoding = Encoding::kUtf8;
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(At("movies.dat", 1), "bad_utf8");
}

struct Refused {
  const char* name;
  std::string text;
  const char* reason;
  const char* says;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

class RefusedFiles : public FormsTest, public testing::WithParamInterface<Refused> {};

TEST_P(RefusedFiles, AreRefusedWithWhatWasSeen) {
  WriteMovies();
  Write("ratings.csv", GetParam().text);
  const auto dataset = Read();
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(dataset.error().reason, GetParam().reason) << dataset.error().message;
  EXPECT_NE(dataset.error().message.find("ratings.csv"), std::string::npos);
  EXPECT_NE(dataset.error().message.find(GetParam().says), std::string::npos)
      << dataset.error().message;
}

std::string Utf16(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    out += '\0';
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedFiles,
    testing::Values(
        Refused{"empty", "", "empty_file", "is empty"},
        Refused{"line breaks alone", "\r\n\n\n", "empty_file", "is empty"},
        Refused{"a byte order mark alone", "\xEF\xBB\xBF", "empty_file", "is empty"},
        Refused{"UTF-16", "\xFF\xFE" + Utf16("userId,movieId,rating\n"), "not_text", "UTF-16"},
        Refused{"UTF-16 without a mark", Utf16("userId,movieId,rating\n21,11,4.0\n"), "not_text",
                "UTF-16"},
        Refused{"a workbook", std::string("PK\x03\x04\x14\0\0\0", 8), "not_text", "Excel"},
        Refused{"Parquet", "PAR1\x15\x04", "not_text", "Parquet"},
        Refused{"a web page", "<!DOCTYPE html>\n<html>\n", "not_text", "web page"},
        Refused{"binary", std::string(4'000, '\0') + "x", "not_text", "NUL"},
        Refused{"old line ends", "userId,movieId,rating,timestamp\r21,11,4.0,1100000000\r",
                "bad_line_ends", "CR alone"},
        Refused{"a JSON array", "[{\"userId\":21,\"movieId\":11,\"rating\":4}]", "json_array",
                "lines=True"},
        Refused{"no movies' column", "userId,rating,timestamp\n21,4.0,1100000000\n", "bad_header",
                "has no column movieId. Its first line has: userId, rating, timestamp. Wanted: "
                "userId, movieId, "
                "rating, timestamp"},
        Refused{"an id of nobody knows what", "user,id,rating,timestamp\n21,11,4.0,1100000000\n",
                "bad_header", "movieId"},
        Refused{"a column twice", "userId,movieId,rating,rating,timestamp\n21,11,4,5,1\n",
                "bad_header", "twice"},
        Refused{"no header", "21,11,4.0,1100000000\n", "no_header", "21,11,4.0,1100000000"},
        Refused{"Amazon's, without a header", "A3SGXH7AUHU8GW,B001E4KFG0,5.0,1303862400\n",
                "no_header", "B001E4KFG0"},
        Refused{"no times", "userId,movieId,rating\n21,11,4.0\n", "no_times", "--rated-at"},
        Refused{"no times in JSON Lines", "{\"userId\":21,\"movieId\":11,\"rating\":4}\n",
                "no_times", "--rated-at"},
        Refused{"JSON Lines without movies",
                "{\"userId\":21,\"item_code\":11,\"rating\":4,\"timestamp\":7}\n", "bad_header",
                "item_code"}));

TEST_F(FormsTest, SaysWhatIsThereWhenADataSetIsNot) {
  EXPECT_EQ(ReasonOfError(), "unknown_format");
  EXPECT_NE(Read().error().message.find("Seen: nothing"), std::string::npos);
  Write("movies.csv", "movieId,title\n");
  Write("scores.csv", "x");
  Write("ml-latest/ratings.csv", "x");
  const auto dataset = Read();
  EXPECT_EQ(dataset.error().reason, "unknown_format");
  EXPECT_NE(dataset.error().message.find(
                "has no ratings that is known here. Seen: movies.csv, scores.csv, ml-latest/"),
            std::string::npos)
      << dataset.error().message;
}

TEST_F(FormsTest, SaysWhichFilesItPassedOver) {
  WriteMovies();
  Write("ratings.csv", "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n");
  Write("ratings_small.csv", "userId,movieId,rating,timestamp\n21,11,4.0,1100000000\n");
  Write("movies.dat", "11::X::Drama\n");
  const auto dataset = Read();
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(dataset->report.passed_over,
            (std::vector<std::string>{"ratings_small.csv", "movies.dat"}));
}

}  // namespace
}  // namespace marquee::ctl
