#include "recommender/app/histories.h"

#include <algorithm>
#include <thread>

#include "base/backoff.h"
#include "logging/log.h"

namespace marquee::recommender {
namespace {

constexpr char kFills[] = "marquee_recommender_history_fills_total";
constexpr char kFillsHelp[] = "Histories read from the database, by what came of it.";

// While the database and the live events are of different logs: one of them is about to notice.
constexpr std::chrono::milliseconds kLeastPause{20};
constexpr std::chrono::milliseconds kMostPause{100};

}  // namespace

// Ends a flight however its leader leaves, so that nobody waits for nothing.
class Histories::Landing {
 public:
  Landing(Histories& histories, std::int64_t user_id, std::shared_ptr<Flight> flight)
      : histories_(histories), user_id_(user_id), flight_(std::move(flight)) {}
  ~Landing() {
    {
      const std::lock_guard lock(histories_.flights_mutex_);
      histories_.flights_.erase(user_id_);
    }
    {
      const std::lock_guard lock(flight_->mutex);
      flight_->done = true;
      flight_->error = error_;
    }
    flight_->landed.notify_all();
  }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;
  void Failed(const Error& error) { error_ = error; }

 private:
  Histories& histories_;
  const std::int64_t user_id_;
  const std::shared_ptr<Flight> flight_;
  std::optional<Error> error_;
};

Histories::Histories(HistoryStore& store, HistorySource& source, const RatingLog& log,
                     Options options, const Clock& clock, metrics::Metrics& metrics)
    : store_(store),
      source_(source),
      log_(log),
      options_(options),
      clock_(clock),
      hits_(metrics.AddCounter("marquee_recommender_history_cache_hits_total",
                               "Histories that were in memory.")),
      misses_(metrics.AddCounter("marquee_recommender_history_cache_misses_total",
                                 "Histories that weren't.")),
      fills_kept_(metrics.AddCounter(kFills, kFillsHelp, {{"outcome", "kept"}})),
      fills_uncached_(metrics.AddCounter(kFills, kFillsHelp, {{"outcome", "uncached"}})),
      fills_failed_(metrics.AddCounter(kFills, kFillsHelp, {{"outcome", "failed"}})),
      waits_(metrics, "recommender", options.most_waiting) {
  const auto gauge = [&](const char* name, const char* help, auto field) {
    metrics.AddGaugeFunction(name, help, {},
                             [this, field] { return static_cast<double>(store_.stats().*field); });
  };
  using Stats = HistoryStore::Stats;
  gauge("marquee_recommender_history_cache_users", "Histories in memory.", &Stats::users);
  gauge("marquee_recommender_history_cache_bytes", "Memory of those histories.", &Stats::bytes);
  gauge("marquee_recommender_history_cache_evicted", "Histories evicted for want of room.",
        &Stats::evicted);
  gauge("marquee_recommender_history_cache_dropped",
        "Histories dropped because of a gap in the log, an import, or their age.", &Stats::dropped);
  gauge("marquee_recommender_log_gaps", "Breaks in a partition's offsets.", &Stats::gaps);
}

Result<std::vector<Rated>> Histories::Of(const CallContext& call) {
  const std::int64_t user_id = call.caller.user_id;
  ASSIGN_OR_RETURN(const bool written, Await(call));
  bool counted = false;
  for (;;) {
    if (auto cached = store_.Find(user_id)) {
      if (!counted) hits_.Increment();
      return *std::move(cached);
    }
    if (!counted) misses_.Increment();
    counted = true;

    std::shared_ptr<Flight> flight;
    bool leads = false;
    {
      const std::lock_guard lock(flights_mutex_);
      auto& slot = flights_[user_id];
      leads = slot == nullptr;
      if (leads) slot = std::make_shared<Flight>();
      flight = slot;
    }
    if (leads) {
      Landing landing(*this, user_id, flight);
      CallContext reading = call.Before(clock_.Now() + options_.fill_timeout);
      // The live events have the write, and go on top of what the database has, which needn't wait
      // for it.
      if (written) reading.positions.clear();
      auto ratings = Fill(reading);
      if (!ratings.ok()) landing.Failed(ratings.error());
      return ratings;
    }
    std::unique_lock lock(flight->mutex);
    if (!flight->landed.wait_until(lock, call.deadline, [&] { return flight->done; })) {
      return Error::DeadlineExceeded("history_slow", "Your ratings could not be read in time.");
    }
    // A leader that ran out of its own time says nothing about ours.
    if (flight->error && flight->error->code != Code::kDeadlineExceeded &&
        flight->error->code != Code::kCancelled) {
      return *flight->error;
    }
    if (clock_.Now() >= call.deadline) {
      return Error::DeadlineExceeded("history_slow", "Your ratings could not be read in time.");
    }
  }
}

Result<bool> Histories::Await(const CallContext& call) {
  using ratings::PositionWait;
  const auto positions = call.PositionsIn(ratings::kStream);
  if (positions.empty()) return true;
  const Time begin = clock_.Now();
  // A fifth of the time that is left is kept for the answer itself.
  const Time until = std::min(begin + options_.read_wait, begin + (call.deadline - begin) * 4 / 5);
  auto worst = PositionWait::kReached;
  for (const auto& position : positions) {
    const std::int32_t partitions = log_.partitions();
    const std::int64_t next = log_.Next(position.partition);
    if (next >= position.next_offset) continue;
    auto outcome = PositionWait::kUnread;
    if (next >= 0 || (partitions > 0 && position.partition >= partitions)) {
      const Gate::Pass pass(waits_.gate());
      outcome = pass ? WaitInTurn(position, until) : PositionWait::kTurnedAway;
    }
    worst = std::max(worst, outcome);
    if (worst < PositionWait::kRefused) continue;
    waits_.Count(worst);
    // Not being read: only the database can tell.
    if (worst == PositionWait::kUnread) return false;
    return ratings::BeyondTheLog(position);
  }
  waits_.Count(worst);
  const double seconds = std::chrono::duration<double>(clock_.Now() - begin).count();
  if (worst == PositionWait::kAwaited || worst == PositionWait::kTimedOut) waits_.Waited(seconds);
  if (worst != PositionWait::kTimedOut && worst != PositionWait::kTurnedAway) return true;
  logging::Warning("the live events have not come as far as the caller's write",
                   {{"partition", positions.front().partition},
                    {"wanted", positions.front().next_offset},
                    {"next", log_.Next(positions.front().partition)},
                    {"waited_seconds", seconds}});
  return false;
}

ratings::PositionWait Histories::WaitInTurn(const LogPosition& position, Time until) const {
  using ratings::PositionWait;
  switch (log_.WaitFor(position, until)) {
    case Reach::kReached: return PositionWait::kAwaited;
    case Reach::kLate: return PositionWait::kTimedOut;
    case Reach::kElsewhere: return PositionWait::kElsewhere;
    case Reach::kBeyond: return PositionWait::kRefused;
    case Reach::kUnread: return PositionWait::kUnread;
  }
  return PositionWait::kUnread;
}

Result<std::vector<Rated>> Histories::Fill(const CallContext& call) {
  using Outcome = HistoryStore::Outcome;
  auto filled = ReadUntilComparable(call);
  if (filled.ok() &&
      (filled->outcome == Outcome::kBehind || filled->outcome == Outcome::kUncertain)) {
    // Once more, from a database that has caught up; if it can't in time, the best that is known is
    // good for this answer, but isn't kept.
    CallContext later = call.Before(clock_.Now() + options_.read_wait);
    later.positions = {{std::string(ratings::kStream), filled->needed}};
    auto again = ReadOnce(later);
    if (again.ok()) filled = std::move(again);
  }
  if (!filled.ok()) {
    fills_failed_.Increment();
    return std::move(filled).error();
  }
  (filled->outcome == Outcome::kKept ? fills_kept_ : fills_uncached_).Increment();
  return std::move(filled->ratings);
}

// While either the database or the live events haven't noticed that the log is another one, what
// they say can't be put together.
Result<HistoryStore::Filled> Histories::ReadUntilComparable(const CallContext& call) {
  const Time until = std::min(call.deadline, clock_.Now() + options_.read_wait);
  Backoff backoff(kLeastPause, kMostPause);
  for (;;) {
    auto filled = ReadOnce(call);
    if (!filled.ok() || filled->outcome != HistoryStore::Outcome::kOtherLog) return filled;
    const Gate::Pass pass(waits_.gate());
    if (!pass || clock_.Now() >= until) return filled;
    std::this_thread::sleep_for(std::min<Time::duration>(backoff.Next(), until - clock_.Now()));
  }
}

Result<HistoryStore::Filled> Histories::ReadOnce(const CallContext& call) {
  ASSIGN_OR_RETURN(StoredHistory stored, source_.Read(call));
  // Asked before the store is: an event handled in between has made the partition known by itself.
  const std::int32_t partition = stored.position.partition;
  const std::int64_t next = log_.Next(partition);
  if (next >= 0) store_.Follow({.partition = partition, .next_offset = next});
  auto filled = store_.Fill(call.caller.user_id, stored);
  if (filled.outcome != HistoryStore::Outcome::kAhead) return filled;
  // The live events come to where the database is in a moment; or never, if it has come there in a
  // log that is gone: then none of this one's events is in what it has.
  const Gate::Pass pass(waits_.gate());
  if (!pass) return filled;
  const Time until = std::min(call.deadline, clock_.Now() + options_.read_wait);
  const Reach reach = log_.WaitFor(stored.position, until);
  if (reach == Reach::kElsewhere) stored.position = {.partition = partition};
  if (reach == Reach::kReached || reach == Reach::kElsewhere)
    filled = store_.Fill(call.caller.user_id, stored);
  return filled;
}

}  // namespace marquee::recommender
