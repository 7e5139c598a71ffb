#include "gateway/config.h"

#include "config/config.h"
#include "logging/log.h"

namespace marquee::gateway {
namespace {

struct Service {
  const char* key;  // of its proto package: "ratings" of marquee.ratings.v1
  const char* name;
  const char* variable;
};
// Made of deploy/suite.yaml by CMakeLists.txt.
constexpr Service kServices[] = {
#include "services.inc"
};

// Below every time-out of the server and of nginx, so that it is the call that ends first.
constexpr std::int64_t kMostDeadlineMs = 20'000;

}  // namespace

Result<Config> Config::FromEnv(const config::Environment& environment) {
  config::Reader reader(environment);
  Config config;
  config.http.listen =
      reader.Address("MARQUEE_GATEWAY_LISTEN", "127.0.0.1:8081",
                     "where the gateway listens for HTTP: on loopback, behind nginx");
  config.http.threads = static_cast<int>(reader.Int(
      "MARQUEE_GATEWAY_THREADS", 1, 1, 64, "threads that read requests and write answers"));
  config.http.max_body_bytes = static_cast<std::size_t>(
      reader.Int("MARQUEE_GATEWAY_MAX_BODY_BYTES", (2 << 20) + 4096, 1024, 64 << 20,
                 "the largest body: a poster of 2 MiB and a margin, which lets the catalogue say "
                 "what it takes"));
  config.gateway.max_json_bytes = static_cast<std::size_t>(reader.Int(
      "MARQUEE_GATEWAY_MAX_JSON_BYTES", 1 << 20, 1024, 64 << 20, "the largest JSON body"));
  config.gateway.deadline =
      reader.Milliseconds("MARQUEE_GATEWAY_DEADLINE_MS", 5'000, 50, kMostDeadlineMs,
                          "the deadline of each call to a service");
  config.gateway.fallback_after =
      reader.Milliseconds("MARQUEE_GATEWAY_FALLBACK_AFTER_MS", 2'000, 50, kMostDeadlineMs,
                          "how long a service that another can stand in for may take to answer");
  config.gateway.max_callers = static_cast<std::size_t>(
      reader.Int("MARQUEE_GATEWAY_MAX_CALLERS", 100'000, 1, 10'000'000,
                 "callers whose latest write is remembered, so that their reads see it"));
  config.service_secret =
      reader.Secret("MARQUEE_SERVICE_SECRET", std::nullopt, "by which auth knows this service");
  config.api_keys.fresh = reader.Milliseconds(
      "MARQUEE_GATEWAY_API_KEY_FRESH_MS", 2'000, 0, 60'000,
      "how long an API key goes on working after it was revoked: so often auth is asked of it");
  const auto window = reader.Milliseconds(
      "MARQUEE_GATEWAY_LIMIT_WINDOW_MS", 10'000, 1'000, 3'600'000,
      "the time that quotas are of: a whole one may go at once, and comes back over that time");
  config.gateway.limits.user = {
      reader.Int("MARQUEE_GATEWAY_USER_REQUESTS", 1'000, 0, 10'000'000,
                 "requests of one person in a window, over all gateways; 0: as many as they like"),
      window};
  config.gateway.limits.api_key = {
      reader.Int("MARQUEE_GATEWAY_API_KEY_REQUESTS", 1'000, 0, 10'000'000,
                 "requests by one API key in a window, over all gateways; 0: as many as it likes"),
      window};
  config.peers = reader.String(
      "MARQUEE_GATEWAY_PEERS", "",
      "a host name with one address for each gateway, by which each knows its part of the quotas; "
      "empty: there is one gateway");
  config.metrics_listen =
      reader.Address("MARQUEE_METRICS_LISTEN", "127.0.0.1:9081", "where it serves /metrics");
  config.log_level = reader.String("MARQUEE_LOG_LEVEL", "info", "debug, info, warning or error");
  if (!logging::ParseLevel(config.log_level).ok()) {
    reader.Problem("MARQUEE_LOG_LEVEL",
                   "must be debug, info, warning or error, not \"" + config.log_level + "\"");
  }
  config.swagger_dir =
      reader.String("MARQUEE_GATEWAY_SWAGGER_DIR", "",
                    "folder of the npm package swagger-ui-dist, for /docs; none when empty");
  config.stop_grace = reader.Milliseconds("MARQUEE_STOP_GRACE_MS", 10'000, 0, 600'000,
                                          "how long requests in flight may take to end at a stop");
  for (const auto& [key, name, variable] : kServices) {
    config.addresses[key] =
        reader.Address(variable, std::nullopt, std::string("where ") + name + " is");
  }
  RETURN_IF_ERROR(reader.Finish());
  return config;
}

}  // namespace marquee::gateway
