// A user's current ratings, with the caller's own writes in them (design, D4).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "metrics/metrics.h"
#include "ratings/position_waits.h"
#include "recommender/domain/history.h"
#include "recommender/domain/history_store.h"

namespace marquee::recommender {

// Thread-safe. `store`, `source`, `log` and `clock` outlive it, and it outlives the serving of
// metrics.
class Histories {
 public:
  struct Options {
    // How long a request waits for its caller's writes. When it is over, the history is served as
    // it is known (and counted): better a list without the last rating than none.
    std::chrono::milliseconds read_wait{1'000};
    std::chrono::milliseconds fill_timeout{2'000};
    // So many requests wait at once; further ones don't, so that they can't take the threads from
    // those that needn't wait.
    int most_waiting = 8;
  };

  Histories(HistoryStore& store, HistorySource& source, const RatingLog& log, Options options,
            const Clock& clock, metrics::Metrics& metrics);

  // The caller's. Ascending movie id; empty for a user who has rated nothing. Waits, bounded by the
  // deadline, until the live events were read up to the call's positions; positions in another log are no places
  // here, and not waited for. InvalidArgument "position_beyond_log"; the database's errors when the
  // history isn't in memory and can't be read.
  Result<std::vector<Rated>> Of(const CallContext& call);

 private:
  // One filling of one user, that all requests for this user share.
  struct Flight {
    std::mutex mutex;
    std::condition_variable landed;
    bool done = false;
    std::optional<Error> error;
  };
  class Landing;

  // Whether the live events have all that the caller wrote.
  Result<bool> Await(const CallContext& call);
  ratings::PositionWait WaitInTurn(const LogPosition& position, Time until) const;
  Result<std::vector<Rated>> Fill(const CallContext& call);
  Result<HistoryStore::Filled> ReadOnce(const CallContext& call);
  Result<HistoryStore::Filled> ReadUntilComparable(const CallContext& call);

  HistoryStore& store_;
  HistorySource& source_;
  const RatingLog& log_;
  const Options options_;
  const Clock& clock_;
  std::mutex flights_mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<Flight>> flights_;

  metrics::Counter hits_;
  metrics::Counter misses_;
  metrics::Counter fills_kept_;
  metrics::Counter fills_uncached_;
  metrics::Counter fills_failed_;
  ratings::PositionWaits waits_;
};

}  // namespace marquee::recommender
