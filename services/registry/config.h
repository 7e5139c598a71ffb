// What marquee-registry reads from its environment.
#pragma once

#include <chrono>
#include <string>

#include "config/config.h"
#include "kafka/producer.h"
#include "pg/pool.h"
#include "registry/app/housekeeping.h"
#include "registry/app/registry.h"
#include "registry/rpc/registry_handler.h"
#include "rpc/server.h"

namespace marquee::registry {

struct Config {
  rpc::ServerConfig server;
  pg::PoolConfig database;
  kafka::ProducerConfig kafka;
  std::string models_topic;
  std::chrono::milliseconds announce_poll{};
  std::string auth_address;
  UploadOptions uploads;
  RegistryOptions registry;
  HousekeepingOptions housekeeping;

  // All problems at once.
  static Result<Config> FromEnv(const config::Environment& environment);
};

}  // namespace marquee::registry
