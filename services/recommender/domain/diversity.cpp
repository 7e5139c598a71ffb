#include "recommender/domain/diversity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace marquee::recommender {
namespace {

constexpr int kCandidates = 100;

double GenreCosine(const Catalogue& catalogue, std::int32_t a, std::int32_t b) {
  const auto of_a = catalogue.GenresOf(a), of_b = catalogue.GenresOf(b);
  // Of movies without a genre nothing is known: as if they were like each other and nothing else.
  if (of_a.empty() || of_b.empty()) return of_a.size() == of_b.size() ? 1 : 0;
  const auto both = std::ranges::count_if(
      of_a, [&](std::int32_t genre) { return std::ranges::find(of_b, genre) != of_b.end(); });
  return static_cast<double>(both) / std::sqrt(static_cast<double>(of_a.size() * of_b.size()));
}

}  // namespace

std::size_t CandidatesFor(int count, double diversity) {
  return static_cast<std::size_t>(diversity > 0 ? std::max(kCandidates, 2 * count) : count);
}

std::vector<std::size_t> Diversify(const Catalogue& catalogue, std::span<const std::int32_t> rows,
                                   std::span<const double> scores, double diversity, int count) {
  const std::size_t size = std::min(rows.size(), static_cast<std::size_t>(std::max(count, 0)));
  std::vector<std::size_t> left(rows.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  if (diversity <= 0 || size == 0) {
    left.resize(size);
    return left;
  }
  const auto [lowest, highest] = std::ranges::minmax(scores);
  const double range = highest - lowest;
  std::vector<double> relevance, likeness(rows.size(), 0);
  for (const double score : scores) relevance.push_back(range > 0 ? (score - lowest) / range : 1);

  std::vector<std::size_t> chosen;
  while (chosen.size() < size) {
    const auto next = std::ranges::max_element(left, {}, [&](std::size_t at) {
      return (1 - diversity) * relevance[at] - diversity * likeness[at];
    });
    const std::size_t taken = *next;
    left.erase(next);
    chosen.push_back(taken);
    for (const std::size_t at : left)
      likeness[at] = std::max(likeness[at], GenreCosine(catalogue, rows[at], rows[taken]));
  }
  return chosen;
}

}  // namespace marquee::recommender
