#include "idempotency/pg_idempotency_store.h"
#include "kafka/structured_log.h"
#include "metrics/metrics.h"
#include "movies/movie_feed.h"
#include "people/people_feed.h"
#include "pg/pool_metrics.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "trainer/app/handover.h"
#include "trainer/app/housekeeping.h"
#include "trainer/app/movie_contents.h"
#include "trainer/app/trainer.h"
#include "trainer/app/workspace.h"
#include "trainer/clients/ratings_client.h"
#include "trainer/clients/registry_client.h"
#include "trainer/config.h"
#include "trainer/rpc/trainer_handler.h"
#include "trainer/store/models_of_before.h"
#include "trainer/store/run_repository.h"

using namespace marquee;  // NOLINT(google-build-using-namespace): a program, not a header

int main(int argc, char** argv) {
  const auto read = [](const config::Environment& environment) {
    return trainer::Config::FromEnv(environment, MARQUEE_CODE_VERSION);
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
  trainer::PgModelsOfBefore before(pool);

  trainer::TrainerMetrics trainer_metrics(metrics);
  trainer::RatingsClient ratings(rpc::MakeChannel(config->ratings_address), token, config->ratings);
  trainer::RegistryClient registry(rpc::MakeChannel(config->registry_address), token,
                                   config->registry);
  trainer::Handover handover(before, registry, config->artefact_dir, metrics,
                             {.transfer_timeout = config->job.transfer_timeout});
  trainer::Workspace::Sweep(config->job.scratch);
  trainer::MovieContents content;
  const movies::MovieFeed movies(config->kafka, content, metrics, "trainer");
  trainer::TrainingJob job(ratings, content, registry, config->job, clock);
  trainer::Trainer trainer(runs, registry, job, trainer_metrics, config->trainer, [&]() -> Status {
    RETURN_IF_ERROR(movies.Ready());
    return handover.Done();
  });
  trainer::Housekeeping housekeeping(trainer, config->housekeeping);

  kafka::UseStructuredLog();
  trainer::TrainerHandler handler(trainer);
  idempotency::PgIdempotencyStore keys(pool);
  const people::PeopleFeed people(config->kafka, clock, metrics, "trainer");
  return rpc::Serve(config->server, {&handler}, verifier, metrics,
                    {{"postgres", [&] { return pool.Health(); }},
                     {"movies", [&] { return movies.Ready(); }},
                     {"handover", [&] { return handover.Done(); }}},
                    {.check = people.check(), .keys = &keys, .stopping = [&] {
                       handover.Stop();
                       housekeeping.Stop();
                       trainer.Stop();
                     }});
}
