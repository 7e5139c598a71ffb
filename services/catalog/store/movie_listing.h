// MovieRepository::List within a transaction.
#pragma once

#include "catalog/domain/ports.h"
#include "pg/pool.h"

namespace marquee::catalog {

Result<MoviePage> ListMovies(pg::Transaction& tx, const MovieListing& listing, double prior_weight);

}  // namespace marquee::catalog
