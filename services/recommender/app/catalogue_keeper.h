// Keeps the copy of the catalogue current.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "recommender/app/serving.h"
#include "recommender/domain/catalogue.h"

namespace marquee::recommender {

// Reads the catalogue at start and every `refresh` on a thread of its own, and after a failure
// sooner, with back-off; the last good copy stays.
class CatalogueKeeper {
 public:
  struct Options {
    std::chrono::milliseconds refresh{30'000};
    std::chrono::milliseconds timeout{30'000};
    std::chrono::milliseconds min_backoff{200};
    std::chrono::milliseconds max_backoff{5'000};
  };

  CatalogueKeeper(MovieSource& source, ServingHolder& serving, Options options, const Clock& clock,
                  metrics::Metrics& metrics);
  ~CatalogueKeeper();  // as Stop()
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  bool ReadOnce();

  MovieSource& source_;
  ServingHolder& serving_;
  const Options options_;
  const Clock& clock_;
  metrics::Gauge movies_;
  metrics::Gauge refreshed_;
  metrics::Counter failures_;
  std::jthread thread_;
};

}  // namespace marquee::recommender
