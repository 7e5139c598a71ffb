// What a batch's transaction does beside moving the offsets on.
#pragma once

#include <span>

#include "erasures/erasure_consumer.h"
#include "metrics/metrics.h"
#include "ratings/rating_projection.h"

namespace marquee::rating_ingest {

// Applies the events to the table `ratings`, and counts the rows that this changed; those of a
// batch that is tried again twice.
ratings::RatingProjection::Step ApplyToRatings(metrics::Metrics& metrics);

// Deletes a person's ratings and what is known of their events (erasures::ErasureConsumer::Erase).
Status ErasePerson(pg::Transaction& tx, const erasures::Erasure& person);

// Adds to the table `dead_letter_counts`.
Status CountDeadLetters(pg::Transaction& tx, std::span<const ratings::DeadLetterMessage> letters);

}  // namespace marquee::rating_ingest
