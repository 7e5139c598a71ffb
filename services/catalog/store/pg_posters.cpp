#include "catalog/store/pg_posters.h"

#include <pqxx/pqxx>

#include "catalog/store/movie_rows.h"

namespace marquee::catalog {

Result<Poster> PgPosterRepository::Find(std::int64_t movie_id, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<Poster> {
        const auto rows = tx.exec_params(
            "SELECT p.content_type, p.width, p.height, p.image"
            " FROM movies m LEFT JOIN posters p USING (movie_id) WHERE m.movie_id = $1",
            movie_id);
        if (rows.empty()) return UnknownMovie(movie_id);
        const auto& row = rows[0];
        if (row[0].is_null()) {
          return Error::NotFound("poster_unknown",
                                 "movie " + std::to_string(movie_id) + " has no poster");
        }
        return Poster{row[0].c_str(), row[1].as<int>(), row[2].as<int>(),
                      pqxx::binarystring(row[3]).str()};
      },
      {.deadline = call.deadline});
}

Status PgPosterRepository::Put(std::int64_t movie_id, const Poster& poster,
                               const CallContext& call) {
  const Status put = pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            R"(INSERT INTO posters AS p (movie_id, content_type, width, height, image)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (movie_id) DO UPDATE
                 SET content_type = excluded.content_type, width = excluded.width,
                     height = excluded.height, image = excluded.image, updated_at = now()
                 WHERE p.image <> excluded.image)",
            movie_id, poster.content_type, poster.width, poster.height,
            pqxx::binarystring(poster.bytes));
        return {};
      },
      {.deadline = call.deadline});
  if (!put.ok() && pg::IsViolationOf(put.error(), "posters_movie_id_fkey")) {
    return UnknownMovie(movie_id);
  }
  return put;
}

}  // namespace marquee::catalog
