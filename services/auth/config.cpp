#include "auth/config.h"

#include <sstream>

namespace marquee::auth {
namespace {

void RequireLength(config::Reader& reader, const std::string& name, const std::string& secret,
                   std::size_t least) {
  if (!secret.empty() && secret.size() < least) {
    reader.Problem(name, "must have at least " + std::to_string(least) +
                             " characters, chosen at random (openssl rand -hex 24)");
  }
}

std::vector<std::string> ParseNames(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream parts(text);
  for (std::string name; std::getline(parts, name, ',');) names.push_back(name);
  return names;
}

}  // namespace

Result<Config> Config::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  Config config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:9000", "0.0.0.0:9100");
  config.database.application_name = "marquee-auth";
  config.database.uri = reader.Secret("MARQUEE_POSTGRES_URI", std::nullopt, "auth's database");
  config.database.max_connections = static_cast<int>(
      reader.Int("MARQUEE_POSTGRES_MAX_CONNECTIONS", 8, 2, 200, "connections at most"));
  config.outbox_database = config.database;
  config.outbox_database.application_name = "marquee-auth-outbox";
  config.outbox_database.max_connections = 1;
  config.export_next = reader.String("MARQUEE_EXPORT_NEXT", "",
                                     "the route at which a person's export goes on after this "
                                     "service's part; none when empty");
  config.erasing.database = config.database;
  config.erasing.database.application_name = "marquee-auth-erasures";
  config.erasing.database.max_connections = 3;
  config.erasing.services =
      ParseNames(reader.String("MARQUEE_AUTH_ERASURE_SERVICES", std::nullopt,
                               "who has to confirm that a person was erased, comma-separated"));
  config.kafka.cluster = kafka::ClusterConfig::Read(reader, "marquee-auth");
  config.kafka.delivery_timeout = std::chrono::seconds{5};  // a stop waits for it

  config.key_encryption_secret =
      reader.Secret("MARQUEE_AUTH_KEY_ENCRYPTION_SECRET", std::nullopt,
                    "encrypts the signing keys in the database; the same for all replicas");
  RequireLength(reader, "MARQUEE_AUTH_KEY_ENCRYPTION_SECRET", config.key_encryption_secret, 32);
  config.bootstrap_secret = reader.Secret("MARQUEE_AUTH_BOOTSTRAP_SECRET", "",
                                          "makes the first administrator, once; unset: nobody can");
  RequireLength(reader, "MARQUEE_AUTH_BOOTSTRAP_SECRET", config.bootstrap_secret, 16);
  auto secrets = ParseServiceSecrets(reader.Secret("MARQUEE_AUTH_SERVICE_SECRETS", "",
                                                   "lines name:secret, for services' own tokens"));
  if (secrets.ok()) {
    config.service_secrets = *std::move(secrets);
  } else {
    reader.Problem("MARQUEE_AUTH_SERVICE_SECRETS", secrets.error().message);
  }

  config.audit_kept =
      std::chrono::hours{24} * reader.Int("MARQUEE_AUTH_AUDIT_DAYS", 400, 30, 3'650,
                                          "how long entries of the audit log are kept");
  config.hashing.running = static_cast<int>(
      reader.Int("MARQUEE_AUTH_HASHES_RUNNING", 2, 1, 256,
                 "passwords hashed at once; each takes 64 MiB of memory and a core"));
  config.hashing.waiting = static_cast<int>(reader.Int("MARQUEE_AUTH_HASHES_WAITING", 64, 0, 1024,
                                                       "sign-ins that may wait for their turn"));
  config.hashing.waiting_of_one =
      static_cast<int>(reader.Int("MARQUEE_AUTH_HASHES_WAITING_OF_ONE", 4, 1, 1024,
                                  "of these, from one address or for one account"));
  config.hashing.patience = reader.Milliseconds("MARQUEE_AUTH_HASHES_PATIENCE_MS", 3'000, 0, 60'000,
                                                "how long each of them waits");
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::auth
