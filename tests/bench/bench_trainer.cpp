// A training run as the trainer makes it, on generated ratings: where the time goes, and the
// memory.
//   build/release/bench/bench_trainer [USERS MOVIES RATINGS]     138000 27000 20000000
// The ratings come over gRPC from a process of their own, whose memory doesn't count.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include "base/testing/calls.h"
#include "rpc/client.h"
#include "synthetic.h"
#include "trainer/app/training_job.h"
#include "trainer/clients/ratings_client.h"
#include "trainer/testing/fake_services.h"
#include "trainer/testing/fakes.h"
#include "trainer/testing/memory_store.h"

namespace marquee::trainer {
namespace {

using SteadyClock = std::chrono::steady_clock;

Snapshot Generate(const bench::SyntheticOptions& options) {
  const auto matrix = bench::Synthetic(options);
  Snapshot snapshot;
  const auto& rows = matrix.by_user();
  for (std::int32_t user = 0; user < rows.rows(); ++user) {
    const auto movies = rows.RowColumns(user);
    const auto values = rows.RowValues(user);
    for (std::size_t i = 0; i < movies.size(); ++i) {
      snapshot.user_ids.push_back(matrix.user_ids()[static_cast<std::size_t>(user)]);
      snapshot.movie_ids.push_back(matrix.item_ids()[static_cast<std::size_t>(movies[i])]);
      snapshot.values.push_back(values[i]);
    }
  }
  return snapshot;
}

// Serves the export; never returns.
[[noreturn]] void ServeRatings(const bench::SyntheticOptions& options, int address_to) {
  testing::FakeRatingsService service;
  service.Behave({.snapshot = Generate(options), .rows_a_message = 65'536});
  const auto address = service.address();
  if (write(address_to, address.data(), address.size()) < 0) std::_Exit(1);
  close(address_to);
  while (true) pause();
}

// Seconds spent in each stage, by looking every few milliseconds.
std::map<std::string, double> TimeStages(const RunMonitor& monitor, const std::stop_token& stop) {
  std::map<std::string, double> seconds;
  auto last = SteadyClock::now();
  while (!stop.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const auto now = SteadyClock::now();
    seconds[std::string(Name(monitor.position().stage))] +=
        std::chrono::duration<double>(now - last).count();
    last = now;
  }
  return seconds;
}

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

int Run(const std::string& ratings_address) {
  testing::FakeAuth auth;
  rpc::ServiceToken token(rpc::MakeChannel(auth.address()), "trainer", testing::kServiceSecret,
                          SystemClock());
  RatingsClient ratings(rpc::MakeChannel(ratings_address), token, {});
  testing::MemoryStore store;
  TemporaryFolder temporary;
  testing::FakeRegistry registry;
  testing::FakeContent content;
  TrainingJob job(ratings, content, registry, testing::Options("bench", temporary.path()),
                  SystemClock());
  const Owner owner{"bench", "bench"};

  for (const char* what : {"first run", "second run (judges the champion too)"}) {
    const auto started = store.Start({}, owner, kNoDeadline);
    if (!started.ok()) return 1;
    RunMonitor monitor;
    RunOutcome outcome;
    std::map<std::string, double> stages;
    const auto began = SteadyClock::now();
    std::jthread watcher([&](std::stop_token stop) { stages = TimeStages(monitor, stop); });
    const auto done = job.Run(started->run, monitor, outcome);
    watcher.request_stop();
    watcher.join();
    const std::chrono::duration<double> took = SteadyClock::now() - began;
    if (!done.ok()) {
      std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
      return 1;
    }
    if (!store.End(started->run.run_id, owner, RunState::kSucceeded, "", outcome, kNoDeadline).ok())
      return 1;
    std::printf("%s: %lld ratings, %.1f s, peak %.0f MB\n", what,
                static_cast<long long>(outcome.rating_count), took.count(), PeakMegabytes());
    for (const auto& [stage, seconds] : stages)
      std::printf("  %-18s %7.1f s\n", stage.c_str(), seconds);
    for (const auto* name : {"ranking.ndcg_at_100", "ranking.popularity.ndcg_at_100",
                             "ranking.champion.ndcg_at_100", "rating.rmse", "rating.bias.rmse"}) {
      if (const auto it = outcome.metrics.find(name); it != outcome.metrics.end())
        std::printf("  %-32s %.4f\n", name, it->second);
    }
  }
  return 0;
}

}  // namespace
}  // namespace marquee::trainer

int main(int argc, char** argv) {
  marquee::bench::SyntheticOptions options;
  if (argc == 4) {
    options.users = std::atoi(argv[1]);
    options.items = std::atoi(argv[2]);
    options.ratings = std::atoll(argv[3]);
  }
  int ends[2];
  if (pipe(ends) != 0) return 1;
  const pid_t server = fork();  // before gRPC has threads
  if (server == 0) {
    close(ends[0]);
    marquee::trainer::ServeRatings(options, ends[1]);
  }
  close(ends[1]);
  char address[64] = {};
  const bool heard = read(ends[0], address, sizeof address - 1) > 0;
  const int status = heard ? marquee::trainer::Run(address) : 1;
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
  return status;
}
