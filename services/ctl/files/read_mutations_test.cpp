// Whatever is in the files: it is read or refused, and the counts add up. With the sanitizers'
// preset and more rounds (kRounds) this is the reader's fuzzer.
#include <gtest/gtest.h>

#include <random>

#include "ctl/testing/data_set_folder.h"

namespace marquee::ctl {
namespace {

constexpr int kRounds = 400;

struct Seed {
  const char* movies;
  const char* movies_text;
  const char* ratings;
  const char* ratings_text;
};
constexpr Seed kSeeds[] = {
    {"movies.csv",
     "movieId,title,genres,year\n11,\"Harbour, \"\"Lights\"\" (1988)\",Drama|A,1988\n"
     "12,\"Two\nlines\",\"['a', 'b']\",\n13,Caf\xc3\xa9,\"[{'id': 1, 'name': 'X'}]\",1\n",
     "ratings.csv",
     "\xEF\xBB\xBFuserId,movieId,rating,timestamp\r\n21,11,4.0,1100000000\r\n"
     "21,\"12\",3.5,2005-09-06T12:30:00Z\r\n21,12,3.5,1.1E+09\r\n"},
    {"movies.dat", "11::Keeper\x92s Lamp (1988)::Drama\n12::Paper::Kites (1991)::Comedy\n",
     "ratings.dat", "21::11::4::1100000000\n21::12::3::1\n"},
    {"u.item", "11|T (1995)|01-Jan-1995||h|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n", "u.data",
     "21\t11\t4\t1100000000\n"},
    {"movies.jsonl",
     "{\"movie_id\":11,\"title\":\"A, The (B, Le) (1999)\",\"genres\":[\"a\",{\"name\":\"b\"}]}\n",
     "ratings.jsonl",
     "{\"user_id\":21,\"movie_id\":11,\"rating\":4.5,\"timestamp\":\"2005-01-01\"}\n"},
    {"movies.tsv", "sep=;\nmovieId;title;genres\n11;A;B\n", "ratings.csv",
     "userId;movieId;rating;timestamp\n1;11;4,5;2005-01-01 10:00:00+02:00\n"}};
constexpr char kRawBytes[] = "\",;|:\t\n\r'()[]{}\\ \0\xff\x92\xe2\x80\x99,The1990-.eE+0T:Z";
const std::string kBytes(kRawBytes, sizeof kRawBytes - 1);

class Mutations : public DataSetFolder {
 protected:
  std::size_t Below(std::size_t bound) { return random_() % bound; }

  std::string Mutated(std::string text) {
    if (Below(8) == 0) {
      const std::string half = text.substr(text.size() / 2);
      for (auto times = Below(3'000); times > 0; --times) text += half;
    }
    for (auto changes = Below(12); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = Below(text.size());
      switch (Below(4)) {
        case 0: text.insert(at, 1, kBytes[Below(kBytes.size())]); break;
        case 1: text.erase(at, 1 + Below(5)); break;
        case 2: text[at] = kBytes[Below(kBytes.size())]; break;
        default:
          if (Below(20) == 0) text.insert(at, std::string(Below(70'000), "x\n\""[Below(3)]));
      }
    }
    return text;
  }

  std::mt19937 random_{1};
};

TEST_F(Mutations, AreReadOrRefusedAndCounted) {
  int read = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Seed& seed = kSeeds[Below(std::size(kSeeds))];
    std::filesystem::remove_all(folder_);
    Write(seed.movies, Mutated(seed.movies_text));
    Write(seed.ratings, Mutated(seed.ratings_text));
    options_.rated_at.reset();
    if (Below(2) == 0) options_.rated_at = 0;
    options_.ratings_columns = Below(6) == 0 ? "userId,movieId,rating,timestamp" : "";
    const auto dataset = Read();
    if (!dataset.ok()) {
      EXPECT_FALSE(dataset.error().message.empty());
      continue;
    }
    ++read;
    const auto& report = dataset->report;
    std::uint64_t rejected = 0;
    for (const auto& [reason, count] : report.rejected) rejected += count;
    EXPECT_EQ(rejected, rejects_.size());
    EXPECT_EQ(report.movies.rows + report.ratings.rows,
              dataset->movies.size() + dataset->ratings.size() + rejected);
    for (const auto& rating : dataset->ratings)
      EXPECT_GT(dataset->rating_lines.Find(rating.line).line, 0U);
  }
  EXPECT_GT(read, kRounds / 4);
}

}  // namespace
}  // namespace marquee::ctl
