// How fast marqueectl reads a data set, before anything is sent:
//   build/release/bench/bench_read_dataset FOLDER [TIMES]
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "ctl/files/read_dataset.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "bench_read_dataset FOLDER [TIMES]\n");
    return 2;
  }
  for (int i = 0; i < (argc > 2 ? std::atoi(argv[2]) : 3); ++i) {
    const auto started = std::chrono::steady_clock::now();
    std::uint64_t rejects = 0;
    const auto dataset = marquee::ctl::ReadDataset(
        argv[1], [&](const marquee::ctl::Reject&) { ++rejects; }, [](double) {});
    if (!dataset.ok()) {
      std::fprintf(stderr, "%s\n", dataset.error().ToString().c_str());
      return 1;
    }
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("%zu movies, %zu ratings, %llu rejects: %.2f s, %.0f ratings/s, at most %ld MiB\n",
                dataset->movies.size(), dataset->ratings.size(),
                static_cast<unsigned long long>(rejects), took,
                static_cast<double>(dataset->ratings.size()) / took, usage.ru_maxrss / 1024);
  }
}
