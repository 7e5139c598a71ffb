// The list from rounded rows against that of an exact scan, on vectors that are made to break it.
#include "models/rounded_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "models/kernels.h"
#include "models/random.h"

namespace marquee::models {
namespace {

constexpr int32_t kRows = 3'000;

struct Kind {
  const char* name;
  std::function<float(int32_t row, int32_t column, float normal)> value;
};

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds{
      {"normal", [](int32_t, int32_t, float normal) { return normal; }},
      {"as a model's", [](int32_t, int32_t column,
                          float normal) { return normal / (1 + static_cast<float>(column)); }},
      {"all alike",
       [](int32_t, int32_t column, float) { return 1 / (1 + static_cast<float>(column)); }},
      {"almost alike",
       [](int32_t, int32_t column, float normal) {
         return 1 + 1e-6F * normal * static_cast<float>(column + 1);
       }},
      {"one value hides the others",
       [](int32_t, int32_t column, float normal) { return column == 0 ? 100 : 0.3F * normal; }},
      {"halfway between two steps",
       [](int32_t row, int32_t column, float) {
         return column == 0 ? 127 : static_cast<float>((row + column) % 7) + 0.5F;
       }},
      {"of very different length",
       [](int32_t row, int32_t, float normal) {
         return normal * std::pow(10.0F, static_cast<float>(row % 20) - 10);
       }},
      {"zeros, and too small or too large to round",
       [](int32_t row, int32_t, float normal) {
         return row % 4 == 0   ? 0
                : row % 4 == 1 ? normal * 1e-38F
                : row % 4 == 2 ? normal * 1e18F
                               : normal;
       }},
      {"cancelling", [](int32_t, int32_t column,
                        float normal) { return (column % 2 == 0 ? 1e4F : -1e4F) + normal; }},
  };
  return kinds;
}

std::vector<float> Rows(const Kind& kind, int32_t columns) {
  std::vector<float> rows;
  for (int32_t row = 0; row < kRows; ++row) {
    for (int32_t column = 0; column < columns; ++column)
      rows.push_back(kind.value(row, column, NormalAt(3, rows.size())));
  }
  return rows;
}

class EveryKind : public testing::TestWithParam<int32_t> {
 protected:
  void For(
      const std::function<void(MatrixView, const RoundedRows&, std::span<const float>)>& check) {
    for (const Kind& kind : Kinds()) {
      SCOPED_TRACE(kind.name);
      const std::vector<float> values = Rows(kind, GetParam());
      const MatrixView rows{values.data(), kRows, GetParam()};
      const RoundedRows rounded(rows);
      std::vector<float> vector(static_cast<size_t>(GetParam()));
      for (int asked = 0; asked < 6; ++asked) {
        SCOPED_TRACE(asked);
        for (size_t c = 0; c < vector.size(); ++c)
          vector[c] = NormalAt(5, static_cast<size_t>(asked) * 1'000 + c);
        if (asked == 1) std::fill(vector.begin(), vector.end(), 0.0F);
        if (asked == 2) vector[0] = 1e5F;
        if (asked == 3) std::copy_n(rows.Row(17).begin(), vector.size(), vector.begin());
        if (asked == 4) vector.back() = std::numeric_limits<float>::infinity();
        if (asked == 5) vector[0] = std::numeric_limits<float>::quiet_NaN();
        check(rows, rounded, vector);
      }
    }
  }
};

TEST_P(EveryKind, OfVectorsHasTheExactList) {
  For([](MatrixView rows, const RoundedRows& rounded, std::span<const float> vector) {
    std::vector<float> scores(kRows);
    Scores(rows, vector, scores);
    const std::vector<int32_t> excluded{5, 100, 101, 2'999, -1};
    ItemSet allowed(kRows);
    for (int32_t row = 0; row < kRows; row += 3) allowed.Add(row);
    for (const int n : {1, 20, 100, kRows}) {
      EXPECT_EQ(TopProducts(rows, rounded, vector, n), TopNOf(scores, n));
      const ItemFilter filter{allowed.words(), excluded};
      EXPECT_EQ(TopProducts(rows, rounded, vector, n, filter), TopNOf(scores, n, filter));
    }
  });
}

TEST_P(EveryKind, OfErrorsIsWithinItsBound) {
  For([](MatrixView rows, const RoundedRows& rounded, std::span<const float> vector) {
    std::vector<float> scores(kRows), estimates(kRows), errors(kRows);
    Scores(rows, vector, scores);
    rounded.Estimate(rounded.Round(vector), 0, estimates, errors);
    for (size_t row = 0; row < scores.size(); ++row) {
      const double off =
          std::abs(static_cast<double>(scores[row]) - static_cast<double>(estimates[row]));
      ASSERT_FALSE(off > static_cast<double>(errors[row])) << row;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Columns, EveryKind, testing::Values(1, 7, 16, 50, 64, 200, 1'024));

TEST(RoundedRows, TellFewCandidatesOfATrainedModelsRows) {
  const std::vector<float> values = Rows(Kinds()[0], 64);
  const MatrixView rows{values.data(), kRows, 64};
  std::vector<float> estimates(kRows), errors(kRows);
  const RoundedRows rounded(rows);
  rounded.Estimate(rounded.Round(rows.Row(7)), 0, estimates, errors);
  CandidateSelection selection(20, {});
  selection.Take(0, estimates, errors);
  const auto candidates = selection.Finish();
  EXPECT_GE(candidates.size(), 20U);
  EXPECT_LE(candidates.size(), 40U);
}

TEST(Kernels, OfEveryLevelMultiplyBytesAndGatheredRowsAlike) {
  constexpr size_t kColumns = 80;
  std::vector<int8_t> bytes;
  std::vector<float> rows;
  std::vector<int16_t> vector;
  std::vector<float> exact;
  for (size_t i = 0; i < 23 * kColumns; ++i) {
    bytes.push_back(static_cast<int8_t>(static_cast<int>(i * 37 % 255) - 127));
    rows.push_back(NormalAt(1, i));
  }
  for (size_t c = 0; c < kColumns; ++c) {
    vector.push_back(static_cast<int16_t>(static_cast<int>(c * 7919 % 65'535) - 32'767));
    exact.push_back(NormalAt(2, c));
  }
  const std::vector<int32_t> items{22, 0, 7, 7, 3, 11, 1};
  const KernelList list = RunnableKernels();
  for (size_t level = 0; level < list.size; ++level) {
    SCOPED_TRACE(list.items[level]->name);
    std::vector<int32_t> products(23);
    list.items[level]->dot_bytes(bytes.data(), 23, kColumns, vector.data(), products.data());
    for (size_t row = 0; row < 23; ++row) {
      int64_t sum = 0;
      for (size_t c = 0; c < kColumns; ++c) sum += int64_t{bytes[row * kColumns + c]} * vector[c];
      EXPECT_EQ(products[row], sum) << row;
    }
    for (const size_t k : {size_t{64}, size_t{50}, size_t{3}}) {
      std::vector<float> all(23), some(items.size());
      list.items[level]->dot_rows(rows.data(), 23, k, exact.data(), all.data());
      list.items[level]->dot_gathered(rows.data(), k, items.data(), items.size(), exact.data(),
                                      some.data());
      for (size_t i = 0; i < items.size(); ++i)
        EXPECT_EQ(some[i], all[static_cast<size_t>(items[i])]) << k << " " << i;
      std::vector<float> last(1);
      list.items[level]->dot_rows(rows.data() + 22 * k, 1, k, exact.data(), last.data());
      EXPECT_EQ(last[0], all[22]) << "wherever a row stands, its product is the same";
    }
  }
}

}  // namespace
}  // namespace marquee::models
