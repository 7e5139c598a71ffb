// marquee-catalog: composition only.
#include "base/clock.h"
#include "catalog/app/catalog.h"
#include "catalog/config.h"
#include "catalog/rpc/catalog_handler.h"
#include "catalog/store/pg_audience.h"
#include "catalog/store/pg_movies.h"
#include "catalog/store/pg_posters.h"
#include "metrics/metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"

int main() {
  using namespace marquee::catalog;  // NOLINT(google-build-using-namespace)
  namespace pg = marquee::pg;
  namespace rpc = marquee::rpc;

  const auto config = CatalogConfig::FromEnv(marquee::config::SystemEnvironment());
  if (!config.ok()) return marquee::config::Fatal(config.error());
  rpc::Prepare("catalog", config->server);
  marquee::metrics::Metrics metrics;

  pg::Pool pool(config->database);
  PgMovieRepository movies(pool, config->prior_weight);
  PgPosterRepository posters(pool);
  PgAudienceRepository audience(pool, config->prior_weight);
  Catalog catalog(movies, posters, audience, marquee::SystemClock());
  CatalogHandler handler(catalog);

  marquee::token::Verifier verifier({}, rpc::JwksFrom(rpc::MakeChannel(config->auth_address)),
                                    marquee::SystemClock());
  return rpc::Serve(config->server, {&handler}, verifier, metrics,
                    {{"postgres", [&] { return pool.Health(); }}});
}
