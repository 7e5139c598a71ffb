#include "rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "base/memory.h"
#include "base/periodic_task.h"
#include "logging/log.h"
#include "metrics/metrics.h"
#include "rpc/interceptor.h"
#include "rpc/process.h"
#include "rpc/service.h"

namespace marquee::rpc {
namespace {

constexpr char kLive[] = "live";
constexpr int kSpareThreads = 64;

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

struct Running {
  std::unique_ptr<Interceptor> interceptor;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

Result<Running> Start(const ServerConfig& config, const std::vector<ServiceBase*>& services,
                      token::Verifier& verifier, ServeHooks& hooks, metrics::Metrics& metrics) {
  static std::once_flag once;  // both must be set before the first server is built
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
  Running running;
  running.interceptor = std::make_unique<Interceptor>(verifier, hooks.check, hooks.keys,
                                                      hooks.audit, metrics, config.default_deadline,
                                                      config.max_threads, config.max_waiting);
  grpc::ServerBuilder builder;
  for (auto* service : services) {
    RETURN_IF_ERROR(service->Bind(*running.interceptor));
    builder.RegisterService(service);
  }
  builder.AddListeningPort(config.grpc_listen, grpc::InsecureServerCredentials(), &running.port);
  builder.SetMaxReceiveMessageSize(config.max_message_bytes);
  builder.SetMaxSendMessageSize(config.max_message_bytes);
  // Clients of a headless Service learn of new replicas when their connections end. In a rolling
  // upgrade the old replica and the new one are there together for minReadySeconds + drainSeconds
  // (20 s, helm/marquee/values.yaml): each client must come to ask in that time, and get an answer
  // that a DNS server hasn't kept from before. Calls in flight, streams above all, go on without a
  // bound but their own (GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS isn't set).
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);  // as in client.cpp
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT,
                             0);  // a port in use is an error, not a share
  grpc::ResourceQuota quota("marquee");
  // Each stream has a thread of gRPC's own; unary calls have Workers.
  quota.SetMaxThreads(config.max_threads + config.max_waiting + kSpareThreads);
  builder.SetResourceQuota(quota);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 4);
  running.server = builder.BuildAndStart();
  if (!running.server || running.port == 0) {
    return Error::Unavailable("listen_failed", "Can't listen on " + config.grpc_listen +
                                                   " (MARQUEE_GRPC_LISTEN): is the port in use?");
  }
  running.server->GetHealthCheckService()->SetServingStatus(kLive, true);
  return running;
}

// Has the keys that tokens are checked with fetched before the first call, and holds readiness up
// for that: for a while, since what is public needs none.
class KeyPrefetch {
 public:
  explicit KeyPrefetch(token::Verifier& verifier)
      : until_(std::chrono::steady_clock::now() + std::chrono::seconds{10}),
        task_(std::chrono::seconds{1},
              [this, &verifier](std::stop_token) -> std::optional<std::chrono::milliseconds> {
                if (verifier.Prefetch()) {
                  fetched_ = true;
                  return std::chrono::hours{24};
                }
                return std::nullopt;
              }) {}

  Status Check() const {
    if (fetched_ || std::chrono::steady_clock::now() >= until_) return {};
    return Error::Unavailable("keys_unavailable", "auth hasn't told its keys yet");
  }

 private:
  const std::chrono::steady_clock::time_point until_;
  std::atomic<bool> fetched_ = false;
  PeriodicTask task_;  // last: it uses the others
};

// Asks the checks every half second, sets health by them, and logs each change with its reason.
class ReadinessLoop {
 public:
  ReadinessLoop(grpc::Server& server, std::vector<ReadyCheck> checks, metrics::Metrics& metrics)
      : server_(server),
        checks_(std::move(checks)),
        gauge_(metrics.AddGauge("marquee_ready", "1 when the service is ready to answer.")) {
    server_.GetHealthCheckService()->SetServingStatus("", false);
    gauge_.Set(0);
    thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }
  ~ReadinessLoop() {
    thread_.request_stop();
    wake_.notify_all();
    thread_.join();
    server_.GetHealthCheckService()->SetServingStatus("", false);
    gauge_.Set(0);
  }

 private:
  void Run(std::stop_token stop) {
    IdleTrimmer memory;
    std::string last = "unknown";
    while (!stop.stop_requested()) {
      std::string why;
      for (const auto& check : checks_) {
        const auto status = check.check();
        if (!status.ok()) {
          why = check.name + ": " + status.error().message;
          break;
        }
      }
      if (why != last) {
        const bool ready = why.empty();
        server_.GetHealthCheckService()->SetServingStatus("", ready);
        gauge_.Set(ready ? 1 : 0);
        if (ready) {
          logging::Info("ready");
        } else {
          logging::Warning("not ready", {{"why", why}});
        }
        last = why;
      }
      memory.Tick();
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, std::chrono::milliseconds{500}, [] { return false; });
    }
  }

  grpc::Server& server_;
  std::vector<ReadyCheck> checks_;
  metrics::Gauge gauge_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

class MetricsEndpoint {
 public:
  explicit MetricsEndpoint(metrics::Metrics& metrics) : metrics_(metrics) {}
  ~MetricsEndpoint() { metrics_.Stop(); }
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

 private:
  metrics::Metrics& metrics_;
};

}  // namespace

ServerConfig ServerConfig::Read(config::Reader& reader, const std::string& default_grpc_listen,
                                const std::string& default_metrics_listen) {
  ServerConfig config;
  config.grpc_listen = reader.Address("MARQUEE_GRPC_LISTEN", default_grpc_listen,
                                      "where the service listens for gRPC");
  config.metrics_listen =
      reader.Address("MARQUEE_METRICS_LISTEN", default_metrics_listen, "where it serves /metrics");
  config.log_level = reader.String("MARQUEE_LOG_LEVEL", "info", "debug, info, warning or error");
  if (!logging::ParseLevel(config.log_level).ok()) {
    reader.Problem("MARQUEE_LOG_LEVEL",
                   "must be debug, info, warning or error, not \"" + config.log_level + "\"");
  }
  config.default_deadline = reader.Milliseconds("MARQUEE_RPC_DEFAULT_DEADLINE_MS", 10'000, 100,
                                                600'000, "the longest that a unary call may take");
  config.stop_grace = reader.Milliseconds("MARQUEE_STOP_GRACE_MS", 10'000, 0, 600'000,
                                          "how long calls in flight may take to end at a stop");
  config.max_message_bytes =
      static_cast<int>(reader.Int("MARQUEE_RPC_MAX_MESSAGE_BYTES", 8 << 20, 64 << 10, 256 << 20,
                                  "the largest message that is taken or sent"));
  config.max_threads = static_cast<int>(reader.Int(
      "MARQUEE_RPC_MAX_THREADS", 64, 4, 4096, "how many calls are handled at once; more wait"));
  config.max_waiting = static_cast<int>(
      reader.Int("MARQUEE_RPC_MAX_WAITING", 256, 0, 4096,
                 "how many calls wait for those; more are refused (503 by way of the gateway)"));
  return config;
}

void Prepare(const std::string& service, const ServerConfig& config) {
  TuneProcess();
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const auto level = logging::ParseLevel(config.log_level);
  logging::Init(service, level.ok() ? *level : logging::Level::kInfo);
}

int Serve(const ServerConfig& config, const std::vector<ServiceBase*>& services,
          token::Verifier& verifier, metrics::Metrics& metrics, std::vector<ReadyCheck> ready,
          ServeHooks hooks) {
  // Not longer than this call: what gauges ask for is the caller's, and ends with it.
  const MetricsEndpoint endpoint(metrics);
  const auto serving = metrics.Serve(config.metrics_listen);
  if (!serving.ok()) {
    logging::Error("start failed", {{"error", serving.error().message}});
    return 1;
  }
  for (const auto* service : services) {
    if (hooks.keys == nullptr && service->TakesIdempotencyKeys()) {
      logging::Error("start failed", {{"error", service->name() + " keeps no Idempotency-Keys"}});
      return 1;
    }
  }
  auto running = Start(config, services, verifier, hooks, metrics);
  if (!running.ok()) {
    logging::Error("start failed", {{"error", running.error().message}});
    return 1;
  }
  logging::Info("listening", {{"grpc", config.grpc_listen}, {"metrics", config.metrics_listen}});
  {
    const KeyPrefetch keys(verifier);
    ready.push_back({"access tokens", [&keys] { return keys.Check(); }});
    const ReadinessLoop readiness(*running->server, std::move(ready), metrics);
    const sigset_t signals = StopSignals();
    int signal = 0;
    sigwait(&signals, &signal);
    logging::Info("stopping", {{"signal", signal}});
  }
  if (hooks.stopping) hooks.stopping();
  running->server->Shutdown(SystemClock().Now() + config.stop_grace);
  running->server->Wait();
  logging::Info("stopped");
  return 0;
}

struct TestServer::Impl {
  Running running;
};

TestServer::TestServer(const std::vector<ServiceBase*>& services, token::Verifier& verifier,
                       metrics::Metrics& metrics, ServeHooks hooks, const std::string& listen)
    : impl_(std::make_unique<Impl>()) {
  ServerConfig config;
  config.grpc_listen = listen;
  config.default_deadline = std::chrono::seconds{10};
  config.max_message_bytes = 8 << 20;
  config.max_threads = 16;
  config.max_waiting = 64;
  auto running = Start(config, services, verifier, hooks, metrics);
  if (!running.ok()) throw std::runtime_error(running.error().ToString());
  impl_->running = std::move(*running);
  impl_->running.server->GetHealthCheckService()->SetServingStatus("", true);
}

TestServer::~TestServer() {
  impl_->running.server->Shutdown(SystemClock().Now());
  impl_->running.server->Wait();
}

std::string TestServer::address() const {
  return "127.0.0.1:" + std::to_string(impl_->running.port);
}

}  // namespace marquee::rpc
