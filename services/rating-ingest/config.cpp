#include "rating-ingest/config.h"

#include <algorithm>
#include <sstream>

#include "ratings/topics.h"

namespace marquee::rating_ingest {
namespace {

// Of before; whoever still sets one is told, since it would change nothing.
constexpr const char* kFormer[] = {"ROLES",       "LINGER_MS",          "DELIVERY_TIMEOUT_MS",
                                   "GROUP",       "PRODUCE_TIMEOUT_MS", "SESSION_TIMEOUT_MS",
                                   "INSTANCE_ID", "BATCH_MESSAGES",     "CATALOG_TIMEOUT_MS",
                                   "READ_WAIT_MS"};

constexpr char kRoles[] = "MARQUEE_RATING_INGEST_ROLES";

void ReadRoles(config::Reader& reader, Config& config) {
  std::istringstream roles(reader.String(kRoles, "front,writer",
                                         "what this process does, comma-separated: front, writer"));
  for (std::string role; std::getline(roles, role, ',');) {
    if (role == "front") {
      config.front = true;
    } else if (role == "writer") {
      config.writer = true;
    } else {
      reader.Problem(kRoles, "knows the roles front and writer, not '" + role + "'");
    }
  }
  if (!config.front && !config.writer) reader.Problem(kRoles, "must name a role");
}

}  // namespace

Result<Config> Config::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  Config config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:50053", "0.0.0.0:9053");
  ReadRoles(reader, config);

  config.database.uri =
      reader.Secret("MARQUEE_POSTGRES_URI", std::nullopt, "its database: postgresql://…");
  config.database.max_connections = static_cast<int>(
      reader.Int("MARQUEE_POSTGRES_CONNECTIONS", 8, 1, 200, "connections that calls share"));
  config.database.acquire_timeout =
      reader.Milliseconds("MARQUEE_POSTGRES_ACQUIRE_TIMEOUT_MS", 2'000, 1, 60'000,
                          "how long a call waits for a connection");
  config.database.application_name = "marquee-rating-ingest";
  config.writer_database = config.database;
  // Ratings go to Kafka: the front takes them while the database takes no writes.
  config.database.needs_writes = false;
  config.writer_database.max_connections = 3;
  config.writer_database.application_name = "marquee-rating-ingest-writer";

  config.producer.cluster = kafka::ClusterConfig::Read(reader, "marquee-rating-ingest");
  config.producer.linger =
      reader.Milliseconds("MARQUEE_RATING_INGEST_LINGER_MS", 2, 0, 1'000,
                          "how long a rating waits for company on its way to Kafka");
  config.producer.delivery_timeout =
      reader.Milliseconds("MARQUEE_RATING_INGEST_DELIVERY_TIMEOUT_MS", 10'000, 1'000, 300'000,
                          "until Kafka must have acknowledged");

  config.produce_timeout =
      reader.Milliseconds("MARQUEE_RATING_INGEST_PRODUCE_TIMEOUT_MS", 3'000, 50, 60'000,
                          "how long a rating's caller waits for Kafka");
  config.writing.consumer.service = "rating_ingest";
  config.writing.erasures = {.cluster = config.producer.cluster, .service = "rating-ingest"};
  auto& consumer = config.writing.consumer.consumer;
  consumer.cluster = config.producer.cluster;
  consumer.topic = std::string(ratings::kRatingsTopic);
  consumer.group = reader.String("MARQUEE_RATING_INGEST_GROUP", "marquee-rating-ingest",
                                 "the writers' consumer group");
  consumer.instance_id =
      reader.String("MARQUEE_RATING_INGEST_INSTANCE_ID", "",
                    "this writer's name in the group, if it keeps one over restarts");
  consumer.batch_messages =
      static_cast<int>(reader.Int("MARQUEE_RATING_INGEST_BATCH_MESSAGES", 5'000, 1, 200'000,
                                  "events applied in one transaction at most"));
  consumer.session_timeout =
      reader.Milliseconds("MARQUEE_RATING_INGEST_SESSION_TIMEOUT_MS", 6'000, 6'000, 300'000,
                          "a writer that was silent for this long loses its partitions");

  config.catalog_timeout = reader.Milliseconds(
      "MARQUEE_RATING_INGEST_CATALOG_TIMEOUT_MS", 500, 10, 60'000,
      "for asking catalog about a movie that marquee.movies.v1 doesn't have (yet)");
  config.catalog_address =
      reader.Address("MARQUEE_CATALOG_ADDRESS", "127.0.0.1:50052", "catalog, gRPC");
  config.auth_address = reader.Address("MARQUEE_AUTH_ADDRESS", "127.0.0.1:50051", "auth, gRPC");
  config.export_next = reader.String("MARQUEE_EXPORT_NEXT", "",
                                     "the route at which a person's export goes on after this "
                                     "service's part; none when empty");
  config.reads.most_wait =
      reader.Milliseconds("MARQUEE_RATING_INGEST_READ_WAIT_MS", 1'000, 0, 60'000,
                          "how long a read waits for its caller's own writes");
  // A few of the calls that are handled at once.
  config.reads.most_waiting = std::max(1, config.server.max_threads / 8);
  for (const std::string name : kFormer) {
    if (environment.Get("MARQUEE_INGEST_" + name).has_value())
      reader.Problem("MARQUEE_INGEST_" + name, "is called MARQUEE_RATING_INGEST_" + name + " now");
  }
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::rating_ingest
