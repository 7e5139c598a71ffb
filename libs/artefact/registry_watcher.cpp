#include "artefact/registry_watcher.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "kafka/types.h"
#include "logging/log.h"
#include "marquee/events/v1/events.pb.h"
#include "tracing/trace.h"

namespace marquee::artefact {

namespace {

bool Unset(const Error& error) {
  return error.code == Code::kNotFound && error.reason == "alias_unset";
}

}  // namespace

bool RegistryWatcherState::failed_to_fetch() const {
  return named.value_or(0) > 0 && !last.ok() && !Unset(last.error());
}

struct RegistryWatcher::Impl {
  RegistryClient& client;
  RegistryWatcherConfig config;
  Install install;

  mutable std::mutex mutex;
  std::condition_variable_any wake;
  bool announced = false;
  RegistryWatcherState state;
  std::string sha256;  // of the version in use
  std::jthread thread;

  Impl(RegistryClient& registry, RegistryWatcherConfig settings, Install taker)
      : client(registry), config(std::move(settings)), install(std::move(taker)) {
    thread = std::jthread([this](std::stop_token stop) { Run(stop); });
  }

  void Run(const std::stop_token& stop) {
    auto backoff = config.min_backoff;
    while (!stop.stop_requested()) {
      const tracing::Scope scope(tracing::TraceContext::New());
      {
        const std::lock_guard lock(mutex);
        announced = false;
      }
      auto outcome = Step(stop);
      if (stop.stop_requested()) return;
      // No promotion yet is no failure: the first one will be announced.
      const bool failed = !outcome.ok() && !Unset(outcome.error());
      if (failed)
        logging::Warning("model not refreshed: the last one stays",
                         {{"model", config.model}, {"error", outcome.error().ToString()}});
      std::unique_lock lock(mutex);
      state.last = std::move(outcome);
      if (failed) ++state.failures;
      if (config.attempted) {
        const auto now = state;
        lock.unlock();
        config.attempted(now);
        lock.lock();
      }
      const auto pause = failed ? backoff : config.poll;
      backoff = failed ? std::min(backoff * 2, config.max_backoff) : config.min_backoff;
      // While things fail an announcement doesn't shorten the wait: it would hammer the registry.
      wake.wait_for(lock, stop, pause, [&] { return announced && !failed; });
    }
  }

  void Named(std::int64_t version) {
    const std::lock_guard lock(mutex);
    state.named = version;
  }

  Status Step(const std::stop_token& stop) {
    auto answer = client.GetAlias(config.model, config.alias, stop);
    if (!answer.ok()) {
      if (Unset(answer.error())) Named(0);
      return std::move(answer).error();
    }
    const auto version = *std::move(answer);
    Named(version.version);
    {
      const std::lock_guard lock(mutex);
      // By its content too: a registry that was set up anew counts from 1 again.
      if (state.version == version.version && sha256 == version.sha256) return {};
    }
    ASSIGN_OR_RETURN(auto model, client.Fetch(version, stop));
    RETURN_IF_ERROR(install(std::make_shared<const FetchedModel>(std::move(model))));
    logging::Info("model in use", {{"model", version.model},
                                   {"version", version.version},
                                   {"sha256", version.sha256},
                                   {"bytes", version.size_bytes}});
    const std::lock_guard lock(mutex);
    state.version = version.version;
    sha256 = version.sha256;
    ++state.installs;
    return {};
  }
};

RegistryWatcher::RegistryWatcher(RegistryClient& client, RegistryWatcherConfig config,
                                 Install install)
    : impl_(std::make_unique<Impl>(client, std::move(config), std::move(install))) {}

RegistryWatcher::~RegistryWatcher() { Stop(); }

void RegistryWatcher::Stop() {
  impl_->thread.request_stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void RegistryWatcher::Announced(const std::string& model, const std::string& alias, std::int64_t) {
  if (model != impl_->config.model || alias != impl_->config.alias) return;
  {
    // Even for the version in use: another one may be on its way in, and this a rollback.
    const std::lock_guard lock(impl_->mutex);
    impl_->announced = true;
  }
  impl_->wake.notify_one();
}

RegistryWatcherState RegistryWatcher::state() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->state;
}

std::function<void(const kafka::Message&)> AnnounceTo(std::vector<RegistryWatcher*> watchers) {
  return [watchers = std::move(watchers)](const kafka::Message& message) {
    events::v1::ModelPromoted promoted;
    if (!promoted.ParseFromString(message.value)) {
      logging::Warning("model announcement can't be decoded", {{"offset", message.offset}});
      return;
    }
    for (auto* watcher : watchers)
      watcher->Announced(promoted.model(), promoted.alias(), promoted.version());
  };
}

}  // namespace marquee::artefact
