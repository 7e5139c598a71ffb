// Keeps the copy of the catalogue current.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "recommender/app/serving.h"
#include "recommender/domain/catalogue.h"

namespace marquee::recommender {

// Reads the catalogue on a thread of its own: at start, every `refresh`, soon after a ranking model
// of another version came into use (it may know movies that the copy lacks: the first model after
// an import does), and after a failure with back-off; the last good copy stays.
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
  std::int64_t RankingVersion() const;  // in use; 0: none

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
