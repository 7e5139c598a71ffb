// The trainer's configuration, from the environment.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "kafka/types.h"
#include "pg/pool.h"
#include "rpc/server.h"
#include "trainer/app/housekeeping.h"
#include "trainer/app/trainer.h"
#include "trainer/app/training_job.h"
#include "trainer/clients/ratings_client.h"
#include "trainer/clients/registry_client.h"

namespace marquee::trainer {

struct Config {
  rpc::ServerConfig server;
  pg::PoolConfig database;
  kafka::ClusterConfig kafka;
  std::string auth_address;
  std::string ratings_address;
  std::string registry_address;
  std::string service_secret;
  RatingsClientOptions ratings;
  RegistryClientOptions registry;
  std::filesystem::path artefact_dir;  // of the time when the trainer was the registry
  JobOptions job;
  TrainerOptions trainer;
  std::chrono::milliseconds heartbeat_expiry{};
  HousekeepingOptions housekeeping;

  // All problems at once; `code_version` is what the build calls itself.
  static Result<Config> FromEnv(const config::Environment& environment,
                                const std::string& code_version);
};

}  // namespace marquee::trainer
