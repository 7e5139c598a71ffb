// The gateway's configuration.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/result.h"
#include "gateway/clients/api_key_trader.h"
#include "gateway/gateway.h"
#include "gateway/http/server.h"

namespace marquee::config {
class Environment;
}

namespace marquee::gateway {

struct Config {
  http::ServerOptions http;
  GatewayOptions gateway;
  ApiKeyTraderOptions api_keys;
  std::string peers;  // a name with an address for each gateway; empty: this is the only one
  std::string service_secret;
  std::string metrics_listen;
  std::string log_level;
  std::string swagger_dir;                       // empty: no /docs
  std::map<std::string, std::string> addresses;  // service key → address
  std::chrono::milliseconds stop_grace{};

  static Result<Config> FromEnv(const config::Environment& environment);
};

}  // namespace marquee::gateway
