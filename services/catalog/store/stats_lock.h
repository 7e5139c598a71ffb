// Who may change many rows of movie_stats.
#pragma once

#include "pg/pool.h"

namespace marquee::catalog {

// Waits until no other transaction holds it; held until the transaction ends. All who change more
// than one row of movie_stats take it first: ratings and imports touch the same movies in different
// orders, and would wait for each other's rows. Throws the driver's exceptions.
void LockMovieStats(pg::Transaction& tx);

}  // namespace marquee::catalog
