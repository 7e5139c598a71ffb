// Keeps the copy of the catalogue as marquee.movies.v1 says.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/periodic_task.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "movies/movie_feed.h"
#include "movies/movie_map.h"
#include "recommender/app/serving.h"

namespace marquee::recommender {

// Holds each movie's record as its bytes, and makes a new copy of them all soon after something
// changed. While another log is being read the copy of before stays.
class CatalogueFollower final : public movies::MovieSink {
 public:
  struct Options {
    std::chrono::milliseconds look_every{100};  // whether something has changed
    std::chrono::milliseconds pause{1'000};     // between two copies, at least
  };

  // Both outlive it.
  CatalogueFollower(ServingHolder& serving, Options options, metrics::Metrics& metrics);
  ~CatalogueFollower() override { task_.Stop(); }

  void Begin() override;
  void Put(const movies::MovieRecord& movie, std::string_view encoded) override;
  void Remove(std::int64_t movie_id) override;
  void Complete(const movies::Totals& totals) override;

  // For a log that was read to its end: Unavailable "catalogue_unavailable" until a copy was made
  // of it; then OK for good.
  Status Ready() const;

 private:
  std::optional<std::chrono::milliseconds> Step();

  ServingHolder& serving_;
  const Options options_;
  metrics::Gauge count_;
  mutable std::mutex mutex_;
  movies::MovieMap<std::string> movies_;
  std::optional<movies::Totals> totals_;  // nullopt: the catalogue hasn't come as a whole yet
  std::int64_t changes_ = 0;              // of what a copy shows
  std::int64_t copied_ = 0;               // of these, in the copy in use
  mutable std::atomic<bool> ready_ = false;
  PeriodicTask task_;  // last: it uses the others
};

}  // namespace marquee::recommender
