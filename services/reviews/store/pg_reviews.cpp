#include "reviews/store/pg_reviews.h"

#include <pqxx/pqxx>

#include "erasures/erased_users.h"
#include "pg/time.h"
#include "reviews/store/errors.h"

namespace marquee::reviews {
namespace {

#define REVIEW                                           \
  "review_id, movie_id, user_id, author, text, "         \
  "(extract(epoch FROM created_at) * 1000000)::bigint, " \
  "(extract(epoch FROM updated_at) * 1000000)::bigint"
// A moment given as microseconds, by the parameter's number.
#define MOMENT(parameter) \
  "(timestamptz 'epoch' + $" #parameter "::bigint * interval '1 microsecond')"

Review ReadReview(const pqxx::row& row) {
  return {row[0].as<std::int64_t>(),
          row[1].as<std::int64_t>(),
          row[2].as<std::int64_t>(),
          row[3].as<std::string>(),
          row[4].as<std::string>(),
          pg::FromMicroseconds(row[5].as<std::int64_t>()),
          pg::FromMicroseconds(row[6].as<std::int64_t>())};
}

Result<Review> First(const pqxx::result& rows) {
  if (rows.empty()) return ReviewUnknown();
  return ReadReview(rows[0]);
}

}  // namespace

Result<Review> PgReviews::Create(const NewReview& review, const CallContext& call) {
  auto created = pool_.Run(
      [&](pg::Transaction& tx) -> Result<Review> {
        // Their token may be believed for a moment longer.
        RETURN_IF_ERROR(erasures::RefuseErased(tx, review.user_id));
        if (review.operation) {
          const auto before =
              tx.exec_params("SELECT " REVIEW
                             " FROM reviews WHERE user_id = $1 AND movie_id = $2 "
                             "AND operation_id = $3::uuid",
                             review.user_id, review.movie_id, review.operation->ToString());
          if (!before.empty()) return ReadReview(before[0]);
        }
        return First(tx.exec_params(
            "INSERT INTO reviews (movie_id, user_id, author, text, created_at, updated_at, "
            "operation_id) "
            "VALUES ($1, $2, $3, $4, " MOMENT(5) ", " MOMENT(5) ", $6::uuid) RETURNING " REVIEW,
            review.movie_id, review.user_id, review.author, review.text.text(),
            pg::ToMicroseconds(review.created_at),
            review.operation ? std::optional(review.operation->ToString()) : std::nullopt));
      },
      {.deadline = call.deadline});
  if (!created.ok() && pg::IsViolationOf(created.error(), "reviews_one_each")) {
    return ReviewExists();
  }
  return created;
}

Result<Review> PgReviews::Find(std::int64_t review_id, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return First(
            tx.exec_params("SELECT " REVIEW " FROM reviews WHERE review_id = $1", review_id));
      },
      {.deadline = call.deadline});
}

Result<Review> PgReviews::Update(std::int64_t review_id, const ReviewText& text, Time now,
                                 const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) {
        // What was made of the old text doesn't hold for the new one.
        return First(
            tx.exec_params("UPDATE reviews SET text = $2, sentiment = NULL, "
                           "updated_at = " MOMENT(3) " WHERE review_id = $1 RETURNING " REVIEW,
                           review_id, text.text(), pg::ToMicroseconds(now)));
      },
      {.deadline = call.deadline});
}

Status PgReviews::Delete(std::int64_t review_id, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto gone = tx.exec_params("DELETE FROM reviews WHERE review_id = $1", review_id);
        if (gone.affected_rows() == 0) return ReviewUnknown();
        return {};
      },
      {.deadline = call.deadline});
}

Result<std::vector<Review>> PgReviews::List(std::int64_t movie_id, std::int64_t before, int limit,
                                            const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<Review>> {
        const auto rows = tx.exec_params("SELECT " REVIEW
                                         " FROM reviews WHERE movie_id = $1 AND review_id < $2 "
                                         "ORDER BY review_id DESC LIMIT $3",
                                         movie_id, before, limit);
        std::vector<Review> page;
        for (const auto& row : rows) page.push_back(ReadReview(row));
        return page;
      },
      {.deadline = call.deadline});
}

Result<std::vector<Review>> PgReviews::ListOf(std::int64_t user_id, std::int64_t after, int limit,
                                              const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<Review>> {
        std::vector<Review> page;
        for (const auto& row :
             tx.exec_params("SELECT " REVIEW " FROM reviews WHERE user_id = $1 AND movie_id > $2 "
                            "ORDER BY movie_id LIMIT $3",
                            user_id, after, limit)) {
          page.push_back(ReadReview(row));
        }
        return page;
      },
      {.deadline = call.deadline});
}

Status ErasePerson(pg::Transaction& tx, const erasures::Erasure& person) {
  tx.exec_params("DELETE FROM reviews WHERE user_id = $1", person.user_id);
  return {};
}

}  // namespace marquee::reviews
