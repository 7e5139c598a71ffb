#include "registry/config.h"

#include "artefact/registry_watcher.h"

namespace marquee::registry {

Result<Config> Config::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  Config config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:50057", "0.0.0.0:9057");
  config.database.uri = reader.Secret("MARQUEE_POSTGRES_URI", std::nullopt,
                                      "The registry's database, postgresql://…");
  config.database.max_connections = static_cast<int>(reader.Int(
      "MARQUEE_POSTGRES_MAX_CONNECTIONS", 8, 3, 100, "Connections to PostgreSQL at most"));
  config.database.application_name = "marquee-registry";
  config.kafka.cluster = kafka::ClusterConfig::Read(reader, "marquee-registry");
  config.kafka.linger = std::chrono::milliseconds{0};
  config.kafka.queue_messages = 1'000;
  config.kafka.queue_kbytes = 1'024;
  config.models_topic = artefact::kModelsTopic;
  config.auth_address = reader.Address("MARQUEE_AUTH_ADDRESS", "127.0.0.1:50051", "auth, gRPC");
  config.uploads.scratch =
      reader.String("MARQUEE_REGISTRY_SCRATCH_DIR", "/var/lib/marquee/uploads",
                    "Folder of this process alone, where artefacts lie while they are checked");
  config.uploads.max_bytes =
      reader.Int("MARQUEE_REGISTRY_MAX_ARTEFACT_BYTES", config.uploads.max_bytes, 1 << 10,
                 1LL << 40, "A larger artefact is refused");
  config.registry.min_improvement =
      reader.Double("MARQUEE_REGISTRY_MIN_IMPROVEMENT", 0.0001, 0, 1,
                    "How much better than the champion's a candidate's NDCG@100 or RMSE must be to "
                    "be promoted; 0: any better");
  config.housekeeping.keep_artefacts = static_cast<int>(
      reader.Int("MARQUEE_REGISTRY_KEEP_ARTEFACTS", config.housekeeping.keep_artefacts, 1, 1'000,
                 "Artefacts kept of each model, beside those that an alias names"));
  config.housekeeping.registration =
      reader.Milliseconds("MARQUEE_REGISTRY_UPLOAD_TIMEOUT_MS",
                          config.housekeeping.registration.count(), 1'000, 86'400'000,
                          "A registration is stored within this time; what one that was cut short "
                          "left is then removed");
  config.announce_poll =
      reader.Milliseconds("MARQUEE_REGISTRY_ANNOUNCE_POLL_MS", 5'000, 100, 3'600'000,
                          "How often promotions that Kafka doesn't have yet are looked for");
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::registry
