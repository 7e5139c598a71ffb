#include <optional>

#include "base/clock.h"
#include "idempotency/pg_idempotency_store.h"
#include "kafka/structured_log.h"
#include "metrics/metrics.h"
#include "movies/movie_feed.h"
#include "people/people_feed.h"
#include "pg/pool_metrics.h"
#include "rating-ingest/app/known_movies.h"
#include "rating-ingest/app/rating_intake.h"
#include "rating-ingest/app/rating_queries.h"
#include "rating-ingest/clients/catalog_client.h"
#include "rating-ingest/clients/kafka_interactions.h"
#include "rating-ingest/clients/kafka_log.h"
#include "rating-ingest/config.h"
#include "rating-ingest/consume/writer.h"
#include "rating-ingest/rpc/export_handler.h"
#include "rating-ingest/rpc/ratings_handler.h"
#include "rating-ingest/store/batch_steps.h"
#include "rating-ingest/store/pg_rating_reader.h"
#include "rpc/client.h"
#include "rpc/server.h"

using namespace marquee;  // NOLINT(google-build-using-namespace): a program, not a header
using namespace marquee::rating_ingest;  // NOLINT(google-build-using-namespace)

int main(int argc, char** argv) {
  if (const auto status = config::AnswerArguments(argc, argv, Config::FromEnv)) return *status;
  const auto config = Config::FromEnv(config::SystemEnvironment());
  if (!config.ok()) return config::Fatal(config.error());
  rpc::Prepare("rating-ingest", config->server);
  kafka::UseStructuredLog();
  metrics::Metrics metrics;
  const Clock& clock = SystemClock();
  token::Verifier verifier({}, rpc::JwksFrom(rpc::MakeChannel(config->auth_address)), clock);
  pg::Pool pool(config->database,
                pg::PoolMetrics(metrics, "rating_ingest", "front", config->database));
  pg::Pool writer_pool(config->writer_database, pg::PoolMetrics(metrics, "rating_ingest", "writer",
                                                                config->writer_database));
  kafka::Producer producer(config->producer);
  PgRatingReader reader(pool);
  KafkaLog log(producer, metrics, std::string(ratings::kRatingsTopic), config->produce_timeout);
  AppliedPositions applied(reader, log, config->reads, metrics);
  CatalogClient catalog(rpc::MakeChannel(config->catalog_address), config->catalog_timeout, clock);
  KnownMovies known_movies(catalog, metrics);
  RatingIntake intake(log, log, known_movies, clock);
  RatingQueries queries(reader, log, applied);
  RatingsHandler handler(intake, queries, applied, log, clock);
  KafkaInteractions interactions(config->producer.cluster, producer);
  RatingExport ratings_export(reader, interactions, applied);
  ExportHandler export_handler(ratings_export, config->export_next);
  std::optional<Writer> writer;
  if (config->writer) {
    writer.emplace(config->writing, writer_pool, pool, producer, applied,
                   BatchSteps{ApplyToRatings(metrics), CountDeadLetters, ErasePerson}, metrics);
  }
  std::optional<movies::MovieFeed> movie_feed;
  std::vector<rpc::ServiceBase*> services;
  std::vector<rpc::ReadyCheck> ready{{"database", [&] { return pool.Health(); }}};
  if (config->front) {
    // The front takes ratings in whether or not the writer is behind: Kafka keeps them.
    services = {&handler, &export_handler};
    movie_feed.emplace(config->producer.cluster, known_movies, metrics, "rating_ingest");
    ready.push_back({"movies", [&] { return movie_feed->Ready(); }});
    ready.push_back(
        {"kafka", [&] { return producer.Health(std::string(ratings::kRatingsTopic)); }});
  } else {
    ready.push_back({"writer", [&] { return writer->Health(); }});
  }
  idempotency::PgIdempotencyStore keys(pool);
  const people::PeopleFeed people(config->producer.cluster, clock, metrics, "rating_ingest");
  const int status = rpc::Serve(config->server, services, verifier, metrics, std::move(ready),
                                {.check = people.check(), .keys = &keys});
  // Calls have ended: what they queued is flushed.
  if (writer) writer->Stop();
  producer.Stop(clock.Now() + std::chrono::seconds(5));
  return status;
}
