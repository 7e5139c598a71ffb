#include "trainer/app/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace marquee::trainer {
namespace {

constexpr std::size_t kUserShare = 8;
constexpr std::size_t kMostUsers = 10'000;
constexpr double kGivenShare = 0.8;
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
  const std::size_t count = std::min((eligible.size() + kUserShare - 1) / kUserShare, kMostUsers);
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
  for (const std::int32_t user : ChooseUsers(matrix, seed)) {
    const auto columns = rows.RowColumns(user);
    const auto values = rows.RowValues(user);
    std::fill_n(keep.begin() + rows.offsets[static_cast<std::size_t>(user)], columns.size(),
                std::uint8_t{0});
    std::vector<std::size_t> order(columns.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return HashOfPair(matrix, seed, user, columns[a]) <
             HashOfPair(matrix, seed, user, columns[b]);
    });
    const auto given = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::lround(kGivenShare * static_cast<double>(order.size()))), 1,
        order.size() - 1);
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(given));
    models::HeldOutUser held{user, {}, {}};
    for (std::size_t i = 0; i < given; ++i)
      held.given.push_back({columns[order[i]], values[order[i]]});
    for (std::size_t i = given; i < order.size(); ++i) held.relevant.push_back(columns[order[i]]);
    std::sort(held.relevant.begin(), held.relevant.end());
    split.held_out.push_back(std::move(held));
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
