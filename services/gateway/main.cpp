#include <csignal>

#include "config/config.h"
#include "gateway/app.h"
#include "logging/log.h"
#include "metrics/metrics.h"
#include "rpc/process.h"

using namespace marquee;  // NOLINT(google-build-using-namespace): a program, not a header

int main(int argc, char** argv) {
  if (const auto status = config::AnswerArguments(argc, argv, gateway::Config::FromEnv))
    return *status;
  rpc::TuneProcess();
  // Before any thread starts: the signals are waited for below.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const auto config = gateway::Config::FromEnv(config::SystemEnvironment());
  if (!config.ok()) return config::Fatal(config.error());
  logging::Init("gateway", *logging::ParseLevel(config->log_level));
  metrics::Metrics metrics;
  if (const auto served = metrics.Serve(config->metrics_listen); !served.ok())
    return config::Fatal(served.error());
  const auto app = gateway::App::Start(*config, metrics);
  if (!app.ok()) return config::Fatal(app.error());

  int signal = 0;
  sigwait(&stop, &signal);
  logging::Info("stopping", {{"signal", signal}, {"in_flight", (*app)->in_flight()}});
  const bool answered = (*app)->Stop(config->stop_grace);
  logging::Info("stopped", {{"all_answered", answered}});
  return 0;
}
