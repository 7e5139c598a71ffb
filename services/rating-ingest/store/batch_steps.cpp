#include "rating-ingest/store/batch_steps.h"

#include <map>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "pg/array.h"

namespace marquee::rating_ingest {

ratings::RatingProjection::Step ApplyToRatings(metrics::Metrics& metrics) {
  auto changed = metrics.AddCounter("marquee_rating_ingest_changed_rows_total",
                                    "Rows of ratings that batches changed");
  return [changed](pg::Transaction& tx,
                   std::span<const ratings::RatingChange> changes) mutable -> Status {
    changed.Increment(static_cast<double>(ratings::ApplyRatings(tx, changes).size()));
    return {};
  };
}

Status ErasePerson(pg::Transaction& tx, const erasures::Erasure& person) {
  ratings::EraseRatings(tx, person.user_id);
  return {};
}

Status CountDeadLetters(pg::Transaction& tx, std::span<const ratings::DeadLetterMessage> letters) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& letter : letters) ++counts[letter.reason];
  std::vector<std::string> reasons;
  std::vector<std::int64_t> numbers;
  for (const auto& [reason, count] : counts) {
    reasons.push_back(reason);
    numbers.push_back(count);
  }
  tx.exec_params(
      "INSERT INTO dead_letter_counts AS d (reason, count)"
      " SELECT * FROM unnest($1::text[], $2::bigint[])"
      " ON CONFLICT (reason) DO UPDATE SET count = d.count + excluded.count",
      pg::Array(reasons), pg::Array(numbers));
  return {};
}

}  // namespace marquee::rating_ingest
