#include "catalog/domain/relevance.h"

#include <algorithm>
#include <cmath>

#include "catalog/domain/words.h"

namespace marquee::catalog {
namespace {

// Of one query word, which may be half typed, to one title word: 0…1.
double WordMatch(std::string_view word, std::string_view other) {
  if (word == other) return 1;
  if (other.starts_with(word)) return 0.95;
  const std::size_t longer = std::max(word.size(), other.size());
  const std::size_t most = (longer + 2) / 3;  // more errors than this and it is another word
  const std::size_t distance = EditDistance(word, other, most);
  if (distance > most) return 0;
  return 1 - static_cast<double>(distance) / static_cast<double>(longer);
}

}  // namespace

double SpellingMatch(std::string_view query, const SearchCandidate& candidate) {
  const auto words = Words(query);
  const auto title = Words(candidate.title);
  double matched = 0, total = 0;
  for (const auto word : words) {
    double best = 0;
    for (const auto other : title) best = std::max(best, WordMatch(word, other));
    const auto weight = static_cast<double>(word.size());
    matched += weight * best;
    total += weight;
  }
  return std::max(candidate.word_similarity, total > 0 ? matched / total : 0);
}

double Relevance(std::string_view query, const SearchCandidate& candidate, double spelling_match) {
  const double longer = static_cast<double>(std::max(query.size(), candidate.title.size()));
  const double coverage =
      longer > 0 ? static_cast<double>(std::min(query.size(), candidate.title.size())) / longer : 0;
  const double begins = candidate.title.starts_with(query) ? 0.1 : 0;
  const double exact = candidate.title == query ? 0.3 : 0;
  const double popularity =
      0.01 * std::floor(2 * std::log2(1 + static_cast<double>(candidate.rating_count)));
  return spelling_match + 0.2 * coverage + begins + exact + popularity;
}

}  // namespace marquee::catalog
