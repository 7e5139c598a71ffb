#include "recommender/config.h"

#include <algorithm>

namespace marquee::recommender {

Result<Config> Config::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  Config config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:50055", "0.0.0.0:9055");
  config.kafka = kafka::ClusterConfig::Read(reader, "marquee-recommender");
  config.auth_address = reader.Address("MARQUEE_AUTH_ADDRESS", "127.0.0.1:50051", "auth, gRPC");
  config.ratings_address =
      reader.Address("MARQUEE_RATING_INGEST_ADDRESS", "127.0.0.1:50053", "rating-ingest, gRPC");
  config.registry_address =
      reader.Address("MARQUEE_REGISTRY_ADDRESS", "127.0.0.1:50057", "registry, gRPC");
  config.service_secret =
      reader.Secret("MARQUEE_SERVICE_SECRET", std::nullopt, "by which auth knows this service");
  config.registry = artefact::RegistryClientConfig::Read(reader, "/var/cache/marquee/recommender");
  config.champions.cache_dir = config.registry.cache_dir;
  config.champions.poll = reader.Milliseconds(
      "MARQUEE_RECOMMENDER_MODEL_POLL_MS", config.champions.poll.count(), 100, 3'600'000,
      "how often the registry is asked for the champions, beside what Kafka announces");
  config.store.max_bytes = static_cast<std::size_t>(
      reader.Int("MARQUEE_RECOMMENDER_HISTORY_CACHE_BYTES",
                 static_cast<std::int64_t>(config.store.max_bytes), 64 << 10, std::int64_t{1} << 40,
                 "memory for users' histories; least recently used first out"));
  config.store.events_kept = static_cast<std::size_t>(reader.Int(
      "MARQUEE_RECOMMENDER_EVENTS_KEPT", static_cast<std::int64_t>(config.store.events_kept), 16,
      10'000'000, "the last events of each partition that are kept to bring a history up to date"));
  config.store.max_age =
      reader.Milliseconds("MARQUEE_RECOMMENDER_HISTORY_MAX_AGE_MS", config.store.max_age.count(),
                          1'000, 604'800'000, "a cached history older than this is read anew");
  config.histories.read_wait =
      reader.Milliseconds("MARQUEE_RECOMMENDER_READ_WAIT_MS", config.histories.read_wait.count(), 0,
                          60'000, "how long a request waits for its caller's own writes");
  config.histories.fill_timeout = reader.Milliseconds(
      "MARQUEE_RECOMMENDER_FILL_TIMEOUT_MS", config.histories.fill_timeout.count(), 10, 60'000,
      "deadline for reading a user's history from rating-ingest");
  config.log_patience =
      reader.Milliseconds("MARQUEE_RECOMMENDER_LOG_PATIENCE_MS", config.log_patience.count(), 0,
                          3'600'000, "how long a start waits for Kafka before it is ready without");
  // A few of the calls that are handled at once.
  config.histories.most_waiting = std::max(1, config.server.max_threads / 8);
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::recommender
