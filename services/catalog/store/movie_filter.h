// The filter of lists and searches, and its parameters.
#pragma once

namespace marquee::catalog {

// Of `movies m`; $1 year_min, $2 year_max, $3 genre.
inline constexpr char kMovieFilter[] = R"(
  ($1::integer = 0 OR m.year >= $1::integer)
  AND ($2::integer = 0 OR m.year BETWEEN 1 AND $2::integer)
  AND ($3::text = '' OR m.movie_id IN (
    SELECT mg.movie_id FROM movie_genres mg JOIN genres g USING (genre_id)
    WHERE lower(g.name) = lower($3::text))))";

}  // namespace marquee::catalog
