// What a batch's transaction does beside moving the offsets on.
#pragma once

#include <span>

#include "metrics/metrics.h"
#include "ratings/rating_projection.h"

namespace marquee::rating_ingest {

// Applies the events to the table `ratings`, and counts the rows that this changed; those of a
// batch that is tried again twice.
ratings::RatingProjection::Step ApplyToRatings(metrics::Metrics& metrics);

// Adds to the table `dead_letter_counts`.
Status CountDeadLetters(pg::Transaction& tx, std::span<const ratings::DeadLetterMessage> letters);

}  // namespace marquee::rating_ingest
