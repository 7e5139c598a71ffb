// How every service runs: the gRPC server with health, reflection, keep-alive and a maximum
// connection age, /metrics, readiness that tells the truth, and a graceful stop on SIGTERM or
// SIGINT.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "rpc/call.h"
#include "token/token.h"

namespace marquee::metrics {
class Metrics;
}

namespace marquee::rpc {

class ServiceBase;
class IdempotencyStore;

struct ServerConfig {
  std::string grpc_listen;     // MARQUEE_GRPC_LISTEN
  std::string metrics_listen;  // MARQUEE_METRICS_LISTEN
  std::string log_level;       // MARQUEE_LOG_LEVEL
  std::chrono::milliseconds
      default_deadline{};  // MARQUEE_RPC_DEFAULT_DEADLINE_MS: for callers that set none
  std::chrono::milliseconds stop_grace{};  // MARQUEE_STOP_GRACE_MS: for calls in flight at the stop
  int max_message_bytes = 0;               // MARQUEE_RPC_MAX_MESSAGE_BYTES
  int max_threads = 0;                     // MARQUEE_RPC_MAX_THREADS: calls handled at once
  int max_waiting = 0;                     // MARQUEE_RPC_MAX_WAITING: calls that wait for those

  static ServerConfig Read(config::Reader& reader, const std::string& default_grpc_listen,
                           const std::string& default_metrics_listen);
};

// Readiness: nothing when ready, or why not. Called every half second on one thread; must not block
// longer than that.
struct ReadyCheck {
  std::string name;
  std::function<Status()> check;
};

// First thing in main, before any thread starts: blocks SIGTERM and SIGINT for the whole program
// (Serve waits for them), ignores SIGPIPE, tunes the process (rpc/process.h), sets up logging.
void Prepare(const std::string& service, const ServerConfig& config);

// What a service may add to how it is served.
struct ServeHooks {
  CallerCheck check = {};               // corrects what tokens say of their holders
  IdempotencyStore* keys = nullptr;     // needed where an rpc takes an Idempotency-Key
  AuditSink audit = {};                 // needed where an rpc has the option `audit`
  std::function<void()> stopping = {};  // before calls in flight are waited for
};

// Serves until SIGTERM or SIGINT; then tells health NOT_SERVING, calls `stopping`, lets calls in
// flight end (at most stop_grace), and returns the exit status for main: 0 after a graceful stop, 1
// when it couldn't listen. Long-running handlers (streams) see Call::Cancelled() once the grace is
// over. gRPC health: "" is readiness, "live" is always SERVING.
int Serve(const ServerConfig& config, const std::vector<ServiceBase*>& services,
          token::Verifier& verifier, metrics::Metrics& metrics, std::vector<ReadyCheck> ready,
          ServeHooks hooks = {});

// The same server for tests: starts at construction on the given address (port 0 picks one), stops
// at destruction, no signals.
class TestServer {
 public:
  TestServer(const std::vector<ServiceBase*>& services, token::Verifier& verifier,
             metrics::Metrics& metrics, ServeHooks hooks = {},
             const std::string& listen = "127.0.0.1:0");
  ~TestServer();
  std::string address() const;  // "127.0.0.1:41234"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::rpc
