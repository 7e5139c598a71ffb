// How well a title answers a search.
#pragma once

#include <cstdint>
#include <string_view>

namespace marquee::catalog {

// A title that may answer the search, found by the index.
struct SearchCandidate {
  std::int64_t movie_id = 0;
  std::string_view title;  // normalised, as the query is
  double word_similarity =
      0;  // of trigrams: of the query to the part of the title nearest to it, 0…1
  std::int64_t rating_count = 0;
};

// How alike query and title are, 0 to 1 for spelling: the better of the trigrams and of the words,
// each query word being compared with the title's nearest by edit distance.
double SpellingMatch(std::string_view query, const SearchCandidate& candidate);

// Titles that match worse than this are no answer.
inline constexpr double kLeastSpellingMatch = 0.5;

// What answers are ordered by: the spelling match, then how much of the title the query names,
// then, as a tie-break, the number of ratings (in steps of half a power of two, so that one more
// rating rarely moves a movie across a page's border).
double Relevance(std::string_view query, const SearchCandidate& candidate, double spelling_match);

}  // namespace marquee::catalog
