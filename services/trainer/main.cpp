#include "idempotency/pg_idempotency_store.h"
#include "kafka/producer.h"
#include "kafka/structured_log.h"
#include "metrics/metrics.h"
#include "people/people_feed.h"
#include "pg/pool_metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "trainer/app/announcements.h"
#include "trainer/app/housekeeping.h"
#include "trainer/app/registry.h"
#include "trainer/app/trainer.h"
#include "trainer/clients/model_announcer.h"
#include "trainer/clients/ratings_client.h"
#include "trainer/config.h"
#include "trainer/rpc/trainer_handler.h"
#include "trainer/store/model_registry.h"
#include "trainer/store/run_repository.h"

using namespace marquee;  // NOLINT(google-build-using-namespace): a program, not a header

int main(int argc, char** argv) {
  const auto read = [](const config::Environment& environment) {
    return trainer::TrainerConfig::FromEnv(environment, MARQUEE_CODE_VERSION);
  };
  if (const auto status = config::AnswerArguments(argc, argv, read)) return *status;
  const auto config = read(config::SystemEnvironment());
  if (!config.ok()) return config::Fatal(config.error());
  rpc::Prepare("trainer", config->server);
  metrics::Metrics metrics;
  const Clock& clock = SystemClock();

  const auto auth = rpc::MakeChannel(config->auth_address);
  token::Verifier verifier({}, rpc::JwksFrom(auth), clock);
  rpc::ServiceToken token(auth, "trainer", config->service_secret, clock);

  pg::Pool pool(config->database, pg::PoolMetrics(metrics, "trainer", "calls", config->database));
  trainer::PgRunRepository runs(pool, config->heartbeat_expiry);
  trainer::PgModelRegistry store(pool);
  const trainer::ArtefactFolder folder(config->artefact_dir);

  kafka::UseStructuredLog();
  kafka::Producer producer(config->kafka);
  trainer::ModelAnnouncer announcer(producer, config->models_topic, config->kafka.delivery_timeout);
  trainer::TrainerMetrics trainer_metrics(metrics);
  trainer::Announcements announcements(store, announcer, trainer_metrics, config->announce_poll);

  trainer::RatingsClient ratings(rpc::MakeChannel(config->ratings_address), token, config->ratings);
  trainer::TrainingJob job(ratings, store, folder, config->job, clock);
  trainer::Trainer trainer(runs, store, job, folder, trainer_metrics, config->trainer,
                           [&] { announcements.Kick(); });
  trainer::Registry registry(store, folder, [&] { announcements.Kick(); });
  trainer::Housekeeping housekeeping(trainer, registry, trainer_metrics, config->housekeeping);

  trainer::TrainerHandler handler(trainer, registry);
  idempotency::PgIdempotencyStore keys(pool);
  const people::PeopleFeed people(config->kafka.cluster, clock, metrics, "trainer");
  // Kafka isn't asked: a promotion waits in the database until Kafka is there.
  return rpc::Serve(config->server, {&handler}, verifier, metrics,
                    {{"postgres", [&] { return pool.Health(); }},
                     {"artefacts", [&] { return folder.CheckReadable(); }}},
                    {.check = people.check(), .keys = &keys, .stopping = [&] {
                       housekeeping.Stop();
                       trainer.Stop();
                     }});
}
