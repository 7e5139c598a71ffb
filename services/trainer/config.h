// The trainer's configuration, from the environment.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "kafka/producer.h"
#include "pg/pool.h"
#include "rpc/server.h"
#include "trainer/app/housekeeping.h"
#include "trainer/app/trainer.h"
#include "trainer/app/training_job.h"
#include "trainer/clients/ratings_client.h"

namespace marquee::trainer {

struct TrainerConfig {
  rpc::ServerConfig server;
  pg::PoolConfig database;
  kafka::ProducerConfig kafka;
  std::string models_topic;
  std::chrono::milliseconds announce_poll{};
  std::string auth_address;
  std::string ratings_address;
  std::string service_secret;
  RatingsClientSettings ratings;
  std::filesystem::path artefact_dir;
  JobSettings job;
  TrainerSettings trainer;
  std::chrono::milliseconds heartbeat_expiry{};
  HousekeepingSettings housekeeping;

  // All problems at once; `code_version` is what the build calls itself.
  static Result<TrainerConfig> FromEnv(const config::Environment& environment,
                                       const std::string& code_version);
};

}  // namespace marquee::trainer
