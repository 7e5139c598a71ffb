#include "catalog/config.h"

namespace marquee::catalog {

Result<CatalogConfig> CatalogConfig::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  CatalogConfig config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:9000", "0.0.0.0:9100");
  config.auth_address =
      reader.Address("MARQUEE_AUTH_ADDRESS", std::nullopt, "where auth serves its keys over gRPC");
  config.database.application_name = "marquee-catalog";
  config.database.uri =
      reader.Secret("MARQUEE_POSTGRES_URI", std::nullopt, "the catalogue's database");
  config.database.max_connections =
      static_cast<int>(reader.Int("MARQUEE_POSTGRES_MAX_CONNECTIONS", 8, 2, 200,
                                  "connections at most; one of them is the ratings consumer's"));
  config.kafka.client_id = "marquee-catalog";
  config.kafka.brokers =
      reader.String("MARQUEE_KAFKA_BROKERS", std::nullopt, "host:port of brokers, comma-separated");
  config.batch_messages =
      static_cast<int>(reader.Int("MARQUEE_CATALOG_BATCH_MESSAGES", 20'000, 1, 200'000,
                                  "ratings at most that are applied in one transaction"));
  config.prior_weight = reader.Double("MARQUEE_CATALOG_PRIOR_RATINGS", 25, 0.1, 1e6,
                                      "how many ratings of the overall mean each movie is given "
                                      "before its own, in rating_bayesian_mean");
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::catalog
