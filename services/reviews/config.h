// What marquee-reviews reads from its environment.
#pragma once

#include <string>

#include "config/config.h"
#include "kafka/types.h"
#include "pg/pool.h"
#include "rpc/server.h"

namespace marquee::reviews {

struct Config {
  rpc::ServerConfig server;
  pg::PoolConfig database;
  kafka::ClusterConfig kafka;
  std::string auth_address;
  std::string catalog_address;

  static Result<Config> FromEnv(const config::Environment& environment);
};

}  // namespace marquee::reviews
