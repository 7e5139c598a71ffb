// What marquee-reviews reads from its environment.
#pragma once

#include <string>

#include "config/config.h"
#include "kafka/producer.h"
#include "pg/pool.h"
#include "rpc/server.h"

namespace marquee::reviews {

struct Config {
  rpc::ServerConfig server;
  pg::PoolConfig database;
  pg::PoolConfig erasures_database;  // the consumer never waits for the calls' connections
  kafka::ProducerConfig kafka;
  std::string auth_address;
  std::string catalog_address;
  std::string export_next;

  static Result<Config> FromEnv(const config::Environment& environment);
};

}  // namespace marquee::reviews
