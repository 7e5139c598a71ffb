// Time and memory of training a rating model on generated data, and how it converges.
//   bench_rating [ALGORITHM [USERS ITEMS RATINGS [THREADS]]]
// The stars come from tastes (eight factors), biases and noise over bench::Synthetic's pattern of who
// has rated what; genres and years aren't known.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "models/evaluation.h"
#include "models/fitting.h"
#include "models/random.h"
#include "synthetic.h"

namespace {

using namespace marquee::models;  // NOLINT: a bench of this namespace alone

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

RatingMatrix WithTastes(const RatingMatrix& pattern) {
  constexpr size_t kTastes = 8;
  constexpr size_t kNumbers = kTastes + 1;
  const auto number = [](uint64_t of, int32_t row, size_t c) {
    return NormalAt(of, static_cast<size_t>(row) * kNumbers + c);
  };
  SparseRows rows = pattern.by_user();
  for (int32_t user = 0; user < rows.rows(); ++user) {
    const auto first = static_cast<size_t>(rows.offsets[static_cast<size_t>(user)]);
    const auto end = static_cast<size_t>(rows.offsets[static_cast<size_t>(user) + 1]);
    for (size_t i = first; i < end; ++i) {
      const int32_t item = rows.columns[i];
      float stars = 3.5F + 0.4F * number(1, user, kTastes) + 0.4F * number(2, item, kTastes);
      for (size_t c = 0; c < kTastes; ++c) stars += 0.17F * number(1, user, c) * number(2, item, c);
      stars += 0.75F * NormalAt(3, i);
      rows.values[i] = StarsOf(StarValueOf(stars));
    }
  }
  return RatingMatrix::FromRows(pattern.user_ids(), pattern.item_ids(), std::move(rows));
}

}  // namespace

int main(int count, char** values) {
  const std::string algorithm = count > 1 ? values[1] : "bayesian_mf";
  marquee::bench::SyntheticOptions options{.users = 60'000, .items = 20'000, .ratings = 4'000'000};
  if (count > 4) {
    options.users = std::atoi(values[2]);
    options.items = std::atoi(values[3]);
    options.ratings = std::atoll(values[4]);
  }
  const RatingSplit split = SplitRatings(WithTastes(Synthetic(options)), 10, 0, 1);
  std::printf("%d users, %d items, %lld ratings to train on; %.0f MB so far\n", split.train.users(),
              split.train.items(), static_cast<long long>(split.train.nonzeros()), PeakMegabytes());
  Fitting fitting;
  fitting.threads = count > 5 ? std::atoi(values[5]) : 0;
  int steps = 0;
  fitting.measured = [&](const Measured& measured) {
    steps = measured.step;
    if (steps % 10 == 0)
      std::printf("  %.*s, step %d: %.4f\n", static_cast<int>(measured.name.size()),
                  measured.name.data(), steps, measured.value);
  };
  const auto began = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  const auto ranker = FitRanker(algorithm, split.train, {}, fitting);
  const double processor = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (!ranker.ok()) {
    std::printf("%s\n", ranker.error().ToString().c_str());
    return 1;
  }
  std::printf("%s: %.1f s, %.1f processor seconds (%.2f a step of %d), %.0f MB at the peak\n",
              algorithm.c_str(), took.count(), processor, processor / std::max(1, steps), steps,
              PeakMegabytes());
  const auto metrics = EvaluateRatings(split.held_out, PredictBy(*ranker, split.train));
  std::printf("RMSE %.4f, MAE %.4f\n", metrics.rmse, metrics.mae);
  if (!metrics.predictive) return 0;
  for (size_t i = 0; i < kIntervals.size(); ++i)
    std::printf("%.0f %%: covers %.3f, %.2f wide\n", 100 * kIntervals[i].share,
                metrics.predictive->coverage[i], metrics.predictive->width[i]);
  std::printf("log-loss %.3f\n", metrics.predictive->log_loss);
  return 0;
}
