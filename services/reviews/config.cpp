#include "reviews/config.h"

namespace marquee::reviews {

Result<Config> Config::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  Config config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:9000", "0.0.0.0:9100");
  config.database.application_name = "marquee-reviews";
  config.database.uri = reader.Secret("MARQUEE_POSTGRES_URI", std::nullopt, "reviews' database");
  config.database.max_connections = static_cast<int>(
      reader.Int("MARQUEE_POSTGRES_MAX_CONNECTIONS", 8, 2, 200, "connections at most"));
  config.auth_address = reader.Address("MARQUEE_AUTH_ADDRESS", std::nullopt,
                                       "where auth serves its keys and people's names over gRPC");
  config.catalog_address = reader.Address("MARQUEE_CATALOG_ADDRESS", std::nullopt,
                                          "where the catalogue serves movies over gRPC");
  config.export_next = reader.String("MARQUEE_EXPORT_NEXT", "",
                                     "the route at which a person's export goes on after this "
                                     "service's part; none when empty");
  config.erasures_database = config.database;
  config.erasures_database.application_name = "marquee-reviews-erasures";
  config.erasures_database.max_connections = 2;
  config.kafka.cluster = kafka::ClusterConfig::Read(reader, "marquee-reviews");
  config.kafka.delivery_timeout = std::chrono::seconds{5};  // a stop waits for it
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::reviews
