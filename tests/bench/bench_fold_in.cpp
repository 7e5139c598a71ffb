// Latency of what a recommendation computes: fold-in, explanation, exact top-N. One thread.
//   bench_fold_in [repetitions]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "models/ials/fold_in.h"
#include "models/kernels.h"
#include "models/parallel.h"
#include "models/random.h"
#include "models/top_n.h"

namespace {

using namespace marquee::models;  // NOLINT: a bench of this namespace alone

struct Latency {
  double p50 = 0;
  double p99 = 0;
};

Latency Measure(int repetitions, const std::function<void(int)>& body) {
  std::vector<double> micros;
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body(i);
    micros.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::sort(micros.begin(), micros.end());
  return {micros[micros.size() / 2], micros[micros.size() * 99 / 100]};
}

std::vector<float> RandomFactors(int32_t items, int32_t k) {
  std::vector<float> factors(static_cast<size_t>(items) * static_cast<size_t>(k));
  for (size_t i = 0; i < factors.size(); ++i) factors[i] = 0.3F * NormalAt(7, i);
  return factors;
}

// Keeps the results of what is measured.
double sink = 0;

void BenchFoldIn(int32_t k, int repetitions) {
  constexpr int32_t kItems = 60'000;
  const std::vector<float> factors = RandomFactors(kItems, k);
  std::vector<float> gram(static_cast<size_t>(k) * static_cast<size_t>(k), 0);
  for (size_t c = 0; c < static_cast<size_t>(k); ++c) {
    for (size_t i = 0; i < static_cast<size_t>(kItems); ++i) {
      const float value = factors[i * static_cast<size_t>(k) + c];
      gram[c * static_cast<size_t>(k) + c] += value * value;
    }
  }
  const auto fold_in = FoldIn::Make({factors.data(), kItems, k}, gram, FoldInOptions{});
  if (!fold_in.ok()) std::exit(1);
  Random random(1);
  for (const int n : {1, 5, 20, 50, 100, 500, 2000}) {
    std::vector<Observation> history;
    for (int j = 0; j < n; ++j) history.push_back({static_cast<int32_t>(random.Below(kItems)), 1});
    const Latency solve =
        Measure(repetitions, [&](int) { sink += static_cast<double>(fold_in->Solve(history)[0]); });
    const std::vector<int32_t> targets{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const Latency explain = Measure(repetitions, [&](int) {
      const auto system = fold_in->Assemble(history);
      std::vector<float> shares(history.size(), 0);
      for (const int32_t target : targets) fold_in->AddShares(system, target, 1, shares);
      sink += static_cast<double>(shares[0]);
    });
    std::printf(
        "fold-in  k = %3d, %4d ratings: p50 %7.1f us, p99 %7.1f us; with 10 explanations "
        "p50 %7.1f us\n",
        k, n, solve.p50, solve.p99, explain.p50);
  }
}

void BenchTopN(int32_t items, int32_t k, int repetitions) {
  const std::vector<float> factors = RandomFactors(items, k);
  std::vector<int32_t> excluded;
  Random random(2);
  for (int i = 0; i < 100; ++i) {
    excluded.push_back(static_cast<int32_t>(random.Below(static_cast<uint64_t>(items))));
  }
  std::vector<float> scores(static_cast<size_t>(items));
  const Latency latency = Measure(repetitions, [&](int i) {
    const MatrixView view{factors.data(), items, k};
    Scores(view, view.Row(i % items), scores);
    sink += static_cast<double>(TopNOf(scores, 100, {{}, excluded})[0].score);
  });
  std::printf("top-100 of %7d x %3d: p50 %7.1f us, p99 %7.1f us\n", items, k, latency.p50,
              latency.p99);
}

}  // namespace

int main(int count, char** values) {
  const int repetitions = count > 1 ? std::atoi(values[1]) : 1000;
  std::printf("kernels %s, one thread\n", BestKernels().name);
  for (const int32_t k : {64, 128}) BenchFoldIn(k, repetitions);
  BenchTopN(9'742, 64, repetitions);
  BenchTopN(60'000, 64, repetitions);
  BenchTopN(60'000, 128, repetitions);
  BenchTopN(1'000'000, 64, std::max(repetitions / 20, 10));
  return sink == 0.5 ? 1 : 0;
}
