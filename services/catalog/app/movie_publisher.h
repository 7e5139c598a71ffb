// Keeps marquee.movies.v1 as the catalogue is: what its followers know of the movies.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/backoff.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "base/periodic_task.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "movies/movie_feed.h"
#include "movies/movie_record.h"

namespace marquee::catalog {

// A row of the outbox.
struct MovieChange {
  std::int64_t change_id = 0;
  std::int64_t movie_id = 0;
};

struct MovieCount {
  std::int64_t movie_id = 0;
  std::int64_t rating_count = 0;
  std::int64_t half_stars = 0;
};

// The outbox and what is published, in the database.
class PublicationStore {
 public:
  virtual ~PublicationStore() = default;
  // One process publishes at a time. The number of this process's turn, another one after each that
  // was lost; 0: another process has it.
  virtual Result<std::int64_t> Turn(const CallContext& call) = 0;
  // The oldest.
  virtual Result<std::vector<MovieChange>> Changes(int limit, const CallContext& call) = 0;
  // They are published. Aborted "turn_lost", and nothing happens, when the turn is over.
  virtual Status Settle(std::int64_t turn, std::span<const MovieChange> changes,
                        const CallContext& call) = 0;
  // As if the movies had changed.
  virtual Status Mark(std::span<const std::int64_t> movie_ids, const CallContext& call) = 0;
  // Those that there are, as they are now.
  virtual Result<std::vector<movies::MovieRecord>> Read(std::span<const std::int64_t> movie_ids,
                                                        const CallContext& call) = 0;
  virtual Result<std::vector<std::int64_t>> MovieIds(const CallContext& call) = 0;
  virtual Result<std::vector<MovieCount>> Counts(const CallContext& call) = 0;
  // Of all ratings; prior_ratings is left at 0.
  virtual Result<movies::Totals> Totals(const CallContext& call) = 0;
  // Differs whenever ratings were applied in between.
  virtual Result<std::string> RatingsApplied(const CallContext& call) = 0;
};

struct LogEntry {
  std::string key = {};
  std::optional<std::string> value = {};  // nullopt: a tombstone
};

// The topic.
class MovieLog {
 public:
  virtual ~MovieLog() = default;
  // In this order. Returns when none is on its way any more; after an error some may be in the log.
  virtual Status Append(std::span<const LogEntry> entries) = 0;
  // Until what is in the log now has been handed to PublishedMovies.
  virtual Status ReadToEnd(const CallContext& call) = 0;
};

// What the log says, as its own writer reads it: the truth is compared with that, and not with what
// is thought to have been written. Thread-safe.
class PublishedMovies final : public movies::MovieSink {
 public:
  void Begin() override;
  void Put(const movies::MovieRecord& movie, std::string_view encoded) override;
  void Remove(std::int64_t movie_id) override;
  void Complete(const movies::Totals& totals) override;

  // How often the log began: another number is another log, of which nothing is known yet.
  std::int64_t log_number() const;
  std::vector<std::int64_t> movie_ids() const;
  bool Contains(std::int64_t movie_id) const;
  bool Says(std::int64_t movie_id, std::string_view encoded) const;
  std::optional<movies::Totals> totals() const;
  // The movies of which the log says other counts, or nothing; and those that aren't among these.
  std::vector<std::int64_t> Differing(std::span<const MovieCount> counts) const;

 private:
  struct Published {
    std::int64_t rating_count = 0;
    std::int64_t half_stars = 0;
    std::size_t hash = 0;  // of the bytes
  };
  mutable std::mutex mutex_;
  std::int64_t log_number_ = 0;
  std::unordered_map<std::int64_t, Published> movies_;
  std::optional<movies::Totals> totals_;
};

// Publishes from construction on, through any outage: what it can't now it does later.
class MoviePublisher {
 public:
  struct Options {
    double prior_ratings = 0;
    std::chrono::milliseconds look_every{200};    // whether there is something in the outbox
    std::chrono::milliseconds turn_every{1'000};  // whether another replica's turn is over
    // Ratings change counts all the time: followers get them now and then, together.
    std::chrono::milliseconds counts_every{5'000};
  };

  // All outlive it.
  MoviePublisher(PublicationStore& store, MovieLog& log, const PublishedMovies& published,
                 Options options, const Clock& clock, metrics::Metrics& metrics);
  void StepNow() { task_.StepNow(); }  // for tests

 private:
  static constexpr std::chrono::seconds kStepTimeout{30};
  using Ids = std::vector<std::int64_t>;
  std::optional<std::chrono::milliseconds> Step(std::stop_token stop);
  Status PublishOnce();
  CallContext NextCall() const { return CallContext(clock_.Now() + kStepTimeout); }
  Status PublishAll(const CallContext& call);
  Status PublishChanges();
  Status PublishCounts(const CallContext& call);
  Status PublishAndTotals(std::span<const std::int64_t> ids, bool differing);
  Status PublishTotals(const CallContext& call);
  // The movies as they are now; with `differing` those alone of which the log says something else.
  Status Publish(std::span<const std::int64_t> movie_ids, bool differing, const CallContext& call);
  Status Append(const Ids& movie_ids, std::span<const LogEntry> entries);
  Status StillMyTurn(const CallContext& call);

  PublicationStore& store_;
  MovieLog& log_;
  const PublishedMovies& published_;
  const Options options_;
  const Clock& clock_;
  metrics::Counter published_total_;
  metrics::Counter failures_;
  metrics::Gauge publishing_;
  // Of the task's thread:
  std::stop_token stop_;
  Backoff backoff_{std::chrono::milliseconds(200), std::chrono::milliseconds(5'000)};
  std::int64_t turn_ = 0;
  std::optional<std::int64_t> compared_log_;  // the log that was compared as a whole, in this turn
  std::string ratings_applied_;               // when the counts were last published
  Time counts_due_{};
  Ids doubtful_;  // sent, and maybe after another process had sent newer ones
  bool failing_ = false;
  PeriodicTask task_;  // last: it uses the others
};

}  // namespace marquee::catalog
