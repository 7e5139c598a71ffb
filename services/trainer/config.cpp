#include "trainer/config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/uuid.h"
#include "models/registry.h"

namespace marquee::trainer {
namespace {

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::string Joined(std::span<const std::string_view> names) {
  std::string joined;
  for (const auto name : names) joined += (joined.empty() ? "" : ", ") + std::string(name);
  return joined;
}

void ReadConnections(config::Reader& reader, Config& config) {
  config.database.uri =
      reader.Secret("MARQUEE_POSTGRES_URI", std::nullopt, "The trainer's database, postgresql://…");
  config.database.max_connections = static_cast<int>(reader.Int(
      "MARQUEE_POSTGRES_MAX_CONNECTIONS", 8, 3, 100, "Connections to PostgreSQL at most"));
  config.database.application_name = "marquee-trainer";
  config.kafka = kafka::ClusterConfig::Read(reader, "marquee-trainer");
  config.auth_address = reader.Address("MARQUEE_AUTH_ADDRESS", "127.0.0.1:50051", "auth, gRPC");
  config.ratings_address =
      reader.Address("MARQUEE_RATING_INGEST_ADDRESS", "127.0.0.1:50053", "rating-ingest, gRPC");
  config.registry_address =
      reader.Address("MARQUEE_REGISTRY_ADDRESS", "127.0.0.1:50057", "registry, gRPC");
  config.job.transfer_timeout = reader.Milliseconds(
      "MARQUEE_TRAINER_REGISTER_TIMEOUT_MS", config.job.transfer_timeout.count(), 1'000, 86'400'000,
      "Deadline for handing one model to the registry");
  config.service_secret =
      reader.Secret("MARQUEE_SERVICE_SECRET", std::nullopt, "By which auth knows this service");
}

void ReadJob(config::Reader& reader, Config& config) {
  for (const models::Task& task : models::TasksOfRatings()) {
    std::string variable = "MARQUEE_TRAINER_" + std::string(task.name) + "_ALGORITHM";
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    auto algorithm =
        reader.String(variable, "auto",
                      "How the " + std::string(task.name) +
                          " model is trained: an algorithm, several joined by "
                          "+, or auto, the first of " +
                          Joined(task.algorithms) + " that the catalogue's size allows");
    const auto its_task = models::TaskOf(algorithm);
    if (algorithm != "auto" && !its_task.ok())
      reader.Problem(variable, its_task.error().message);
    else if (algorithm != "auto" && *its_task != task.name)
      reader.Problem(variable, "is an algorithm for " + std::string(*its_task));
    config.job.training.algorithms.emplace(task.name, std::move(algorithm));
  }
  config.job.training.threads = static_cast<int>(
      reader.Int("MARQUEE_TRAINER_THREADS", 0, 0, 1'024, "Threads that train; 0: all cores"));
  auto& search = config.job.training.search;
  search.trials = static_cast<int>(
      reader.Int("MARQUEE_TRAINER_SEARCH_TRIALS", search.trials, 0, 10'000,
                 "Sets of options that a run tries on the ratings that it trains on; below 2: the "
                 "options' start is taken"));
  search.liked_share =
      static_cast<double>(reader.Int(
          "MARQUEE_TRAINER_SEARCH_LIKED_PERCENT", 50, 0, 100,
          "What liked movies count for in what the search goes by, beside all that were watched; "
          "more: fewer disliked movies in lists, and fewer that would have been watched all the "
          "same")) /
      100;
  search.seconds = static_cast<double>(reader.Int(
      "MARQUEE_TRAINER_SEARCH_SECONDS", 600, 0, 86'400,
      "After so long a run tries no more and takes the best; 0: no limit, and the result "
      "doesn't depend on the machine"));
  config.job.training.split_seed = static_cast<std::uint64_t>(
      reader.Int("MARQUEE_TRAINER_SPLIT_SEED", 1, 0, 1LL << 62,
                 "Chooses the held-out data; champions are only comparable under the same"));
  config.job.min_ratings = reader.Int("MARQUEE_TRAINER_MIN_RATINGS", config.job.min_ratings, 20,
                                      1'000'000'000, "A run with fewer ratings is skipped");
  config.ratings.max_ratings =
      reader.Int("MARQUEE_TRAINER_MAX_RATINGS", config.ratings.max_ratings, 20, 2'000'000'000,
                 "A run with more ratings fails; each takes about 60 bytes of memory");
  config.ratings.timeout =
      reader.Milliseconds("MARQUEE_TRAINER_EXPORT_TIMEOUT_MS", config.ratings.timeout.count(),
                          1'000, 86'400'000, "Deadline for the export of all ratings");
  config.job.scratch =
      reader.String("MARQUEE_TRAINER_SCRATCH_DIR", "/var/lib/marquee/scratch",
                    "Folder of this process alone, where models lie until the registry has them");
  config.artefact_dir =
      reader.String("MARQUEE_ARTEFACT_DIR", "/var/lib/marquee/artefacts",
                    "Folder of the artefacts that the trainer kept before there was a registry, "
                    "which takes them over; it needn't be there");
}

void ReadRuns(config::Reader& reader, Config& config) {
  config.trainer.heartbeat =
      reader.Milliseconds("MARQUEE_TRAINER_HEARTBEAT_MS", 1'000, 50, 60'000,
                          "How often a run says that it lives, and how far it is");
  config.heartbeat_expiry =
      reader.Milliseconds("MARQUEE_TRAINER_HEARTBEAT_EXPIRY_MS", 30'000, 500, 3'600'000,
                          "A run without a heartbeat for this long counts as dead");
  if (config.heartbeat_expiry < 3 * config.trainer.heartbeat)
    reader.Problem("MARQUEE_TRAINER_HEARTBEAT_EXPIRY_MS",
                   "must be at least three times MARQUEE_TRAINER_HEARTBEAT_MS");
  config.housekeeping.interval =
      reader.Milliseconds("MARQUEE_TRAINER_INTERVAL_MS", 0, 0, 31'536'000'000,
                          "Time between the starts of scheduled runs; 0: no schedule");
  config.housekeeping.tick =
      std::min(config.heartbeat_expiry / 2, std::chrono::milliseconds{5'000});
  if (config.housekeeping.interval.count() > 0)
    config.housekeeping.tick = std::min(config.housekeeping.tick, config.housekeeping.interval);
  auto instance =
      reader.String("MARQUEE_TRAINER_INSTANCE", "",
                    "This replica's name, the same after a restart (empty: host and port)");
  if (instance.empty()) instance = HostName() + "/" + config.server.grpc_listen;
  config.trainer.owner = {instance, Uuid::V7(SystemClock().Now()).ToString()};
}

}  // namespace

Result<Config> Config::FromEnv(const config::Environment& environment,
                               const std::string& code_version) {
  config::Reader reader(environment);
  Config config;
  config.server = rpc::ServerConfig::Read(reader, "0.0.0.0:50054", "0.0.0.0:9054");
  ReadConnections(reader, config);
  ReadJob(reader, config);
  ReadRuns(reader, config);
  config.job.code_version = reader.String(
      "MARQUEE_CODE_VERSION", "", "What model cards name as code version (empty: this build's)");
  if (config.job.code_version.empty()) config.job.code_version = code_version;
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::trainer
