// marquee-registry: composition only.
#include "base/clock.h"
#include "idempotency/pg_idempotency_store.h"
#include "kafka/producer.h"
#include "kafka/structured_log.h"
#include "metrics/metrics.h"
#include "people/people_feed.h"
#include "pg/pool_metrics.h"
#include "registry/app/announcements.h"
#include "registry/app/housekeeping.h"
#include "registry/app/registry.h"
#include "registry/clients/model_announcer.h"
#include "registry/config.h"
#include "registry/rpc/registry_handler.h"
#include "registry/store/artefact_store.h"
#include "registry/store/version_store.h"
#include "rpc/client.h"
#include "rpc/server.h"

using namespace marquee;  // NOLINT(google-build-using-namespace): a program, not a header

int main(int argc, char** argv) {
  if (const auto status = config::AnswerArguments(argc, argv, registry::Config::FromEnv))
    return *status;
  const auto config = registry::Config::FromEnv(config::SystemEnvironment());
  if (!config.ok()) return config::Fatal(config.error());
  rpc::Prepare("registry", config->server);
  metrics::Metrics metrics;
  const Clock& clock = SystemClock();
  token::Verifier verifier({}, rpc::JwksFrom(rpc::MakeChannel(config->auth_address)), clock);

  pg::Pool pool(config->database, pg::PoolMetrics(metrics, "registry", "calls", config->database));
  registry::PgVersionStore versions(pool);
  registry::PgArtefactStore artefacts(pool, config->housekeeping.registration);

  kafka::UseStructuredLog();
  kafka::Producer producer(config->kafka);
  registry::ModelAnnouncer announcer(producer, config->models_topic,
                                     config->kafka.delivery_timeout);
  registry::RegistryMetrics registry_metrics(metrics);
  registry::Announcements announcements(versions, announcer, registry_metrics,
                                        config->announce_poll);

  registry::SweepScratch(config->uploads.scratch);
  registry::Registry registry(versions, artefacts, config->registry, clock,
                              [&] { announcements.Kick(); });
  registry::Housekeeping housekeeping(registry, registry_metrics, config->housekeeping);
  registry::RegistryHandler handler(registry, config->uploads);
  idempotency::PgIdempotencyStore keys(pool);
  const people::PeopleFeed people(config->kafka.cluster, clock, metrics, "registry");
  // Kafka isn't asked: a promotion waits in the database until Kafka is there.
  return rpc::Serve(
      config->server, {&handler}, verifier, metrics,
      {{"postgres", [&] { return pool.Health(); }},
       {"scratch", [&] { return registry::CheckScratch(config->uploads.scratch); }}},
      {.check = people.check(), .keys = &keys, .stopping = [&] { housekeeping.Stop(); }});
}
