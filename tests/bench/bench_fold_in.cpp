// Latency of what a recommendation computes: fold-in, explanation, exact top-N. One thread.
//   bench_fold_in [--benchmark_filter=TopN] (--help says what else)
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "models/bayesian_mf/fold_in.h"
#include "models/ials/fold_in.h"
#include "models/kernels.h"
#include "models/random.h"
#include "models/rounded_rows.h"
#include "models/top_n.h"

namespace {

using namespace marquee::models;  // NOLINT: a bench of this namespace alone

std::vector<float> RandomFactors(int32_t items, int32_t k) {
  std::vector<float> factors(static_cast<size_t>(items) * static_cast<size_t>(k));
  for (size_t i = 0; i < factors.size(); ++i) factors[i] = 0.3F * NormalAt(7, i);
  return factors;
}

const FoldIn& TheFoldIn(std::int32_t k) {
  static std::map<std::int32_t, std::pair<std::vector<float>, FoldIn>> made;
  if (const auto found = made.find(k); found != made.end()) return found->second.second;
  constexpr std::int32_t kItems = 60'000;
  std::vector<float> factors = RandomFactors(kItems, k);
  std::vector<float> gram(static_cast<size_t>(k) * static_cast<size_t>(k), 0);
  for (size_t c = 0; c < static_cast<size_t>(k); ++c) {
    for (size_t i = 0; i < static_cast<size_t>(kItems); ++i) {
      const float value = factors[i * static_cast<size_t>(k) + c];
      gram[c * static_cast<size_t>(k) + c] += value * value;
    }
  }
  auto fold_in = FoldIn::Make({factors.data(), kItems, k}, gram, FoldInOptions{});
  if (!fold_in.ok()) std::exit(1);
  return made.emplace(k, std::pair(std::move(factors), *std::move(fold_in))).first->second.second;
}

std::vector<Observation> RandomHistory(std::int64_t ratings) {
  Random random(1);
  std::vector<Observation> history;
  for (std::int64_t j = 0; j < ratings; ++j)
    history.push_back({static_cast<std::int32_t>(random.Below(60'000)), 1});
  return history;
}

// Factors, and ratings of the history.
void Solve(benchmark::State& state) {
  const FoldIn& fold_in = TheFoldIn(static_cast<std::int32_t>(state.range(0)));
  const auto history = RandomHistory(state.range(1));
  for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(fold_in.Solve(history)[0]);
}

// The same with explanations of twenty movies.
void Explain(benchmark::State& state) {
  const FoldIn& fold_in = TheFoldIn(static_cast<std::int32_t>(state.range(0)));
  const auto history = RandomHistory(state.range(1));
  std::vector<std::int32_t> targets(20);
  std::iota(targets.begin(), targets.end(), 1);
  const std::vector<float> weights(targets.size(), 1);
  for ([[maybe_unused]] auto round : state) {
    const auto system = fold_in.Assemble(history);
    std::vector<float> shares(targets.size() * history.size(), 0);
    fold_in.AddShares(system, targets, weights, shares);
    benchmark::DoNotOptimize(shares[0]);
  }
}

// The best hundred of so many movies, by so many factors, without a hundred that are excluded.
void TopN(benchmark::State& state) {
  const auto items = static_cast<std::int32_t>(state.range(0));
  const auto k = static_cast<std::int32_t>(state.range(1));
  const std::vector<float> factors = RandomFactors(items, k);
  std::vector<std::int32_t> excluded;
  Random random(2);
  for (int i = 0; i < 100; ++i)
    excluded.push_back(static_cast<std::int32_t>(random.Below(static_cast<uint64_t>(items))));
  const MatrixView view{factors.data(), items, k};
  const RoundedRows rounded(view);
  std::int32_t row = 0;
  for ([[maybe_unused]] auto round : state) {
    benchmark::DoNotOptimize(
        TopProducts(view, rounded, view.Row(row++ % items), 100, {{}, excluded})[0].score);
  }
}

// A predicted rating and how sure it is (libs/models/bayesian_mf), from the history on.
void Predict(benchmark::State& state) {
  namespace bayes = marquee::models::bayesian_mf;
  constexpr std::int32_t kItems = 60'000;
  const auto k = static_cast<std::int32_t>(state.range(0));
  const std::vector<float> factors = RandomFactors(kItems, k);
  const std::vector<float> variances(factors.size(), 0.05F);
  const std::vector<float> bias(kItems, 0.1F);
  const std::vector<float> of_new(static_cast<size_t>(k) + 1, 0.1F);
  const bayes::ItemPosterior items{.mean = 3.5F,
                                   .item_bias = bias,
                                   .item_factors = {factors.data(), kItems, k},
                                   .item_bias_variance = bias,
                                   .item_factor_variances = {variances.data(), kItems, k},
                                   .new_item_mean = of_new,
                                   .new_item_variances = of_new,
                                   .user_mean = Eigen::VectorXd::Zero(k + 1),
                                   .user_precision = 5 * Eigen::MatrixXd::Identity(k + 1, k + 1),
                                   .noise_precision = 2,
                                   .noise_shape = 3};
  std::vector<RatedItem> history;
  for (const auto& seen : RandomHistory(state.range(1))) history.push_back({seen.item, 4});
  for ([[maybe_unused]] auto round : state) {
    const bayes::UserPosterior user(items, history);
    benchmark::DoNotOptimize(user.Mean(1) + user.Variance(1));
  }
}

void Histories(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"k", "ratings"})->ArgsProduct({{64, 128}, {1, 5, 20, 50, 100, 500, 2000}});
}

BENCHMARK(Solve)->Apply(Histories)->Unit(benchmark::kMicrosecond);
BENCHMARK(Explain)->Apply(Histories)->Unit(benchmark::kMicrosecond);
BENCHMARK(Predict)
    ->ArgNames({"k", "ratings"})
    ->ArgsProduct({{8, 16, 32}, {20, 100, 500}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(TopN)
    ->ArgNames({"movies", "k"})
    ->Args({9'742, 64})
    ->Args({60'000, 64})
    ->Args({60'000, 128})
    ->Args({1'000'000, 64})
    ->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int count, char** values) {
  benchmark::AddCustomContext("kernels", BestKernels().name);
  benchmark::Initialize(&count, values);
  if (benchmark::ReportUnrecognizedArguments(count, values)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
