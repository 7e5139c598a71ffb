// Ratings into statistics: what the consumer does with a batch, within the transaction that stores
// its offsets (libs/ratings).
#pragma once

#include <span>

#include "base/result.h"
#include "erasures/erasure_events.h"
#include "pg/pool.h"
#include "ratings/rating_rule.h"

namespace marquee::catalog {

// Applies the changes to `ratings` and what they changed to `movie_stats` and `rating_totals`, so
// that the statistics always equal a count over `ratings`. A movie need not be in the catalogue
// yet. Throws the driver's exceptions: inside Pool::Run only.
Status ApplyRatingBatch(pg::Transaction& tx, std::span<const ratings::RatingChange> changes);

// Deletes a person's ratings, and from the statistics what they were
// (erasures::ErasureConsumer::Erase).
Status ErasePerson(pg::Transaction& tx, const erasures::Erasure& person);

}  // namespace marquee::catalog
