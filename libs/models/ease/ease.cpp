#include "models/ease/ease.h"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <cmath>

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

// P = (XᵀX + λI)⁻¹ over the items. Column-major lower triangle: P(i, j), i ≥ j, at j·n + i.
template <typename Real>
Result<EaseModel> TrainByItems(const RatingMatrix& matrix, const EaseOptions& options,
                               const Active& active, int threads) {
  const size_t n = active.size();
  std::vector<Real> gram(n * n, 0);
  const SparseRows& by_item = matrix.by_item();
  const SparseRows& by_user = matrix.by_user();
  ParallelFor(threads, static_cast<int64_t>(n), [&](int64_t j, int) {
    Real* column = gram.data() + static_cast<size_t>(j) * n;
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
  if (options.proceed && !options.proceed()) return Cancelled();
  if (Potrf(static_cast<lapack_int>(n), gram.data()) != 0) return NotDefinite();
  if (options.proceed && !options.proceed()) return Cancelled();
  if (Potri(static_cast<lapack_int>(n), gram.data()) != 0) return NotDefinite();
  if (options.proceed && !options.proceed()) return Cancelled();

  ItemToItemBuilder builder(matrix.items(), options.neighbours);
  ParallelFor(threads, static_cast<int64_t>(n), [&](int64_t row, int) {
    const auto i = static_cast<size_t>(row);
    std::vector<float> values(n);
    for (size_t j = 0; j < n; ++j) {  // B(i, j) = −P(i, j) / P(j, j)
      const Real p = i >= j ? gram[j * n + i] : gram[i * n + j];
      values[j] = static_cast<float>(-p / gram[j * n + j]);
    }
    AddRow(active, i, values.data(), builder);
  });
  return builder.Finish();
}

// The same by the users: with XXᵀ + λI = LLᵀ and Z = L⁻¹X, Woodbury's identity gives
// λP = I − ZᵀZ, so B(i, j) = z_i·z_j / (1 − |z_j|²). Z is users × items, row-major.
Result<EaseModel> TrainByUsers(const RatingMatrix& matrix, const EaseOptions& options,
                               const Active& active, int threads) {
  const SparseRows& by_user = matrix.by_user();
  std::vector<int32_t> users;
  for (int32_t user = 0; user < by_user.rows(); ++user) {
    if (by_user.RowSize(user) > 0) users.push_back(user);
  }
  const size_t m = users.size();
  const size_t n = active.size();
  std::vector<double> x(m * n, 0);
  for (size_t u = 0; u < m; ++u) {
    const auto columns = by_user.RowColumns(users[u]);
    const auto values = by_user.RowValues(users[u]);
    for (size_t c = 0; c < columns.size(); ++c) {
      const int32_t item = active.index[static_cast<size_t>(columns[c])];
      if (item >= 0) x[u * n + static_cast<size_t>(item)] = static_cast<double>(values[c]);
    }
  }
  std::vector<double> kernel(m * m, 0);
  const auto rows = static_cast<int>(m);
  const auto items = static_cast<int>(n);
  for (size_t u = 0; u < m; ++u) kernel[u * m + u] = static_cast<double>(options.regularization);
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, rows, items, 1, x.data(), items, 1,
              kernel.data(), rows);
  if (Potrf(static_cast<lapack_int>(m), kernel.data()) != 0) return NotDefinite();
  if (options.proceed && !options.proceed()) return Cancelled();
  // X as a column-major items × users matrix is Xᵀ: Zᵀ = Xᵀ·L⁻ᵀ.
  cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, items, rows, 1,
              kernel.data(), rows, x.data(), items);
  std::vector<double> left(n, 1);  // 1 − |z_j|² = λ·P(j, j)
  for (size_t u = 0; u < m; ++u) {
    for (size_t j = 0; j < n; ++j) left[j] -= x[u * n + j] * x[u * n + j];
  }
  const std::vector<float> z(x.begin(), x.end());
  x = {};
  if (options.proceed && !options.proceed()) return Cancelled();

  constexpr size_t kBlock = 256;
  ItemToItemBuilder builder(matrix.items(), options.neighbours);
  std::vector<float> block(kBlock * n);
  for (size_t first = 0; first < n; first += kBlock) {
    const size_t size = std::min(kBlock, n - first);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<int>(size), items, rows, 1,
                z.data() + first, items, z.data(), items, 0, block.data(), items);
    ParallelFor(threads, static_cast<int64_t>(size), [&](int64_t row, int) {
      float* values = block.data() + static_cast<size_t>(row) * n;
      for (size_t j = 0; j < n; ++j) values[j] /= static_cast<float>(left[j]);
      AddRow(active, first + static_cast<size_t>(row), values, builder);
    });
    if (options.proceed && !options.proceed()) return Cancelled();
  }
  return builder.Finish();
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
  if (!(options.regularization > 0) || !std::isfinite(options.regularization)) {
    return Error::InvalidArgument("regularization_out_of_range",
                                  "EASE's regularization must be above 0.", "regularization");
  }
  const Active active = ActiveItems(matrix, options.min_item_count);
  if (active.size() == 0) {
    return Error::InvalidArgument("no_observations", "There is nothing to train on.");
  }
  RETURN_IF_ERROR(CheckSize(matrix, options));
  const int threads = ThreadCount(options.threads);
  openblas_set_num_threads(threads);
  if (static_cast<size_t>(matrix.users()) < active.size() / 2) {
    return TrainByUsers(matrix, options, active, threads);
  }
  return options.double_precision ? TrainByItems<double>(matrix, options, active, threads)
                                  : TrainByItems<float>(matrix, options, active, threads);
}

}  // namespace marquee::models
