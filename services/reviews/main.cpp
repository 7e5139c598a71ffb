// marquee-reviews: composition only.
#include "base/clock.h"
#include "erasures/erasure_consumer.h"
#include "idempotency/pg_idempotency_store.h"
#include "kafka/structured_log.h"
#include "metrics/metrics.h"
#include "people/people_feed.h"
#include "pg/pool_metrics.h"
#include "reviews/clients/auth_people.h"
#include "reviews/clients/catalog_movies.h"
#include "reviews/config.h"
#include "reviews/rpc/export_handler.h"
#include "reviews/rpc/reviews_handler.h"
#include "reviews/store/pg_reviews.h"
#include "rpc/client.h"
#include "rpc/server.h"

int main(int argc, char** argv) {
  using namespace marquee::reviews;  // NOLINT(google-build-using-namespace)
  namespace rpc = marquee::rpc;

  if (const auto status = marquee::config::AnswerArguments(argc, argv, Config::FromEnv))
    return *status;
  const auto config = Config::FromEnv(marquee::config::SystemEnvironment());
  if (!config.ok()) return marquee::config::Fatal(config.error());
  rpc::Prepare("reviews", config->server);
  marquee::kafka::UseStructuredLog();
  marquee::metrics::Metrics metrics;

  marquee::pg::Pool pool(config->database,
                         marquee::pg::PoolMetrics(metrics, "reviews", "calls", config->database));
  PgReviews store(pool);
  const auto auth = rpc::MakeChannel(config->auth_address);
  CatalogMovies movies(rpc::MakeChannel(config->catalog_address));
  AuthPeople people(auth);
  Reviews reviews(store, movies, people, marquee::SystemClock());
  ReviewsHandler handler(reviews);
  ExportHandler export_handler(reviews, config->export_next);

  marquee::token::Verifier verifier({}, rpc::JwksFrom(auth), marquee::SystemClock());
  marquee::idempotency::PgIdempotencyStore keys(pool);
  marquee::pg::Pool erasures_pool(
      config->erasures_database,
      marquee::pg::PoolMetrics(metrics, "reviews", "erasures", config->erasures_database));
  marquee::kafka::Producer producer(config->kafka);
  const marquee::erasures::ErasureConsumer eraser(
      {.cluster = config->kafka.cluster, .service = "reviews"}, erasures_pool, producer,
      ErasePerson, metrics);
  const marquee::people::PeopleFeed changes(config->kafka.cluster, marquee::SystemClock(), metrics,
                                            "reviews");
  return rpc::Serve(config->server, {&handler, &export_handler}, verifier, metrics,
                    {{"postgres", [&] { return pool.Health(); }}},
                    {.check = changes.check(), .keys = &keys});
}
