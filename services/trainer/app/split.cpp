#include "trainer/app/split.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace marquee::trainer {
namespace {

constexpr std::size_t kUserShare = 8;
constexpr std::size_t kEnoughUsers = 1'000;
constexpr std::size_t kMostOf = 3;  // one in so many, however few there are
constexpr std::size_t kMostUsers = 10'000;
constexpr std::size_t kFewUsers = 2'000;  // are each judged on every part of their movies
constexpr std::size_t kParts = 5;
constexpr std::uint64_t kRatingShare = 10;

// SplitMix64's finalizer over a seed and a value.
std::uint64_t Hash(std::uint64_t seed, std::int64_t value) {
  std::uint64_t z = (seed + 1) * 0xd1342543de82ef95ULL +
                    (static_cast<std::uint64_t>(value) + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t HashOfPair(const models::RatingMatrix& matrix, std::uint64_t seed, std::int32_t user,
                         std::int32_t item) {
  return Hash(Hash(seed, matrix.user_ids()[static_cast<std::size_t>(user)]),
              matrix.item_ids()[static_cast<std::size_t>(item)]);
}

std::vector<std::int32_t> ChooseUsers(const models::RatingMatrix& matrix, std::uint64_t seed) {
  std::vector<std::pair<std::uint64_t, std::int32_t>> eligible;
  for (std::int32_t user = 0; user < matrix.users(); ++user) {
    if (matrix.by_user().RowSize(user) >= 2)
      eligible.emplace_back(Hash(seed, matrix.user_ids()[static_cast<std::size_t>(user)]), user);
  }
  const auto one_in = [&](std::size_t n) { return (eligible.size() + n - 1) / n; };
  const std::size_t count =
      std::min(std::max(one_in(kUserShare), std::min(one_in(kMostOf), kEnoughUsers)), kMostUsers);
  std::nth_element(eligible.begin(), eligible.begin() + static_cast<std::ptrdiff_t>(count),
                   eligible.end());
  std::vector<std::int32_t> users;
  for (std::size_t i = 0; i < count; ++i) users.push_back(eligible[i].second);
  std::sort(users.begin(), users.end());
  return users;
}

}  // namespace

models::UserSplit HoldOutUsers(const models::RatingMatrix& matrix, std::uint64_t seed) {
  const auto& rows = matrix.by_user();
  std::vector<std::uint8_t> keep(static_cast<std::size_t>(rows.nonzeros()), 1);
  models::UserSplit split;
  const auto users = ChooseUsers(matrix, seed);
  for (const std::int32_t user : users) {
    const auto columns = rows.RowColumns(user);
    std::fill_n(keep.begin() + rows.offsets[static_cast<std::size_t>(user)], columns.size(),
                std::uint8_t{0});
    std::vector<std::uint32_t> order(columns.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return HashOfPair(matrix, seed, user, columns[a]) <
             HashOfPair(matrix, seed, user, columns[b]);
    });
    const auto n = order.size();
    const std::size_t relevant = n - models::GivenOf(n, 1 - 1.0 / kParts);
    const std::size_t parts = users.size() < kFewUsers ? std::min(kParts, n / relevant) : 1;
    for (std::size_t part = 0; part < parts; ++part) {
      // What is relevant comes last.
      split.held_out.push_back(models::Divide(rows, user, order, n - relevant));
      std::rotate(order.begin(), order.end() - static_cast<std::ptrdiff_t>(relevant), order.end());
    }
  }
  split.train = matrix.Select(keep);
  return split;
}

models::RatingSplit HoldOutRatings(const models::RatingMatrix& matrix, std::uint64_t seed) {
  const auto& rows = matrix.by_user();
  std::vector<std::uint8_t> keep(static_cast<std::size_t>(rows.nonzeros()), 1);
  models::RatingSplit split;
  for (std::int32_t user = 0; user < rows.rows(); ++user) {
    const auto columns = rows.RowColumns(user);
    const auto values = rows.RowValues(user);
    const auto begin = static_cast<std::size_t>(rows.offsets[static_cast<std::size_t>(user)]);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (HashOfPair(matrix, seed, user, columns[i]) % kRatingShare != 0) continue;
      keep[begin + i] = 0;
      split.held_out.push_back({user, columns[i], values[i]});
    }
  }
  split.train = matrix.Select(keep);
  return split;
}

}  // namespace marquee::trainer
