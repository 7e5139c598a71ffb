// Exact top-N by inner product, one query at a time on one thread, for tests/bench/top_n_vs_faiss.py.
//   bench_top_n ITEMS FACTORS QUERIES FOLDER
// Writes items.f32 and queries.f32 (row-major), then says "ready". For each line on stdin it answers
// all queries and says the processor seconds that took; at the end it writes the lists, lists.i32.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "models/random.h"
#include "models/rounded_rows.h"

namespace {

using namespace marquee::models;  // NOLINT: a bench of this namespace alone

constexpr int kBest = 100;

std::vector<float> Normal(int32_t rows, int32_t columns, uint64_t seed) {
  std::vector<float> values(static_cast<size_t>(rows) * static_cast<size_t>(columns));
  for (size_t i = 0; i < values.size(); ++i) values[i] = 0.3F * NormalAt(seed, i);
  return values;
}

template <typename Value>
void Write(const std::string& path, const std::vector<Value>& values) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(Value)));
}

double ProcessorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "bench_top_n ITEMS FACTORS QUERIES FOLDER\n");
    return 2;
  }
  const int32_t items = std::atoi(argv[1]);
  const int32_t factors = std::atoi(argv[2]);
  const int32_t queries = std::atoi(argv[3]);
  const std::string folder = argv[4];
  const std::vector<float> rows = Normal(items, factors, 7);
  const std::vector<float> asked = Normal(queries, factors, 8);
  Write(folder + "/items.f32", rows);
  Write(folder + "/queries.f32", asked);
  const MatrixView view{rows.data(), items, factors};
  const MatrixView vectors{asked.data(), queries, factors};
  const RoundedRows rounded(view);
  std::cout << "ready" << std::endl;
  std::vector<int32_t> lists;
  for (std::string line; std::getline(std::cin, line);) {
    lists.clear();
    const double began = ProcessorSeconds();
    for (int32_t query = 0; query < queries; ++query) {
      for (const ScoredItem& one : TopProducts(view, rounded, vectors.Row(query), kBest))
        lists.push_back(one.item);
    }
    std::cout << ProcessorSeconds() - began << std::endl;
  }
  Write(folder + "/lists.i32", lists);
}
