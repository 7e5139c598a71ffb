#include "models/ease/ease.h"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/parallel.h"

extern "C" void openblas_set_num_threads(int threads);

namespace marquee::models {
namespace {

struct Active {
  std::vector<int32_t> items;  // catalogue index of each item that takes part
  std::vector<int32_t> index;  // of each catalogue item among them, or -1
  size_t size() const { return items.size(); }
};

Active ActiveItems(const RatingMatrix& matrix, int min_count) {
  Active active;
  active.index.assign(static_cast<size_t>(matrix.items()), -1);
  for (int32_t item = 0; item < matrix.items(); ++item) {
    if (matrix.by_item().RowSize(item) < std::max(min_count, 1)) continue;
    active.index[static_cast<size_t>(item)] = static_cast<int32_t>(active.size());
    active.items.push_back(item);
  }
  return active;
}

// √g·F's rows of the active items, [active, columns].
std::vector<float> SideRows(const Active& active, const EaseOptions& options) {
  std::vector<float> rows;
  if (!(options.side_weight > 0)) return rows;
  const float root = std::sqrt(options.side_weight);
  for (const int32_t item : active.items) {
    for (const float value : options.side.Row(item)) rows.push_back(root * value);
  }
  return rows;
}

Error Cancelled() { return Error::Cancelled("training_cancelled", "The training was cancelled."); }

// The values of item `position`'s row over the active items.
void AddRow(const Active& active, size_t position, const float* values,
            ItemToItemBuilder& builder) {
  std::vector<ScoredItem> entries;
  entries.reserve(active.size());
  for (size_t j = 0; j < active.size(); ++j) entries.push_back({active.items[j], values[j]});
  builder.Add(active.items[position], std::move(entries));
}

// Overloads, so that one template serves both precisions.
lapack_int Potrf(lapack_int n, float* a) {
  return LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'L', n, a, n);
}
lapack_int Potrf(lapack_int n, double* a) {
  return LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', n, a, n);
}
lapack_int Potri(lapack_int n, float* a) {
  return LAPACKE_spotri_work(LAPACK_COL_MAJOR, 'L', n, a, n);
}
lapack_int Potri(lapack_int n, double* a) {
  return LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', n, a, n);
}

Error NotDefinite() {
  return Error::FailedPrecondition("ease_not_definite",
                                   "The items' Gram matrix can't be inverted in this precision: "
                                   "raise EASE's regularization.");
}

Status Going(const EaseOptions& options) {
  if (options.proceed && !options.proceed()) return Cancelled();
  return {};
}

// P = (XᵀX + λI)⁻¹ over the active items, n × n, whole.
template <typename Real>
struct ByItems {
  size_t n = 0;
  std::vector<Real> p;

  static Result<ByItems> Solve(const RatingMatrix& matrix, const EaseOptions& options,
                               const Active& active, int threads);
  // values[j] = B(i, j) = −P(i, j) / P(j, j); B(i, i) is meaningless.
  void Row(size_t i, float* values) const {
    for (size_t j = 0; j < n; ++j) values[j] = static_cast<float>(-p[i * n + j] / p[j * n + j]);
  }
};

template <typename Real>
Result<ByItems<Real>> ByItems<Real>::Solve(const RatingMatrix& matrix, const EaseOptions& options,
                                           const Active& active, int threads) {
  const size_t n = active.size();
  ByItems solution{n, std::vector<Real>(n * n, 0)};
  std::vector<Real>& gram = solution.p;  // column-major lower triangle: (i, j), i ≥ j, at j·n + i
  const SparseRows& by_item = matrix.by_item();
  const SparseRows& by_user = matrix.by_user();
  const std::vector<float> side = SideRows(active, options);
  const size_t sides = side.size() / n;
  ParallelFor(threads, static_cast<int64_t>(n), [&](int64_t j, int) {
    Real* column = gram.data() + static_cast<size_t>(j) * n;
    const float* own = side.data() + static_cast<size_t>(j) * sides;
    for (auto i = static_cast<size_t>(j); i < n && sides > 0; ++i)
      column[i] += std::inner_product(own, own + sides, side.data() + i * sides, Real{0});
    const int32_t item = active.items[static_cast<size_t>(j)];
    const auto users = by_item.RowColumns(item);
    const auto weights = by_item.RowValues(item);
    for (size_t u = 0; u < users.size(); ++u) {
      const auto columns = by_user.RowColumns(users[u]);
      const auto values = by_user.RowValues(users[u]);
      const auto first = std::lower_bound(columns.begin(), columns.end(), item) - columns.begin();
      for (auto c = static_cast<size_t>(first); c < columns.size(); ++c) {
        const int32_t other = active.index[static_cast<size_t>(columns[c])];
        if (other >= 0)
          column[other] += static_cast<Real>(weights[u]) * static_cast<Real>(values[c]);
      }
    }
    column[j] += static_cast<Real>(options.regularization);
  });
  RETURN_IF_ERROR(Going(options));
  if (Potrf(static_cast<lapack_int>(n), gram.data()) != 0) return NotDefinite();
  RETURN_IF_ERROR(Going(options));
  if (Potri(static_cast<lapack_int>(n), gram.data()) != 0) return NotDefinite();
  RETURN_IF_ERROR(Going(options));
  for (size_t j = 0; j < n; ++j) {
    for (size_t i = j + 1; i < n; ++i) gram[i * n + j] = gram[j * n + i];
  }
  return solution;
}

// The same by the rows of X: with XXᵀ + λI = LLᵀ and Z = L⁻¹X, Woodbury's identity gives
// λP = I − ZᵀZ, so B(i, j) = z_i·z_j / (1 − |z_j|²).
struct ByRows {
  size_t m = 0;             // users and side rows
  size_t n = 0;             // active items
  std::vector<float> z;     // [m, n]
  std::vector<float> left;  // 1 − |z_j|² = λ·P(j, j), [n]

  static Result<ByRows> Solve(const RatingMatrix& matrix, const EaseOptions& options,
                              const Active& active);
  // rows [count, n] = H·Z / left for weights H [count, m] over the rows of Z.
  void Rows(const float* weights, size_t count, float* rows) const {
    const auto items = static_cast<int>(n);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<int>(count), items,
                static_cast<int>(m), 1, weights, static_cast<int>(m), z.data(), items, 0, rows,
                items);
    for (size_t r = 0; r < count; ++r) {
      for (size_t j = 0; j < n; ++j) rows[r * n + j] /= left[j];
    }
  }
};

Result<ByRows> ByRows::Solve(const RatingMatrix& matrix, const EaseOptions& options,
                             const Active& active) {
  const SparseRows& by_user = matrix.by_user();
  std::vector<int32_t> users;
  for (int32_t user = 0; user < by_user.rows(); ++user) {
    if (by_user.RowSize(user) > 0) users.push_back(user);
  }
  const size_t n = active.size();
  const std::vector<float> side = SideRows(active, options);
  const size_t sides = side.size() / n;
  const size_t m = users.size() + sides;
  std::vector<double> x(m * n, 0);
  for (size_t u = 0; u < users.size(); ++u) {
    const auto columns = by_user.RowColumns(users[u]);
    const auto values = by_user.RowValues(users[u]);
    for (size_t c = 0; c < columns.size(); ++c) {
      const int32_t item = active.index[static_cast<size_t>(columns[c])];
      if (item >= 0) x[u * n + static_cast<size_t>(item)] = static_cast<double>(values[c]);
    }
  }
  for (size_t j = 0; j < n; ++j) {
    for (size_t f = 0; f < sides; ++f)
      x[(users.size() + f) * n + j] = static_cast<double>(side[j * sides + f]);
  }
  std::vector<double> kernel(m * m, 0);
  const auto rows = static_cast<int>(m);
  const auto items = static_cast<int>(n);
  for (size_t u = 0; u < m; ++u) kernel[u * m + u] = static_cast<double>(options.regularization);
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, rows, items, 1, x.data(), items, 1,
              kernel.data(), rows);
  if (Potrf(static_cast<lapack_int>(m), kernel.data()) != 0) return NotDefinite();
  RETURN_IF_ERROR(Going(options));
  // X as a column-major items × rows matrix is Xᵀ: Zᵀ = Xᵀ·L⁻ᵀ.
  cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, items, rows, 1,
              kernel.data(), rows, x.data(), items);
  std::vector<double> left(n, 1);
  for (size_t u = 0; u < m; ++u) {
    for (size_t j = 0; j < n; ++j) left[j] -= x[u * n + j] * x[u * n + j];
  }
  RETURN_IF_ERROR(Going(options));
  return ByRows{m, n, {x.begin(), x.end()}, {left.begin(), left.end()}};
}

// In the catalogue's indices, what is largest of each row.
template <typename Real>
Result<EaseModel> Prune(const ByItems<Real>& solution, const EaseOptions& options,
                        const Active& active, int threads) {
  ItemToItemBuilder builder(static_cast<int32_t>(active.index.size()), options.neighbours);
  ParallelFor(threads, static_cast<int64_t>(solution.n), [&](int64_t row, int) {
    std::vector<float> values(solution.n);
    solution.Row(static_cast<size_t>(row), values.data());
    AddRow(active, static_cast<size_t>(row), values.data(), builder);
  });
  return builder.Finish();
}

Result<EaseModel> Prune(const ByRows& solution, const EaseOptions& options, const Active& active,
                        int threads) {
  constexpr size_t kBlock = 256;
  const size_t n = solution.n;
  ItemToItemBuilder builder(static_cast<int32_t>(active.index.size()), options.neighbours);
  std::vector<float> weights(kBlock * solution.m);
  std::vector<float> block(kBlock * n);
  for (size_t first = 0; first < n; first += kBlock) {
    const size_t size = std::min(kBlock, n - first);
    for (size_t r = 0; r < size; ++r) {
      for (size_t u = 0; u < solution.m; ++u)
        weights[r * solution.m + u] = solution.z[u * n + first + r];
    }
    solution.Rows(weights.data(), size, block.data());
    ParallelFor(threads, static_cast<int64_t>(size), [&](int64_t row, int) {
      AddRow(active, first + static_cast<size_t>(row), block.data() + static_cast<size_t>(row) * n,
             builder);
    });
    RETURN_IF_ERROR(Going(options));
  }
  return builder.Finish();
}

// scores[item] of a history, from its row over the active items.
void Scatter(const Active& active, const float* row, float* scores) {
  for (size_t j = 0; j < active.size(); ++j) scores[active.items[j]] = row[j];
}

using Histories = std::span<const std::vector<Observation>>;

template <typename Real>
void Score(const ByItems<Real>& solution, const Active& active, Histories histories, size_t items,
           std::vector<float>& scores) {
  std::vector<float> b(solution.n);
  std::vector<float> sums(solution.n);
  for (size_t h = 0; h < histories.size(); ++h) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (const Observation& seen : histories[h]) {
      const int32_t item = active.index[static_cast<size_t>(seen.item)];
      if (item < 0) continue;
      solution.Row(static_cast<size_t>(item), b.data());
      const float weight = seen.weight();
      for (size_t j = 0; j < solution.n; ++j)
        sums[j] += weight * (weight < 0 ? std::max(b[j], 0.0F) : b[j]);
    }
    Scatter(active, sums.data(), scores.data() + h * items);
  }
}

void Score(const ByRows& solution, const Active& active, Histories histories, size_t items,
           std::vector<float>& scores) {
  constexpr size_t kBlock = 64;
  const size_t n = solution.n;
  std::vector<float> weights;
  std::vector<float> rows(kBlock * n);
  for (size_t first = 0; first < histories.size(); first += kBlock) {
    const size_t size = std::min(kBlock, histories.size() - first);
    weights.assign(size * solution.m, 0);
    for (size_t r = 0; r < size; ++r) {
      for (const Observation& seen : histories[first + r]) {
        const int32_t item = active.index[static_cast<size_t>(seen.item)];
        if (item < 0) continue;
        for (size_t u = 0; u < solution.m; ++u)
          weights[r * solution.m + u] +=
              seen.weight() * solution.z[u * n + static_cast<size_t>(item)];
      }
    }
    solution.Rows(weights.data(), size, rows.data());
    for (size_t r = 0; r < size; ++r)
      Scatter(active, rows.data() + r * n, scores.data() + (first + r) * items);
  }
}

// With the solution by whichever way is shorter, `use`(solution, active, threads).
template <typename Value, typename Use>
Result<Value> WithSolution(const RatingMatrix& matrix, const EaseOptions& options, const Use& use) {
  if (!(options.regularization > 0) || !std::isfinite(options.regularization)) {
    return Error::InvalidArgument("regularization_out_of_range",
                                  "EASE's regularization must be above 0.", "regularization");
  }
  const Active active = ActiveItems(matrix, options.min_item_count);
  if (active.size() == 0) {
    return Error::InvalidArgument("no_observations", "There is nothing to train on.");
  }
  RETURN_IF_ERROR(CheckSize(matrix, options));
  if (options.side_weight > 0 && options.side.rows != matrix.items()) {
    return Error::InvalidArgument("side_shape", "EASE's side rows need a row for each item.");
  }
  const int threads = ThreadCount(options.threads);
  openblas_set_num_threads(threads);
  const auto rows = matrix.users() + (options.side_weight > 0 ? options.side.columns : 0);
  if (static_cast<size_t>(rows) < active.size() / 2) {
    ASSIGN_OR_RETURN(const ByRows solution, ByRows::Solve(matrix, options, active));
    return use(solution, active, threads);
  }
  if (options.double_precision) {
    ASSIGN_OR_RETURN(const auto solution, ByItems<double>::Solve(matrix, options, active, threads));
    return use(solution, active, threads);
  }
  ASSIGN_OR_RETURN(const auto solution, ByItems<float>::Solve(matrix, options, active, threads));
  return use(solution, active, threads);
}

}  // namespace

Status CheckSize(const RatingMatrix& matrix, const EaseOptions& options) {
  const size_t items = ActiveItems(matrix, options.min_item_count).size();
  if (items <= static_cast<size_t>(std::max(options.max_items, 0))) return {};
  return Error::FailedPrecondition(
      "catalogue_too_large_for_ease",
      "EASE inverts a dense items × items matrix; this catalogue has " + std::to_string(items) +
          " items, the limit is " + std::to_string(options.max_items) + ".");
}

Result<EaseModel> TrainEase(const RatingMatrix& matrix, const EaseOptions& options) {
  return WithSolution<EaseModel>(matrix, options,
                                 [&](const auto& solution, const Active& active, int threads) {
                                   return Prune(solution, options, active, threads);
                                 });
}

Result<std::vector<float>> ScoreByEase(const RatingMatrix& matrix, const EaseOptions& options,
                                       std::span<const std::vector<Observation>> histories) {
  return WithSolution<std::vector<float>>(matrix, options,
                                          [&](const auto& solution, const Active& active, int) {
                                            const auto items = static_cast<size_t>(matrix.items());
                                            std::vector<float> scores(histories.size() * items, 0);
                                            Score(solution, active, histories, items, scores);
                                            return Result<std::vector<float>>(std::move(scores));
                                          });
}

}  // namespace marquee::models
