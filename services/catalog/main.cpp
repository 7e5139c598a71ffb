// marquee-catalog: composition only.
#include <limits>

#include "base/clock.h"
#include "catalog/app/catalog.h"
#include "catalog/app/movie_publisher.h"
#include "catalog/clients/kafka_movie_log.h"
#include "catalog/config.h"
#include "catalog/rpc/catalog_handler.h"
#include "catalog/store/pg_audience.h"
#include "catalog/store/pg_movies.h"
#include "catalog/store/pg_posters.h"
#include "catalog/store/pg_publication.h"
#include "catalog/store/rating_step.h"
#include "erasures/erasure_consumer.h"
#include "idempotency/pg_idempotency_store.h"
#include "kafka/structured_log.h"
#include "metrics/metrics.h"
#include "movies/movie_feed.h"
#include "people/people_feed.h"
#include "pg/pool_metrics.h"
#include "ratings/rating_consumer.h"
#include "rpc/client.h"
#include "rpc/server.h"

using namespace marquee;  // NOLINT(google-build-using-namespace): a program, not a header

int main(int argc, char** argv) {
  if (const auto status = config::AnswerArguments(argc, argv, catalog::Config::FromEnv))
    return *status;
  const auto config = catalog::Config::FromEnv(config::SystemEnvironment());
  if (!config.ok()) return config::Fatal(config.error());
  rpc::Prepare("catalog", config->server);
  kafka::UseStructuredLog();
  metrics::Metrics metrics;
  const Clock& clock = SystemClock();

  token::Verifier verifier({}, rpc::JwksFrom(rpc::MakeChannel(config->auth_address)), clock);
  pg::Pool pool(config->database, pg::PoolMetrics(metrics, "catalog", "calls", config->database));
  pg::Pool consumer_pool(config->consumer_database, pg::PoolMetrics(metrics, "catalog", "consumer",
                                                                    config->consumer_database));

  catalog::PgMovieRepository movies(pool, config->prior_weight);
  catalog::PgPosterRepository posters(pool);
  catalog::PgAudienceRepository audience(pool, config->prior_weight);
  catalog::Catalog catalog(movies, posters, audience, clock);
  catalog::CatalogHandler handler(catalog);
  metrics.AddGaugeFunction("marquee_catalog_movies", "Movies in the catalogue", {}, [&] {
    const auto count = movies.Count(CallContext(clock.Now() + std::chrono::seconds(1)));
    return count.ok() ? static_cast<double>(*count) : std::numeric_limits<double>::quiet_NaN();
  });

  // What can't be decoded goes to the dead letters by rating-ingest's writer, which reads the same
  // topic by the same rule.
  ratings::RatingConsumer consumer(
      config->consumer, consumer_pool,
      {.apply = erasures::LeavingOutErased(catalog::ApplyRatingBatch, metrics, "catalog"),
       .courtesy = ratings::YieldTo(pool)},
      metrics);

  pg::Pool publisher_pool(
      config->publisher_database,
      pg::PoolMetrics(metrics, "catalog", "publisher", config->publisher_database));
  kafka::Producer producer(config->producer);
  const erasures::ErasureConsumer eraser(config->erasures, consumer_pool, producer,
                                         catalog::ErasePerson, metrics);
  catalog::PgPublicationStore publication(publisher_pool);
  catalog::PublishedMovies published;
  movies::MovieFeed feed(config->producer.cluster, published, metrics, "catalog");
  catalog::KafkaMovieLog log(producer, feed);
  catalog::MoviePublisher publisher(publication, log, published, config->publisher, clock, metrics);

  // Kafka isn't asked: without it movies are served as before, with statistics that stand still.
  idempotency::PgIdempotencyStore keys(pool);
  const people::PeopleFeed people(config->producer.cluster, clock, metrics, "catalog");
  return rpc::Serve(config->server, {&handler}, verifier, metrics,
                    {{"database", [&] { return pool.Health(); }}},
                    {.check = people.check(), .keys = &keys});
}
