#include "models/ials/ials.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>

#include "models/kernels.h"
#include "models/parallel.h"
#include "models/random.h"
#include "models/top_n.h"

namespace marquee::models {
namespace {

// Two audiences with tastes of their own, one popular movie, values that differ.
RatingMatrix SmallMatrix(int users = 60, int items = 40) {
  std::vector<int64_t> u;
  std::vector<int64_t> i;
  std::vector<float> v;
  Random random(5);
  for (int user = 0; user < users; ++user) {
    for (int item = 0; item < items; ++item) {
      const bool same = (user % 2) == (item % 2);
      if (item != 0 && random.Uniform() > (same ? 0.5 : 0.05)) continue;
      u.push_back(user);
      i.push_back(item);
      v.push_back(0.5F + static_cast<float>(random.Uniform()));
    }
  }
  return *RatingMatrix::Build(u, i, v);
}

IalsOptions SmallOptions() {
  IalsOptions options;
  options.factors = 7;  // not a multiple of any vector width
  options.iterations = 12;
  options.regularization = 0.5F;
  options.regularization_exponent = 0.6F;
  options.unobserved_weight = 0.3F;
  options.alpha = 2;
  options.cg_steps = 4;
  return options;
}

double RowRegularization(const IalsOptions& options, int64_t n, int others) {
  const double base = static_cast<double>(options.unobserved_weight) * others;
  return static_cast<double>(options.regularization) *
         std::pow((static_cast<double>(n) + base) / base,
                  static_cast<double>(options.regularization_exponent));
}

// The objective of the header, term by term, in double.
double Objective(const RatingMatrix& matrix, const IalsOptions& options, const IalsModel& model) {
  const int k = options.factors;
  const auto row = [k](const std::vector<float>& factors, int index) {
    return Eigen::Map<const Eigen::VectorXf>(factors.data() + index * k, k).cast<double>().eval();
  };
  const double w0 = static_cast<double>(options.unobserved_weight);
  double loss = 0;
  for (int user = 0; user < matrix.users(); ++user) {
    const Eigen::VectorXd x = row(model.user_factors, user);
    std::vector<double> value(static_cast<size_t>(matrix.items()), 0);
    const auto columns = matrix.by_user().RowColumns(user);
    for (size_t j = 0; j < columns.size(); ++j) {
      value[static_cast<size_t>(columns[j])] =
          static_cast<double>(matrix.by_user().RowValues(user)[j]);
    }
    for (int item = 0; item < matrix.items(); ++item) {
      const double score = x.dot(row(model.item_factors, item));
      const double v = value[static_cast<size_t>(item)];
      loss += v > 0 ? (w0 + static_cast<double>(options.alpha) * v) * (1 - score) * (1 - score)
                    : w0 * score * score;
    }
    loss += RowRegularization(options, matrix.by_user().RowSize(user), matrix.items()) *
            x.squaredNorm();
  }
  for (int item = 0; item < matrix.items(); ++item) {
    loss += RowRegularization(options, matrix.by_item().RowSize(item), matrix.users()) *
            row(model.item_factors, item).squaredNorm();
  }
  return loss / static_cast<double>(matrix.nonzeros());
}

class BothSolvers : public testing::TestWithParam<IalsSolver> {};

TEST_P(BothSolvers, ReportTheObjectiveAndNeverRaiseIt) {
  const RatingMatrix matrix = SmallMatrix();
  IalsOptions options = SmallOptions();
  options.solver = GetParam();
  double last = 1e30;
  options.progress = [&last](const IalsProgress& progress) {
    EXPECT_LE(progress.loss, last * (1 + 1e-6));
    last = progress.loss;
    return true;
  };
  const auto model = TrainIals(matrix, options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_NEAR(model->loss, Objective(matrix, options, *model), 1e-4 * model->loss);
  EXPECT_EQ(model->loss, last);
}

TEST_P(BothSolvers, SolveItemsExactlyAtConvergence) {
  const RatingMatrix matrix = SmallMatrix();
  IalsOptions options = SmallOptions();
  options.solver = GetParam();
  options.cg_steps = 12;
  const IalsModel model = *TrainIals(matrix, options);
  const int k = options.factors;
  using Factors = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::MatrixXd users =
      Eigen::Map<const Factors>(model.user_factors.data(), matrix.users(), k).cast<double>();
  for (int item = 0; item < matrix.items(); ++item) {
    Eigen::MatrixXd a = static_cast<double>(options.unobserved_weight) * users.transpose() * users;
    a.diagonal().array() +=
        RowRegularization(options, matrix.by_item().RowSize(item), matrix.users());
    Eigen::VectorXd b = Eigen::VectorXd::Zero(k);
    const auto columns = matrix.by_item().RowColumns(item);
    for (size_t j = 0; j < columns.size(); ++j) {
      const Eigen::VectorXd x = users.row(columns[j]).transpose();
      const double confidence = static_cast<double>(options.alpha) *
                                static_cast<double>(matrix.by_item().RowValues(item)[j]);
      a += confidence * x * x.transpose();
      b += (confidence + static_cast<double>(options.unobserved_weight)) * x;
    }
    const Eigen::VectorXd exact = a.ldlt().solve(b);
    const Eigen::VectorXd found =
        Eigen::Map<const Eigen::VectorXf>(model.item_factors.data() + item * k, k).cast<double>();
    ASSERT_LT((exact - found).norm(), 1e-4 * exact.norm()) << "item " << item;
  }
}

INSTANTIATE_TEST_SUITE_P(Solvers, BothSolvers,
                         testing::Values(IalsSolver::kWhitenedCg, IalsSolver::kCholesky));

TEST(Ials, ReachesTheSameLossByConjugateGradientAsByCholesky) {
  const RatingMatrix matrix = SmallMatrix(300, 120);
  IalsOptions options = SmallOptions();
  options.factors = 16;
  options.cg_steps = 3;
  const IalsModel cg = *TrainIals(matrix, options);
  options.solver = IalsSolver::kCholesky;
  const IalsModel exact = *TrainIals(matrix, options);
  EXPECT_NEAR(cg.loss, exact.loss, 2e-3 * exact.loss);
}

TEST(Ials, LosesHardlyAnythingByHalfPrecision) {
  const RatingMatrix matrix = SmallMatrix(300, 120);
  IalsOptions options = SmallOptions();
  options.factors = 16;
  const IalsModel full = *TrainIals(matrix, options);
  options.half_precision = true;
  const IalsModel half = *TrainIals(matrix, options);
  EXPECT_NEAR(half.loss, full.loss, 2e-3 * full.loss);
  if (BestKernels().takes_halves) {
    EXPECT_NE(half.item_factors, full.item_factors) << "the option had no effect";
  }
}

TEST(Ials, StaysStableWithAVerySmallRegularization) {
  const RatingMatrix matrix = SmallMatrix();
  IalsOptions options = SmallOptions();
  options.regularization = 1e-6F;
  options.factors = 24;
  const auto cg = TrainIals(matrix, options);
  ASSERT_TRUE(cg.ok());
  for (const float value : cg->item_factors) ASSERT_TRUE(std::isfinite(value));
  options.solver = IalsSolver::kCholesky;
  EXPECT_LT(cg->loss, 1.05 * TrainIals(matrix, options)->loss);
}

TEST(Ials, GivesTheSameModelForAnyNumberOfThreads) {
  const RatingMatrix matrix = SmallMatrix(3'000, 200);  // several chunks
  IalsOptions options = SmallOptions();
  options.iterations = 3;
  options.threads = 1;
  const IalsModel one = *TrainIals(matrix, options);
  options.threads = 3;
  const IalsModel three = *TrainIals(matrix, options);
  EXPECT_EQ(one.item_factors, three.item_factors);
  EXPECT_EQ(one.loss, three.loss);
  options.seed = 2;
  EXPECT_NE(TrainIals(matrix, options)->item_factors, three.item_factors);
}

TEST(Ials, ServesADiagonalGramMatrixOfItsItemFactors) {
  const RatingMatrix matrix = SmallMatrix();
  const IalsModel model = *TrainIals(matrix, SmallOptions());
  const int k = model.factors;
  for (int a = 0; a < k; ++a) {
    for (int b = 0; b < k; ++b) {
      double sum = 0;
      for (int item = 0; item < matrix.items(); ++item) {
        sum += static_cast<double>(model.item_factors[static_cast<size_t>(item * k + a)]) *
               static_cast<double>(model.item_factors[static_cast<size_t>(item * k + b)]);
      }
      EXPECT_NEAR(model.item_gram[static_cast<size_t>(a * k + b)], sum, 1e-4);
      if (a == b) continue;
      EXPECT_NEAR(sum, 0, 1e-5 * static_cast<double>(model.item_gram[0]));
    }
  }
}

TEST(Ials, FoldInContinuesTheTraining) {
  const RatingMatrix matrix = SmallMatrix();
  const IalsOptions options = SmallOptions();
  const IalsModel model = *TrainIals(matrix, options);
  const auto fold_in = FoldIn::Make(model.items(), model.item_gram, model.fold_in);
  ASSERT_TRUE(fold_in.ok());
  std::vector<Observation> history;
  for (size_t j = 0; j < static_cast<size_t>(matrix.by_user().RowSize(4)); ++j) {
    history.push_back({matrix.by_user().RowColumns(4)[j], matrix.by_user().RowValues(4)[j]});
  }
  const std::vector<float> x = fold_in->Solve(history);
  for (size_t c = 0; c < x.size(); ++c) {
    EXPECT_NEAR(x[c], model.user_factors[4 * x.size() + c], 0.02) << "converged up to a little";
  }
}

TEST(Ials, RanksTheOwnAudiencesMoviesFirst) {
  const RatingMatrix matrix = SmallMatrix();
  const IalsModel model = *TrainIals(matrix, SmallOptions());
  const auto fold_in = FoldIn::Make(model.items(), model.item_gram, model.fold_in);
  const std::vector<Observation> history{{3, 1}, {5, 1}, {9, 1}};
  const std::vector<int32_t> seen{0, 3, 5, 9};
  std::vector<float> scores(static_cast<size_t>(matrix.items()));
  Scores(model.items(), fold_in->Solve(history), scores);
  for (const ScoredItem& best : TopNOf(scores, 5, {{}, seen})) {
    EXPECT_EQ(best.item % 2, 1);
  }
}

TEST(Ials, LeavesItemsThatNobodyRatedAtZero) {
  const RatingMatrix all = SmallMatrix();
  std::vector<uint8_t> keep(static_cast<size_t>(all.nonzeros()), 1);
  for (size_t i = 0; i < keep.size(); ++i) keep[i] = all.by_user().columns[i] == 3 ? 0 : 1;
  const IalsModel model = *TrainIals(all.Select(keep), SmallOptions());
  for (size_t c = 0; c < 7; ++c) EXPECT_EQ(model.item_factors[3 * 7 + c], 0);
}

TEST(Ials, IsCancelledByItsProgressCallback) {
  IalsOptions options = SmallOptions();
  options.progress = [](const IalsProgress& progress) { return progress.iteration < 2; };
  EXPECT_EQ(TrainIals(SmallMatrix(), options).error().code, Code::kCancelled);
}

TEST(Ials, RefusesOptionsOutOfRangeAndUselessData) {
  const RatingMatrix matrix = SmallMatrix();
  const auto field = [&](auto change) {
    IalsOptions options = SmallOptions();
    change(options);
    const auto model = TrainIals(matrix, options);
    return model.ok() ? "" : model.error().field;
  };
  EXPECT_EQ(field([](IalsOptions& o) { o.factors = 0; }), "factors");
  EXPECT_EQ(field([](IalsOptions& o) { o.factors = 1025; }), "factors");
  EXPECT_EQ(field([](IalsOptions& o) { o.iterations = 0; }), "iterations");
  EXPECT_EQ(field([](IalsOptions& o) { o.regularization = 0; }), "regularization");
  EXPECT_EQ(field([](IalsOptions& o) { o.regularization = NAN; }), "regularization");
  EXPECT_EQ(field([](IalsOptions& o) { o.regularization_exponent = 2; }),
            "regularization_exponent");
  EXPECT_EQ(field([](IalsOptions& o) { o.unobserved_weight = -1; }), "unobserved_weight");
  EXPECT_EQ(field([](IalsOptions& o) { o.alpha = 0; }), "alpha");
  EXPECT_EQ(field([](IalsOptions& o) { o.cg_steps = 0; }), "cg_steps");
  EXPECT_EQ(TrainIals(RatingMatrix(), SmallOptions()).error().reason, "no_observations");
  const std::vector<int64_t> one{1};
  EXPECT_EQ(TrainIals(*RatingMatrix::Build(one, one, std::vector<float>{0}), SmallOptions())
                .error()
                .reason,
            "value_not_positive");
}

// Each instruction set that this machine can run against the plainest one.
TEST(Kernels, AgreeAcrossInstructionSets) {
  const KernelList list = RunnableKernels();
  for (const size_t k : {16, 48, 64, 128}) {
    constexpr size_t kRows = 37;
    std::vector<float> rows(kRows * k);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = NormalAt(1, i);
    std::vector<int32_t> columns;
    std::vector<float> values;
    for (int32_t j = 0; j < static_cast<int32_t>(kRows); ++j) {
      columns.push_back((j * 7) % static_cast<int32_t>(kRows));
      values.push_back(0.5F + 0.1F * static_cast<float>(j % 5));
    }
    const std::vector<float> diagonal(k, 3);
    const std::vector<float> inverse(k, 1.0F / 3);
    struct Outcome {
      std::vector<float> dots, x, gram, rotated, solution;
      double objective;
    };
    std::vector<Outcome> outcomes;
    for (size_t level = 0; level < list.size; ++level) {
      const Kernels& kernels = *list.items[level];
      Outcome out{std::vector<float>(kRows),    std::vector<float>(k, 0.1F),
                  std::vector<float>(k * k, 0), rows,
                  std::vector<float>(k, 1),     0};
      kernels.dot_rows(rows.data(), kRows, k, rows.data(), out.dots.data());
      std::vector<float> scratch(4 * k);
      const RowSystem system{rows.data(), nullptr, columns.data(), values.data(),   kRows,
                             k,           2,       0.5F,           diagonal.data(), inverse.data()};
      out.objective = kernels.cg_row(system, 5, out.x.data(), scratch.data());
      kernels.syrk(rows.data(), kRows, k, out.gram.data());
      kernels.rotate(out.rotated.data(), kRows, k, out.gram.data());
      std::vector<float> factor = out.gram;
      for (size_t i = 0; i < k; ++i) factor[i * k + i] += 1;
      EXPECT_TRUE(kernels.cholesky(factor.data(), k, k));
      kernels.cholesky_solve(factor.data(), k, k, out.solution.data());
      for (size_t i = 0; i < k; ++i) {
        for (size_t j = 0; j < i; ++j) out.gram[i * k + j] = 0;  // only the upper half is promised
      }
      outcomes.push_back(std::move(out));
    }
    const auto expect_near = [&](const std::vector<float>& a, const std::vector<float>& b,
                                 const char* what) {
      for (size_t i = 0; i < a.size(); ++i) {
        ASSERT_NEAR(a[i], b[i], 2e-4F * (1 + std::abs(b[i]))) << what << " k=" << k;
      }
    };
    for (const Outcome& out : outcomes) {
      expect_near(out.dots, outcomes[0].dots, "dots");
      expect_near(out.x, outcomes[0].x, "cg");
      expect_near(out.gram, outcomes[0].gram, "gram");
      expect_near(out.solution, outcomes[0].solution, "solve");
      EXPECT_NEAR(out.objective, outcomes[0].objective, 1e-4 * std::abs(out.objective));
    }
  }
}

TEST(Kernels, CholeskyRefusesAMatrixThatIsNotDefinite) {
  std::vector<float> matrix{1, 2, 2, 1};
  EXPECT_FALSE(BestKernels().cholesky(matrix.data(), 2, 2));
}

TEST(ParallelFor, RunsEachChunkOnce) {
  std::vector<int> runs(1'000, 0);
  ParallelFor(4, 1'000, [&](int64_t chunk, int) { ++runs[static_cast<size_t>(chunk)]; });
  EXPECT_EQ(runs, std::vector<int>(1'000, 1));
}

}  // namespace
}  // namespace marquee::models
