#include "models/rating_matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "models/random.h"

namespace marquee::models {
namespace {

// What a matrix should hold, kept the obvious way.
using Oracle = std::map<std::pair<int64_t, int64_t>, float>;

Oracle Contents(const RatingMatrix& matrix) {
  Oracle contents;
  for (int32_t user = 0; user < matrix.users(); ++user) {
    const auto columns = matrix.by_user().RowColumns(user);
    EXPECT_TRUE(std::is_sorted(columns.begin(), columns.end(), std::less_equal<>()) ||
                columns.size() < 2);
    for (size_t j = 0; j < columns.size(); ++j) {
      contents[{matrix.user_ids()[static_cast<size_t>(user)],
                matrix.item_ids()[static_cast<size_t>(columns[j])]}] =
          matrix.by_user().RowValues(user)[j];
    }
  }
  return contents;
}

Oracle ContentsByItem(const RatingMatrix& matrix) {
  Oracle contents;
  for (int32_t item = 0; item < matrix.items(); ++item) {
    const auto columns = matrix.by_item().RowColumns(item);
    EXPECT_TRUE(std::is_sorted(columns.begin(), columns.end()));
    for (size_t j = 0; j < columns.size(); ++j) {
      contents[{matrix.user_ids()[static_cast<size_t>(columns[j])],
                matrix.item_ids()[static_cast<size_t>(item)]}] =
          matrix.by_item().RowValues(item)[j];
    }
  }
  return contents;
}

struct Columns {
  std::vector<int64_t> users;
  std::vector<int64_t> items;
  std::vector<float> values;
};

// Many repeats of a few pairs; `spread` moves the ids apart.
Columns RandomColumns(size_t n, int64_t spread) {
  Columns columns;
  Random random(3);
  for (size_t i = 0; i < n; ++i) {
    columns.users.push_back((static_cast<int64_t>(random.Below(40)) - 20) * spread);
    columns.items.push_back((static_cast<int64_t>(random.Below(30)) - 15) * spread);
    columns.values.push_back(static_cast<float>(i));
  }
  return columns;
}

class BuildOverIdSpread : public testing::TestWithParam<int64_t> {};

TEST_P(BuildOverIdSpread, HoldsEachPairOnceWithItsLastValueBothWays) {
  const Columns columns = RandomColumns(2'000, GetParam());
  Oracle expected;
  for (size_t i = 0; i < columns.users.size(); ++i) {
    expected[{columns.users[i], columns.items[i]}] = columns.values[i];
  }
  const auto matrix = RatingMatrix::Build(columns.users, columns.items, columns.values);
  ASSERT_TRUE(matrix.ok());
  EXPECT_EQ(Contents(*matrix), expected);
  EXPECT_EQ(ContentsByItem(*matrix), expected);
  EXPECT_EQ(matrix->nonzeros(), static_cast<int64_t>(expected.size()));
  EXPECT_TRUE(std::is_sorted(matrix->user_ids().begin(), matrix->user_ids().end()));
  for (const int64_t id : columns.items) {
    ASSERT_TRUE(matrix->ItemIndex(id).has_value());
    EXPECT_EQ(matrix->item_ids()[static_cast<size_t>(*matrix->ItemIndex(id))], id);
  }
  EXPECT_FALSE(matrix->UserIndex(1'000'003).has_value());
}

// Dense ids take the table, sparse ones the radix sort, the last the whole range of an int64.
INSTANTIATE_TEST_SUITE_P(Spreads, BuildOverIdSpread,
                         testing::Values(1, 977, 1'000'000'007, 400'000'000'000'000'000));

TEST(RatingMatrix, AcceptsTheExtremesOfAnInt64) {
  const std::vector<int64_t> users{INT64_MAX, INT64_MIN, 0};
  const std::vector<int64_t> items{INT64_MIN, INT64_MAX, -1};
  const auto matrix = RatingMatrix::Build(users, items, std::vector<float>{1, 2, 3});
  ASSERT_TRUE(matrix.ok());
  EXPECT_EQ(matrix->user_ids(), (std::vector<int64_t>{INT64_MIN, 0, INT64_MAX}));
  EXPECT_EQ(matrix->by_user().RowValues(0)[0], 2);
}

TEST(RatingMatrix, RefusesUnequalColumnsAndValuesThatAreNotFinite) {
  const std::vector<int64_t> one{1};
  EXPECT_FALSE(RatingMatrix::Build(one, one, {}).ok());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(RatingMatrix::Build(one, one, std::vector<float>{nan}).error().reason,
            "value_not_finite");
}

TEST(RatingMatrix, MayBeEmpty) {
  const auto matrix = RatingMatrix::Build({}, {}, {});
  ASSERT_TRUE(matrix.ok());
  EXPECT_EQ(matrix->users(), 0);
  EXPECT_EQ(matrix->nonzeros(), 0);
}

TEST(RatingMatrix, SelectKeepsTheIdsAndDropsTheRest) {
  const Columns columns = RandomColumns(500, 1);
  const RatingMatrix matrix = *RatingMatrix::Build(columns.users, columns.items, columns.values);
  std::vector<uint8_t> keep(static_cast<size_t>(matrix.nonzeros()), 0);
  keep[0] = 1;
  const RatingMatrix selected = matrix.Select(keep);
  EXPECT_EQ(selected.nonzeros(), 1);
  EXPECT_EQ(selected.user_ids(), matrix.user_ids());
  EXPECT_EQ(selected.item_ids(), matrix.item_ids());
  EXPECT_EQ(*Contents(selected).begin(), *Contents(matrix).begin());
}

}  // namespace
}  // namespace marquee::models
