// How fast ratings are imported: into Kafka (as BulkIngest does), from there into PostgreSQL (as
// the writer does), a second time (which changes nothing), and out again (as ExportRatings does).
//
//   eval "$(deploy/local/infra up --state DIR --ephemeral)"; build/release/bin/bench_import
//   [ROWS]
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <thread>

#include "kafka/testing.h"
#include "pg/testing.h"
#include "rating-ingest/app/bulk_ingest.h"
#include "rating-ingest/clients/kafka_log.h"
#include "rating-ingest/consume/writer_steps.h"
#include "rating-ingest/store/batch_steps.h"
#include "rating-ingest/store/pg_rating_reader.h"
#include "ratings/rating_consumer.h"

namespace marquee::rating_ingest {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t kChunkRows = 65'536;

double Seconds(Steady::duration span) { return std::chrono::duration<double>(span).count(); }

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Data {
  std::vector<std::int64_t> users;
  std::vector<std::int64_t> movies;
  std::vector<float> values;
  std::vector<std::int64_t> times;
};

// Each user's ratings together, as MovieLens files have them: about 100 a user.
Data Generate(std::size_t rows) {
  std::mt19937 random(1);
  Data data;
  for (std::size_t user = 1; data.users.size() < rows; ++user) {
    std::int64_t movie = 0;
    for (int i = 0; i < 100 && data.users.size() < rows; ++i) {
      movie += 1 + static_cast<std::int64_t>(random() % 200);
      data.users.push_back(static_cast<std::int64_t>(user));
      data.movies.push_back(movie);
      data.values.push_back(static_cast<float>(1 + random() % 10) / 2);
      data.times.push_back(1'000'000'000 + static_cast<std::int64_t>(random() % 500'000'000));
    }
  }
  return data;
}

struct Phase {
  explicit Phase(const char* name) : name_(name) {}
  void Report(std::size_t rows) const {
    const double took = Seconds(Steady::now() - started_);
    std::printf("%-34s %9zu rows %8.2f s %12.0f rows/s   our CPU %5.2f s\n", name_, rows, took,
                static_cast<double>(rows) / took, CpuSeconds() - cpu_);
    std::fflush(stdout);
  }
  const char* name_;
  Steady::time_point started_ = Steady::now();
  double cpu_ = CpuSeconds();
};

Offsets Ingest(const Data& data, RatingLog& log) {
  const CallContext call(SystemClock().Now() + std::chrono::minutes(10));
  BulkIngest ingest(log, SystemClock());
  for (std::size_t at = 0; at < data.users.size(); at += kChunkRows) {
    const std::size_t count = std::min(kChunkRows, data.users.size() - at);
    const auto status = ingest.Add({{data.users.data() + at, count},
                                    {data.movies.data() + at, count},
                                    {data.values.data() + at, count},
                                    {data.times.data() + at, count}},
                                   call);
    if (!status.ok()) throw std::runtime_error(status.error().ToString());
  }
  const auto summary = ingest.Finish(call);
  if (!summary.ok()) throw std::runtime_error(summary.error().ToString());
  return summary->end_offsets;
}

void Run(std::size_t rows) {
  pg::TestDatabase database;
  database.Migrate("services/rating-ingest/migrations");
  const std::string topic = kafka::MakeTestTopic(8);
  metrics::Metrics metrics;
  kafka::Producer producer({.cluster = kafka::TestCluster()});
  KafkaLog log(producer, metrics, topic);
  std::atomic<std::int64_t> in_transactions{0};
  pg::PoolHooks hooks;
  hooks.finished = [&](std::chrono::nanoseconds took, std::optional<Code>) {
    in_transactions += took.count();
  };
  pg::Pool pool({.uri = database.uri()}, hooks);
  PgRatingReader reader(pool, topic);
  AppliedPositions applied(reader, log, {.most_wait = std::chrono::minutes(10)}, metrics);
  const Data data = Generate(rows);

  Offsets ends;
  {
    const Phase phase("into Kafka");
    ends = Ingest(data, log);
    phase.Report(rows);
  }
  const ratings::RatingConsumerConfig config{
      .consumer = {.cluster = kafka::TestCluster(), .group = topic, .topic = topic},
      .service = "rating_ingest"};
  const auto apply = [&](const char* name) {
    const Phase phase(name);
    metrics::Metrics own;
    ratings::RatingConsumer writer(
        config, pool,
        WriterSteps({ApplyToRatings(own), CountDeadLetters}, config, producer, applied, own), own);
    const auto before = in_transactions.load();
    CallContext call(SystemClock().Now() + std::chrono::minutes(10));
    for (const auto& [partition, end] : ends)
      call.positions.push_back({std::string(ratings::kStream), {partition, end}});
    const auto waited = applied.WaitFor(call);
    if (!waited.ok()) throw std::runtime_error(waited.error().ToString());
    phase.Report(rows);
    std::printf("%34s of it in transactions: %.2f s\n", "",
                static_cast<double>(in_transactions - before) / 1e9);
  };
  apply("from Kafka into PostgreSQL");
  ends = Ingest(data, log);
  apply("again, which changes nothing");
  {
    const Phase phase("export of all");
    std::size_t exported = 0;
    const auto summary =
        reader.Export(65'536, CallContext(SystemClock().Now() + std::chrono::minutes(10)),
                      [&](ExportChunk chunk) -> Status {
                        exported += chunk.user_ids.size();
                        return {};
                      });
    if (!summary.ok()) throw std::runtime_error(summary.error().ToString());
    phase.Report(exported);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("memory at most %ld MiB, of which the input %zu MiB\n", usage.ru_maxrss / 1024,
              rows * 28 / (1024 * 1024));
}

}  // namespace
}  // namespace marquee::rating_ingest

int main(int argc, char** argv) {
  marquee::rating_ingest::Run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000);
}
