#include "models/splits.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "models/random.h"

namespace marquee::models {
namespace {

// A fold for each of n things: a random permutation, dealt round robin.
std::vector<int32_t> DealFolds(size_t n, int folds, uint64_t seed) {
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  Random random(seed);
  Shuffle(order, random);
  std::vector<int32_t> fold(n);
  for (size_t i = 0; i < n; ++i)
    fold[order[i]] = static_cast<int32_t>(i % static_cast<size_t>(folds));
  return fold;
}

// Users × items: the user's part of a seed, so that a user's split depends on nobody else.
uint64_t UserSeed(uint64_t seed, int32_t user) {
  return Mix(seed ^ 0x75736572ULL, static_cast<uint64_t>(user));
}

std::vector<int32_t> RatedBetween(const HeldOutUser& user, double lowest, double highest) {
  std::vector<int32_t> items;
  for (size_t i = 0; i < user.relevant.size(); ++i) {
    const auto stars = static_cast<double>(user.stars[i]);
    if (stars >= lowest && stars <= highest) items.push_back(user.relevant[i]);
  }
  return items;
}

// Puts the positions of a user's row, which come in random order, in the order in which they are
// given.
using OrderOf = std::function<void(int32_t user, std::vector<uint32_t>& order)>;

UserSplit HoldOutFold(const RatingMatrix& matrix, int folds, int fold, uint64_t seed,
                      double given_fraction, const OrderOf& arrange) {
  const SparseRows& rows = matrix.by_user();
  const std::vector<int32_t> dealt = DealFolds(static_cast<size_t>(rows.rows()), folds, seed);
  std::vector<uint8_t> keep(static_cast<size_t>(rows.nonzeros()), 1);
  UserSplit split;
  for (int32_t user = 0; user < rows.rows(); ++user) {
    const auto n = static_cast<size_t>(rows.RowSize(user));
    if (dealt[static_cast<size_t>(user)] != fold || n < 2) continue;
    std::fill_n(keep.begin() + rows.offsets[static_cast<size_t>(user)], n, uint8_t{0});
    std::vector<uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0U);
    Random random(UserSeed(seed, user));
    Shuffle(order, random);
    if (arrange) arrange(user, order);
    split.held_out.push_back(Divide(rows, user, std::move(order), GivenOf(n, given_fraction)));
  }
  split.train = matrix.Select(keep);
  return split;
}

}  // namespace

std::vector<int32_t> Liked(const HeldOutUser& user) {
  double mean = 0;
  for (const RatedItem& given : user.given)
    mean += static_cast<double>(given.rating) / static_cast<double>(user.given.size());
  // A mean of equal ratings may come out a rounding above them.
  const double least = std::max<double>(kLiked, mean - 1e-6);
  return RatedBetween(user, least, kHighestRating);
}

std::vector<int32_t> Disliked(const HeldOutUser& user) { return RatedBetween(user, 0, kDisliked); }

size_t GivenOf(size_t n, double given_fraction) {
  return std::clamp<size_t>(
      static_cast<size_t>(std::lround(given_fraction * static_cast<double>(n))), 1, n - 1);
}

HeldOutUser Divide(const SparseRows& by_user, int32_t user, std::vector<uint32_t> order,
                   size_t given) {
  const auto columns = by_user.RowColumns(user);
  const auto values = by_user.RowValues(user);
  const auto rest = order.begin() + static_cast<std::ptrdiff_t>(given);
  std::sort(order.begin(), rest);
  std::sort(rest, order.end());
  HeldOutUser held{user, {}, {}, {}};
  for (auto at = order.begin(); at != rest; ++at) held.given.push_back({columns[*at], values[*at]});
  for (auto at = rest; at != order.end(); ++at) {
    held.relevant.push_back(columns[*at]);
    held.stars.push_back(values[*at]);
  }
  return held;
}

UserSplit SplitUsers(const RatingMatrix& matrix, int folds, int fold, uint64_t seed,
                     double given_fraction) {
  return HoldOutFold(matrix, folds, fold, seed, given_fraction, {});
}

UserSplit SplitUsersByTime(const RatingMatrix& matrix, std::span<const int64_t> times, int folds,
                           int fold, uint64_t seed, double given_fraction) {
  return HoldOutFold(
      matrix, folds, fold, seed, given_fraction, [&](int32_t user, std::vector<uint32_t>& order) {
        const auto begin = static_cast<size_t>(matrix.by_user().offsets[static_cast<size_t>(user)]);
        std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
          return times[begin + a] < times[begin + b];
        });
      });
}

UserSplit HideItems(const RatingMatrix& matrix, int folds, int fold, uint64_t seed) {
  const SparseRows& rows = matrix.by_user();
  const std::vector<int32_t> dealt =
      DealFolds(static_cast<size_t>(matrix.items()), folds, Mix(seed, 0x6974656dULL));
  const auto hidden = [&](int32_t item) { return dealt[static_cast<size_t>(item)] == fold; };
  std::vector<uint8_t> keep(static_cast<size_t>(rows.nonzeros()), 1);
  UserSplit split;
  for (int32_t item = 0; item < matrix.items(); ++item) {
    if (hidden(item)) split.among.push_back(item);
  }
  for (int32_t user = 0; user < rows.rows(); ++user) {
    const auto columns = rows.RowColumns(user);
    const auto begin = static_cast<size_t>(rows.offsets[static_cast<size_t>(user)]);
    for (size_t i = 0; i < columns.size(); ++i) keep[begin + i] = hidden(columns[i]) ? 0 : 1;
    std::vector<uint32_t> order(columns.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto rest = std::stable_partition(order.begin(), order.end(),
                                            [&](uint32_t i) { return !hidden(columns[i]); });
    const auto given = static_cast<size_t>(rest - order.begin());
    if (given == 0 || given == columns.size()) continue;
    split.held_out.push_back(Divide(rows, user, std::move(order), given));
  }
  split.train = matrix.Select(keep);
  return split;
}

RatingSplit SplitRatings(const RatingMatrix& matrix, int folds, int fold, uint64_t seed) {
  const SparseRows& rows = matrix.by_user();
  const std::vector<int32_t> dealt = DealFolds(static_cast<size_t>(rows.nonzeros()), folds, seed);
  std::vector<uint8_t> keep(dealt.size());
  RatingSplit split;
  for (int32_t user = 0; user < rows.rows(); ++user) {
    for (auto i = static_cast<size_t>(rows.offsets[static_cast<size_t>(user)]);
         i < static_cast<size_t>(rows.offsets[static_cast<size_t>(user) + 1]); ++i) {
      keep[i] = dealt[i] == fold ? 0 : 1;
      if (keep[i] == 0) split.held_out.push_back({user, rows.columns[i], rows.values[i]});
    }
  }
  split.train = matrix.Select(keep);
  return split;
}

RatingSplit AsRatings(UserSplit split, const RatingMatrix& matrix) {
  const SparseRows& rows = matrix.by_user();
  std::vector<uint8_t> keep(static_cast<size_t>(rows.nonzeros()), 1);
  RatingSplit ratings{std::move(split.train), {}, {}};
  for (const HeldOutUser& held : split.held_out) {
    const auto columns = rows.RowColumns(held.user);
    const auto begin = static_cast<size_t>(rows.offsets[static_cast<size_t>(held.user)]);
    for (size_t i = 0; i < held.relevant.size(); ++i) {
      const auto at = std::lower_bound(columns.begin(), columns.end(), held.relevant[i]);
      keep[begin + static_cast<size_t>(at - columns.begin())] = 0;
      ratings.held_out.push_back({held.user, held.relevant[i], held.stars[i]});
    }
  }
  ratings.given = matrix.Select(keep);
  return ratings;
}

}  // namespace marquee::models
