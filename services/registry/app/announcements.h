// Tells Kafka about promotions: those that the database holds as not announced, whoever stored them
// and whenever, until Kafka has them. A promotion is announced at least once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "registry/app/registry_metrics.h"
#include "registry/domain/ports.h"

namespace marquee::registry {

class Announcements {
 public:
  // Starts a thread, which looks at once, after each Kick(), and every `poll`. All outlive it.
  Announcements(VersionStore& registry, Announcer& announcer, RegistryMetrics& metrics,
                std::chrono::milliseconds poll);
  ~Announcements();  // as Stop()

  void Kick();  // a promotion has just been stored
  void Stop();  // waits for an announcement in progress. Idempotent

 private:
  void Run(const std::stop_token& stop);
  bool AnnounceAll();

  VersionStore& registry_;
  Announcer& announcer_;
  RegistryMetrics& metrics_;
  std::chrono::milliseconds poll_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool kicked_ = false;
  std::jthread thread_;
};

}  // namespace marquee::registry
