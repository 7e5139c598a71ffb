// marquee-auth: composition only.
#include "auth/app/housekeeper.h"
#include "auth/app/person_publisher.h"
#include "auth/app/secrets.h"
#include "auth/clients/kafka_people.h"
#include "auth/config.h"
#include "auth/crypto/argon2_hasher.h"
#include "auth/crypto/secretbox.h"
#include "auth/rpc/audit_handler.h"
#include "auth/rpc/auth_handler.h"
#include "auth/rpc/caller_check.h"
#include "auth/rpc/export_handler.h"
#include "auth/store/pg_accounts.h"
#include "auth/store/pg_api_keys.h"
#include "auth/store/pg_audit.h"
#include "auth/store/pg_keys.h"
#include "auth/store/pg_person_outbox.h"
#include "auth/store/pg_sessions.h"
#include "base/clock.h"
#include "idempotency/pg_idempotency_store.h"
#include "kafka/structured_log.h"
#include "metrics/metrics.h"
#include "pg/pool_metrics.h"
#include "rpc/server.h"

using namespace marquee;        // NOLINT(google-build-using-namespace): a program, not a header
using namespace marquee::auth;  // NOLINT(google-build-using-namespace)

int main(int argc, char** argv) {
  if (const auto status = config::AnswerArguments(argc, argv, Config::FromEnv)) return *status;
  const auto config = Config::FromEnv(config::SystemEnvironment());
  if (!config.ok()) return config::Fatal(config.error());
  rpc::Prepare("auth", config->server);
  kafka::UseStructuredLog();
  const auto& clock = SystemClock();
  metrics::Metrics registry;
  AuthMetrics metrics(registry);

  pg::Pool pool(config->database, pg::PoolMetrics(registry, "auth", "calls", config->database));
  PgAccounts account_store(pool);
  PgSessions session_store(pool);
  PgKeys key_store(pool);
  PgApiKeys api_key_store(pool);
  PgAudit audit_log(pool);
  const Secretbox sealer(config->key_encryption_secret);
  Argon2Hasher hasher(config->hashing, {}, [&](auto took) { metrics.Hashed(took); });

  KeyRing keys(key_store, sealer, clock, {});
  Sessions sessions(session_store, keys, clock, metrics,
                    Sha256("refresh tokens\n" + config->key_encryption_secret));
  Accounts accounts(account_store, hasher, sessions, clock, metrics);
  Administration administration(account_store, hasher, sessions, clock, config->bootstrap_secret);
  const ServiceTokens service_tokens(config->service_secrets, keys, clock);
  ApiKeys api_keys(api_key_store, keys, clock);
  ExportHandler export_handler(accounts, sessions, api_keys, config->export_next);
  AuthHandler handler(accounts, administration, sessions, service_tokens, keys, api_keys);

  Audit audit(audit_log, account_store, clock, config->audit_kept, registry);
  AuditHandler audit_handler(audit);
  const Housekeeper housekeeper(keys, sessions, audit, clock);
  pg::Pool outbox_pool(config->outbox_database,
                       pg::PoolMetrics(registry, "auth", "outbox", config->outbox_database));
  PgPersonOutbox outbox(outbox_pool);
  kafka::Producer producer(config->kafka);
  Erasing erasing(config->erasing, account_store, pool, producer, config->kafka.cluster, clock,
                  registry);
  KafkaPeople people(producer);
  const PersonPublisher publisher(outbox, people, clock, registry);
  token::Verifier verifier(
      {}, [&] { return keys.PublicKeys(); }, clock);
  idempotency::PgIdempotencyStore idempotency_keys(pool);
  // Kafka isn't asked: changes of people wait in the database until it is there.
  return rpc::Serve(
      config->server, {&handler, &audit_handler, &erasing.handler(), &export_handler}, verifier,
      registry,
      {{"postgres", [&] { return pool.Health(); }}, {"signing keys", [&] { return keys.Ready(); }}},
      {.check = CheckAgainst(sessions, api_keys),
       .keys = &idempotency_keys,
       .audit = AuditInto(audit)});
}
