// What the environment says. Every variable is documented where it is read.
#pragma once

#include <chrono>
#include <string>

#include "artefact/registry_client.h"
#include "base/result.h"
#include "config/config.h"
#include "kafka/types.h"
#include "recommender/app/histories.h"
#include "recommender/clients/champions.h"
#include "recommender/domain/history_store.h"
#include "rpc/server.h"

namespace marquee::recommender {

struct Config {
  // INVALID_ARGUMENT with all problems.
  static Result<Config> FromEnv(const config::Environment& environment);

  rpc::ServerConfig server;
  kafka::ClusterConfig kafka;
  std::string auth_address;
  std::string ratings_address;
  std::string registry_address;
  std::string service_secret;
  artefact::RegistryClientConfig registry;
  Champions::Options champions;
  HistoryStore::Options store;
  Histories::Options histories;
  std::chrono::milliseconds log_patience{30'000};
};

}  // namespace marquee::recommender
