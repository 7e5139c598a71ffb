#include "catalog/domain/ports.h"

namespace marquee::catalog {

std::size_t KeyFields(MovieOrder order) {
  switch (order) {
    case MovieOrder::kMovieId: return 1;
    case MovieOrder::kTitle:
    case MovieOrder::kYear:
    case MovieOrder::kYearDescending:
    case MovieOrder::kRatingCountDescending:
    case MovieOrder::kRelevance: return 2;
    case MovieOrder::kBayesianMeanDescending: return 3;
  }
  return 0;
}

}  // namespace marquee::catalog
