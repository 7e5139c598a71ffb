// What marquee-auth reads from its environment.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "auth/app/provider_config.h"
#include "auth/app/service_tokens.h"
#include "auth/clients/smtp_mailer.h"
#include "auth/crypto/hash_gate.h"
#include "auth/domain/network.h"
#include "auth/erasing.h"
#include "config/config.h"
#include "kafka/producer.h"
#include "pg/pool.h"
#include "rpc/server.h"

namespace marquee::auth {

struct MailConfig {
  SmtpConfig smtp;
  std::string link_base;  // https://marquee.example, without a slash at its end
};

struct Config {
  rpc::ServerConfig server;
  pg::PoolConfig database;
  pg::PoolConfig outbox_database;  // a connection of its own: it is held while Kafka is waited for
  ErasingConfig erasing;
  std::string export_next;
  kafka::ProducerConfig kafka;
  std::string key_encryption_secret;
  std::string bootstrap_secret;  // empty: there is no bootstrapping
  ServiceSecrets service_secrets;
  std::string issuer;  // https://host, as browsers know it; empty: there is no OAuth 2
  std::vector<ProviderConfig> providers;  // none unless there is an issuer
  std::string providers_ca;               // PEM; empty: the system's
  std::chrono::hours audit_kept{};
  std::vector<Network> networks_of_many;
  HashGateLimits hashing;
  std::optional<MailConfig> mail;  // nullopt: none is sent

  static Result<Config> FromEnv(const config::Environment& environment);
};

}  // namespace marquee::auth
