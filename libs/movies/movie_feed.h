// Follows marquee.movies.v1 from its beginning, in every replica.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log_position.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "movies/movie_record.h"

namespace marquee::kafka {
struct ClusterConfig;
}

namespace marquee::movies {

// Who keeps what the log says. Called from the feed's thread; must not throw.
class MovieSink {
 public:
  virtual ~MovieSink() = default;
  // The catalogue comes from its beginning: at the start, and again when the log is another one.
  virtual void Begin() = 0;
  virtual void Put(const MovieRecord& movie, std::string_view encoded) = 0;
  virtual void Remove(std::int64_t movie_id) = 0;
  // All of it has come. Again when the totals change.
  virtual void Complete(const Totals& totals) = 0;
};

class MovieFeed {
 public:
  // Starts to read; never blocks. `sink` and `metrics` outlive it. Metrics are
  // marquee_<service>_movies_log_…
  MovieFeed(const kafka::ClusterConfig& cluster, MovieSink& sink, metrics::Metrics& metrics,
            const std::string& service, std::string topic = std::string(kMoviesTopic));
  ~MovieFeed();

  // Unavailable "movies_unread" until the log was once read to the end that it had when reading
  // began.
  Status Ready() const;
  // Until everything before the position was handed to the sink: false when it doesn't come in
  // time, or never.
  bool WaitFor(const LogPosition& position, Time deadline) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::movies
