#include "catalog/store/stats_lock.h"

#include <pqxx/pqxx>

namespace marquee::catalog {

void LockMovieStats(pg::Transaction& tx) {
  tx.exec("SELECT pg_advisory_xact_lock(hashtext('movie_stats'))");
}

}  // namespace marquee::catalog
