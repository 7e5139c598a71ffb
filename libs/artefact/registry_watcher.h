// Keeps a service on the version that an alias names: asks the registry at start, every `poll`, and
// at once when Kafka announces a promotion; fetches what is new and hands it over. On any failure
// the last good model stays, and it tries again with back-off.
//
//   artefact::RegistryWatcher ranking(registry, {.model = "ranking"},
//                                     [&](auto model) { return models.Install(model); });
//   kafka::PartitionLog log({cluster, artefact::kModelsTopic}, FromTheEnd,
//                           artefact::AnnounceTo({&ranking, &rating}));
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "artefact/registry_client.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::kafka {
struct Message;
}

namespace marquee::artefact {

inline constexpr char kModelsTopic[] = "marquee.models.v1";

struct RegistryWatcherState;

struct RegistryWatcherConfig {
  std::string model;
  std::string alias = kChampion;
  // Hears how each attempt has ended, on the watcher's thread.
  std::function<void(const RegistryWatcherState&)> attempted = {};
  std::chrono::milliseconds poll{30'000};  // announcements make it prompt; this makes it certain
  std::chrono::milliseconds min_backoff{200};
  std::chrono::milliseconds max_backoff{15'000};
};

struct RegistryWatcherState {
  std::optional<std::int64_t> version;  // installed
  // What the registry last said that the alias names: a version, or 0 for none; nothing until it
  // has answered once. "None" is its own answer ("alias_unset"): a registry that is away, or an
  // artefact that it has lost, is a failure.
  std::optional<std::int64_t> named;
  std::int64_t installs = 0;
  std::int64_t failures = 0;
  Status last;  // of the latest attempt; NotFound "alias_unset" while nothing was promoted

  // The registry named a version, and it couldn't be had.
  bool failed_to_fetch() const;
};

class RegistryWatcher {
 public:
  // Takes a fetched version into use. On the watcher's thread, never twice at once. An error counts
  // as a failure: it is tried again with back-off.
  using Install = std::function<Status(std::shared_ptr<const FetchedModel>)>;

  // Starts a thread; never blocks. `client` outlives it.
  RegistryWatcher(RegistryClient& client, RegistryWatcherConfig config, Install install);
  ~RegistryWatcher();  // as Stop()

  // A promotion was announced: asks the registry now. The registry's answer counts. Thread-safe.
  void Announced(const std::string& model, const std::string& alias, std::int64_t version);
  RegistryWatcherState state() const;
  void Stop();  // cancels a call or download in progress; waits for an Install. Idempotent

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A handler for kafka::PartitionLog on kModelsTopic: decodes ModelPromoted and tells the watchers,
// which outlive it. What can't be decoded is logged and left out.
std::function<void(const kafka::Message&)> AnnounceTo(std::vector<RegistryWatcher*> watchers);

}  // namespace marquee::artefact
