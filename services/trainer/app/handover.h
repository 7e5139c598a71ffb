// Once, after an upgrade: the versions that the trainer kept while it was the registry, and their
// files in the folder of before, go to the registry (docs/adr/0304). No run starts before that: a
// champion that the registry doesn't know would be beaten by anything.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <stop_token>
#include <thread>

#include "metrics/metrics.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer {

struct HandoverOptions {
  std::chrono::milliseconds retry{2'000};               // between tries
  std::chrono::milliseconds transfer_timeout{600'000};  // for a version with its files
};

class Handover {
 public:
  // Starts a thread, which tries until all is handed over. `folder` may be missing: then the files
  // are lost, and the versions come without them. All outlive it.
  Handover(ModelsOfBefore& before, ModelRegistry& registry, std::filesystem::path folder,
           metrics::Metrics& metrics, HandoverOptions options);
  ~Handover();  // as Stop()
  void Stop();  // Idempotent

  Status Done() const;  // Unavailable "handover_pending" until it is

 private:
  void Run(const std::stop_token& stop);
  Status HandOver(const std::stop_token& stop);
  CallContext NextCall() const {
    return CallContext(SystemClock().Now() + options_.transfer_timeout);
  }

  ModelsOfBefore& before_;
  ModelRegistry& registry_;
  std::filesystem::path folder_;
  metrics::Gauge left_;
  HandoverOptions options_;
  std::atomic<bool> done_ = false;
  std::jthread thread_;
};

}  // namespace marquee::trainer
