#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "kafka/producer.h"
#include "pg/pool.h"
#include "rating-ingest/app/applied_positions.h"
#include "rating-ingest/consume/writer.h"
#include "rpc/server.h"

namespace marquee::rating_ingest {

struct Config {
  rpc::ServerConfig server;
  bool front = false;   // answers rpcs
  bool writer = false;  // applies the log to PostgreSQL
  pg::PoolConfig database;
  pg::PoolConfig
      writer_database;  // of its own: imports never keep readers waiting for a connection
  kafka::ProducerConfig producer;
  WriterConfig writing;
  std::chrono::milliseconds catalog_timeout{};
  std::string catalog_address;
  std::string auth_address;
  std::string export_next;
  std::chrono::milliseconds produce_timeout{};
  AppliedPositions::Options reads;

  static Result<Config> FromEnv(const config::Environment& environment);
};

}  // namespace marquee::rating_ingest
