// Times the catalogue's store: import, search, lists and the ratings consumer's transactions, in a
// database of its own on the PostgreSQL of MARQUEE_TEST_POSTGRES_URI.
//
//   bench_catalog MOVIES_CSV [movies] [ratings]     MovieLens' movies.csv; 60000 and 1000000
//
// Titles beyond the file's are made of its words, so that a search meets what it meets in real
// ones.
#include <unistd.h>
#include <algorithm>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <pqxx/pqxx>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/testing/calls.h"
#include "catalog/app/catalog.h"
#include "catalog/store/pg_audience.h"
#include "catalog/store/pg_movies.h"
#include "catalog/store/pg_posters.h"
#include "catalog/store/rating_step.h"
#include "pg/testing.h"
#include "ratings/rating_events.h"
#include "ratings/rating_projection.h"

using namespace marquee;           // NOLINT(google-build-using-namespace): a program
using namespace marquee::catalog;  // NOLINT(google-build-using-namespace)

namespace {

using Steady = std::chrono::steady_clock;
double Ms(Steady::duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

std::vector<std::string> ReadTitles(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> titles;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const auto from = line.find(',') + 1;
    const auto to = line.rfind(',');
    std::string title = line.substr(from, to - from);
    if (title.size() > 1 && title.front() == '"') title = title.substr(1, title.size() - 2);
    if (const auto year = title.rfind(" ("); year != std::string::npos) title.resize(year);
    if (!title.empty()) titles.push_back(title);
  }
  return titles;
}

std::vector<Movie> MakeMovies(const std::vector<std::string>& titles, std::size_t count) {
  static const std::vector<std::string> genres = {"Comedy",  "Drama",  "Action",   "Horror",
                                                  "Romance", "Sci-Fi", "Thriller", "Western"};
  std::mt19937_64 random(1);
  std::vector<std::string> words;
  for (const auto& title : titles) {
    std::istringstream in(title);
    for (std::string word; in >> word;) words.push_back(word);
  }
  std::vector<Movie> movies;
  for (std::size_t i = 0; i < count; ++i) {
    Movie movie{.id = static_cast<std::int64_t>(i + 1),
                .year = 1920 + static_cast<int>(random() % 105)};
    if (i < titles.size()) {
      movie.title = titles[i];
    } else {
      for (std::uint64_t n = 2 + random() % 4; n > 0; --n) {
        movie.title += words[random() % words.size()] + (n > 1 ? " " : "");
      }
    }
    const auto first = random() % genres.size();
    movie.genres = {genres[first], genres[(first + 1 + random() % 3) % genres.size()]};
    movies.push_back(std::move(movie));
  }
  return movies;
}

template <typename Fn>
void Measure(const char* what, int times, Fn&& fn) {
  std::vector<double> took;
  for (int i = 0; i < times; ++i) {
    const auto start = Steady::now();
    fn();
    took.push_back(Ms(Steady::now() - start));
  }
  std::sort(took.begin(), took.end());
  std::printf("%-44s p50 %7.2f ms   max %7.2f ms\n", what, took[took.size() / 2], took.back());
}

void BenchReads(Catalog& catalog, AudienceRepository& audience) {
  for (const char* query : {"toy stroy", "shawshenk", "the godfather", "matirx", "star", "love",
                            "lord rings fellowship", "a", "the", "qqqqxx",
                            "what i did on my holidays in the summer with my dog"}) {
    std::string first;
    Measure((std::string("search \"") + query + "\"").substr(0, 43).c_str(), 20, [&] {
      const auto answer = catalog.List({.filter = {.query = query}}, kNoDeadline);
      if (answer.ok() && !answer->movies.empty()) first = answer->movies[0].movie.title;
    });
    std::printf("    → %s\n", first.c_str());
  }
  for (const char* order :
       {"movie_id", "title", "-year", "-rating_count", "-rating_bayesian_mean"}) {
    Measure((std::string("list by ") + order).c_str(), 20,
            [&] { (void)catalog.List({.order_by = order}, kNoDeadline).ok(); });
    Measure((std::string("list by ") + order + ", one genre").c_str(), 20, [&] {
      (void)catalog.List({.filter = {.genre = "Horror"}, .order_by = order}, kNoDeadline).ok();
    });
  }
  Measure("get", 100, [&] { (void)catalog.Get(1, kNoDeadline).ok(); });
  Measure("trending", 20, [&] { (void)audience.Trending(20, kNoDeadline).ok(); });
  Measure("ratings by year", 20, [&] { (void)audience.RatingsByYear(0, 0, kNoDeadline).ok(); });
  Measure("popular by genre", 20, [&] { (void)audience.PopularByGenre("", 10, kNoDeadline).ok(); });
  Measure("genres", 20, [&] { (void)audience.Genres(kNoDeadline).ok(); });
  Measure("export", 3,
          [&] { (void)catalog.Export(kNoDeadline, [](const auto&) { return Status(); }).ok(); });
}

// Seconds of processor time that the sessions of this database have used, where it runs on this
// machine; what else the machine does doesn't count.
double ServerCpu(pg::Pool& pool) {
  return pool
      .Read([](pg::Transaction& tx) -> Result<double> {
        double ticks = 0;
        for (const auto& row :
             tx.exec("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")) {
          std::ifstream stat(std::string("/proc/") + row[0].c_str() + "/stat");
          std::string field;
          for (int i = 1; i <= 15 && stat >> field; ++i) {
            if (i >= 14) ticks += std::stod(field);
          }
        }
        return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
      })
      .value_or(0);
}
double ClientCpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Imported ratings as MovieLens has them, user after user, popular movies more often; then again.
void BenchConsumer(pg::Pool& pool, std::int64_t movies, std::int64_t ratings,
                   std::int64_t batch_size) {
  std::mt19937_64 random(2);
  ratings::RatingProjection projection(
      pool, [](auto) { return Status(); }, ApplyRatingBatch);
  LogPosition at = projection.LoadPositions({0}).value().at(0);
  std::int64_t offset = at.next_offset;
  Steady::duration spent{};
  const std::int64_t first_offset = offset;
  const double server = ServerCpu(pool);
  double client = 0;
  while (offset < first_offset + ratings) {
    kafka::Batch batch;
    for (std::int64_t i = 0; i < batch_size; ++i, ++offset) {
      const std::int64_t user = 1 + offset / 150;
      const double u = static_cast<double>(random() >> 11) * 0x1p-53;
      const auto movie = 1 + static_cast<std::int64_t>(u * u * u * static_cast<double>(movies - 1));
      const float value = 0.5F * static_cast<float>(1 + random() % 10);
      const std::int64_t at = 1'000'000'000 + static_cast<std::int64_t>(random() % 500'000'000);
      kafka::Message message{.partition = 0, .offset = offset, .key = std::to_string(user)};
      ratings::EncodeRating({.event_id = ratings::ImportEventId(user, movie, value, at),
                             .user_id = user,
                             .movie_id = movie,
                             .value = value,
                             .occurred_at_us = at * 1'000'000,
                             .source = ratings::Source::kImport},
                            message.value);
      batch[0].push_back(std::move(message));
    }
    const auto start = Steady::now();
    const double client_start = ClientCpu();
    const LogPosition after = kafka::After(batch[0].back());
    const Status applied = projection.Apply(batch, {{0, at}}, {{0, after}});
    at = after;
    spent += Steady::now() - start;
    client += ClientCpu() - client_start;
    if (!applied.ok()) {
      std::printf("%s\n", applied.error().ToString().c_str());
      return;
    }
  }
  const double million = static_cast<double>(ratings) / 1e6;
  std::printf(
      "consumer, batches of %6lld: %7.0f rows/s; processor time for a million: %.1f s server, "
      "%.1f s client\n",
      static_cast<long long>(batch_size), static_cast<double>(ratings) / (Ms(spent) / 1000),
      (ServerCpu(pool) - server) / million, client / million);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_catalog MOVIES_CSV [movies] [ratings]\n");
    return 2;
  }
  const auto count = static_cast<std::size_t>(argc > 2 ? std::atoll(argv[2]) : 60'000);
  const std::int64_t ratings = argc > 3 ? std::atoll(argv[3]) : 1'000'000;
  pg::TestDatabase database;
  database.Migrate("services/catalog/migrations");
  pg::Pool pool({.uri = database.uri()});
  PgMovieRepository movies(pool, 25);
  PgPosterRepository posters(pool);
  PgAudienceRepository audience(pool, 25);
  Catalog catalog(movies, posters, audience, SystemClock());

  const auto made = MakeMovies(ReadTitles(argv[1]), count);
  for (const char* what : {"import", "import again"}) {
    const auto start = Steady::now();
    ImportCounts counts;
    for (std::size_t i = 0; i < made.size(); i += 1000) {
      const auto end = std::min(i + 1000, made.size());
      const auto chunk = catalog.Import({made.begin() + static_cast<std::ptrdiff_t>(i),
                                         made.begin() + static_cast<std::ptrdiff_t>(end)},
                                        kNoDeadline);
      if (!chunk.ok()) {
        std::printf("%s\n", chunk.error().ToString().c_str());
        return 1;
      }
      counts.inserted += chunk->counts.inserted;
      counts.unchanged += chunk->counts.unchanged;
    }
    std::printf("%s: %zu movies, %.0f/s (%lld inserted, %lld unchanged)\n", what, made.size(),
                static_cast<double>(made.size()) / (Ms(Steady::now() - start) / 1000),
                static_cast<long long>(counts.inserted), static_cast<long long>(counts.unchanged));
  }
  for (const std::int64_t batch : {10'000, 20'000, 50'000}) {
    BenchConsumer(pool, static_cast<std::int64_t>(count), ratings / 3, batch);
  }
  database.Execute("VACUUM ANALYZE");
  BenchReads(catalog, audience);
  return 0;
}
