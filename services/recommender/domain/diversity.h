// How a list is kept from being all alike: maximal marginal relevance (Carbonell and Goldstein 1998).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "recommender/domain/catalogue.h"

namespace marquee::recommender {

// From how many of the best a list of `count` is chosen.
std::size_t CandidatesFor(int count, double diversity);

// Which of the candidates are shown, and in what order. `rows` are theirs, best first, of which
// `scores`; diversity is 0 to 1. The next is always the one with the largest
//   (1 − diversity) · score − diversity · (its largest likeness to one before it),
// with scores scaled to 0 … 1 over the candidates and likeness the cosine of the genres. At 0 the
// order stays.
std::vector<std::size_t> Diversify(const Catalogue& catalogue, std::span<const std::int32_t> rows,
                                   std::span<const double> scores, double diversity, int count);

}  // namespace marquee::recommender
