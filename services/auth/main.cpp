// marquee-auth: composition only.
#include "auth/app/housekeeper.h"
#include "auth/config.h"
#include "auth/crypto/argon2_hasher.h"
#include "auth/crypto/secretbox.h"
#include "auth/mail_sending.h"
#include "auth/oauth_serving.h"
#include "auth/person_publishing.h"
#include "auth/rpc/account_security_handler.h"
#include "auth/rpc/audit_handler.h"
#include "auth/rpc/auth_handler.h"
#include "auth/rpc/caller_check.h"
#include "auth/rpc/export_handler.h"
#include "auth/store/pg_stores.h"
#include "base/digest.h"
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
  PgStores stores(pool);
  const std::string& secret = config->key_encryption_secret;
  const Secretbox sealer(secret);
  const Secretbox factor_sealer(secret, Secretbox::kSecondFactors);
  Argon2Hasher hasher(config->hashing, {}, [&](auto took) { metrics.Hashed(took); });
  KeyRing keys(stores.keys, sealer, clock, {.oauth_issuer = config->issuer});
  Sessions sessions(stores.sessions, keys, clock, metrics, Sha256("refresh tokens\n" + secret));
  GuessGuard guard(stores.guesses, stores.sessions, clock, metrics, config->networks_of_many);
  Passwords passwords(stores.accounts, hasher, guard);
  SecondFactors second_factors(stores.second_factors, passwords, guard, sessions, factor_sealer,
                               clock, Sha256("recovery codes\n" + secret));
  Accounts accounts(stores.accounts, passwords, second_factors, sessions, clock, metrics);
  AccountMail mail(stores.mails, stores.accounts, passwords, guard, clock,
                   config->mail.has_value());
  Administration administration(stores.accounts, hasher, sessions, clock, config->bootstrap_secret);
  const ServiceTokens service_tokens(config->service_secrets, keys, clock);
  ApiKeys api_keys(stores.api_keys, keys, clock);
  AuthHandler handler(accounts, administration, sessions, service_tokens, keys, api_keys);
  AccountSecurityHandler security(second_factors, mail);
  OAuthServing oauth(*config, stores, accounts, sessions, keys, clock, registry);
  Audit audit(stores.audit, stores.accounts, clock, config->audit_kept, registry);
  AuditHandler audit_handler(audit);
  ExportHandler export_handler(accounts, sessions, api_keys, stores.oauth, stores.oauth,
                               stores.identities, audit, config->export_next);
  const Housekeeper housekeeper(keys, sessions, guard, audit, stores.oauth, stores.identities,
                                clock);
  kafka::Producer producer(config->kafka);
  Erasing erasing(config->erasing, stores.accounts, pool, producer, config->kafka.cluster, clock,
                  registry);
  const PersonPublishing publishing(config->outbox_database, producer, clock, registry);
  std::optional<MailSending> mail_sending;
  if (config->mail) mail_sending.emplace(*config->mail, stores, clock, registry);
  token::Verifier verifier(
      {}, [&] { return keys.PublicKeys(); }, clock);
  idempotency::PgIdempotencyStore idempotency_keys(pool);
  // Kafka isn't asked: changes of people wait in the database until it is there.
  return rpc::Serve(
      config->server,
      {&handler, &security, &oauth.handler(), &oauth.identity_handler(), &audit_handler,
       &erasing.handler(), &export_handler},
      verifier, registry,
      {{"postgres", [&] { return pool.Health(); }}, {"signing keys", [&] { return keys.Ready(); }}},
      {.check = CheckAgainst(sessions, api_keys),
       .keys = &idempotency_keys,
       .audit = AuditInto(audit)});
}
