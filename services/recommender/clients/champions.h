// Keeps the champions of all tasks in use: as the registry says at start, when Kafka
// announces a promotion, and every so often; from the local cache at start, when the registry is
// away.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "artefact/registry_client.h"
#include "artefact/registry_watcher.h"
#include "base/clock.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "recommender/app/serving.h"

namespace marquee::kafka {
struct ClusterConfig;
class PartitionLog;
}  // namespace marquee::kafka

namespace marquee::recommender {

class Champions {
 public:
  struct Options {
    std::filesystem::path
        cache_dir;  // the registry client's; which champions were last in use is noted there
    std::chrono::milliseconds poll{30'000};
  };

  // Loads what was last in use (reads files, no network), then starts to watch. `registry` and
  // `serving` outlive it. `cluster` nullptr: no announcements, only polls.
  Champions(artefact::RegistryClient& registry, Options options,
            const kafka::ClusterConfig* cluster, ServingHolder& serving, const Clock& clock,
            metrics::Metrics& metrics);
  ~Champions();  // as Stop()
  void Stop();

  // OK when some task's model is in use or the registry has said that there is none. Unavailable
  // "model_unknown" while it hasn't answered: whether there is a champion isn't known then.
  // Unavailable "model_unavailable", with the reason, while it names one that isn't here; a rating
  // model that is known to be lost, or to be asked for in vain, keeps no ranking model from
  // serving.
  Status Ready() const;

 private:
  std::unique_ptr<artefact::RegistryWatcher> Watch(artefact::RegistryClient& registry,
                                                   const std::string& model);
  Status Install(const artefact::FetchedModel& model);
  void InstallRemembered(artefact::RegistryClient& registry, const std::string& model);
  void Remember(const artefact::RegisteredVersion& version) const;
  std::filesystem::path NotePath(const std::string& model) const;
  void ObserveModels(metrics::Metrics& metrics);

  const Options options_;
  ServingHolder& serving_;
  const Clock& clock_;
  metrics::Counter installs_;
  // By model. Of what is in use; each is touched by its own model's watcher alone.
  std::map<std::string, std::string> sha256_;
  std::map<std::string, std::unique_ptr<artefact::RegistryWatcher>> watchers_;
  std::unique_ptr<kafka::PartitionLog> announcements_;
};

}  // namespace marquee::recommender
