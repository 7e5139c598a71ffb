#include "catalog/config.h"

#include "ratings/topics.h"

namespace marquee::catalog {

Result<Config> Config::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  Config config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:50052", "0.0.0.0:9052");
  config.auth_address = reader.Address("MARQUEE_AUTH_ADDRESS", "127.0.0.1:50051", "auth, gRPC");
  config.database.application_name = "marquee-catalog";
  config.database.uri =
      reader.Secret("MARQUEE_POSTGRES_URI", std::nullopt, "the catalogue's database");
  config.database.max_connections = static_cast<int>(
      reader.Int("MARQUEE_POSTGRES_CONNECTIONS", 8, 1, 200, "connections that calls share"));
  config.consumer_database = config.database;
  // People read the catalogue while the database takes no writes.
  config.database.needs_writes = false;
  config.consumer_database.application_name = "marquee-catalog-consumer";
  config.consumer_database.max_connections = 3;
  config.publisher_database = config.consumer_database;
  config.publisher_database.application_name = "marquee-catalog-publisher";
  config.publisher_database.max_connections = 1;
  config.consumer.service = "catalog";
  config.consumer.tables = {"ratings", "movie_stats"};
  auto& consumer = config.consumer.consumer;
  consumer.cluster = kafka::ClusterConfig::Read(reader, "marquee-catalog");
  consumer.topic = std::string(ratings::kRatingsTopic);
  config.erasures = {.cluster = consumer.cluster, .service = "catalog"};
  consumer.group =
      reader.String("MARQUEE_CATALOG_GROUP", "marquee-catalog", "the replicas' consumer group");
  consumer.instance_id = reader.String("MARQUEE_CATALOG_INSTANCE_ID", "",
                                       "this replica's name in the group, if it keeps one over "
                                       "restarts");
  consumer.batch_messages =
      static_cast<int>(reader.Int("MARQUEE_CATALOG_BATCH_MESSAGES", 5'000, 1, 200'000,
                                  "rating events that are applied in one transaction at most"));
  config.prior_weight = reader.Double("MARQUEE_CATALOG_PRIOR_RATINGS", 25, 0.1, 1e6,
                                      "how many ratings of the overall mean each movie is given "
                                      "before its own, in rating_bayesian_mean");
  config.producer.cluster = consumer.cluster;
  config.producer.delivery_timeout = std::chrono::seconds(5);  // a stop waits for it
  config.publisher.prior_ratings = config.prior_weight;
  config.publisher.counts_every = reader.Milliseconds(
      "MARQUEE_CATALOG_COUNTS_EVERY_MS", config.publisher.counts_every.count(), 100, 3'600'000,
      "how often, at most, followers of marquee.movies.v1 are told how many "
      "ratings each movie has");
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::catalog
