#include "recommender/app/histories.h"

#include <algorithm>

#include "logging/log.h"

namespace marquee::recommender {
namespace {

constexpr char kFills[] = "marquee_recommender_history_fills_total";
constexpr char kFillsHelp[] = "Histories read from the database, by what came of it.";
constexpr char kWaits[] = "marquee_recommender_position_waits_total";
constexpr char kWaitsHelp[] =
    "Requests that carried the position of a write: it was there already, it was waited for, it "
    "did "
    "not come in time (the answer may lack the write), or the log isn't being read and the "
    "database "
    "was asked.";

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
      waits_reached_(metrics.AddCounter(kWaits, kWaitsHelp, {{"outcome", "reached"}})),
      waits_awaited_(metrics.AddCounter(kWaits, kWaitsHelp, {{"outcome", "awaited"}})),
      waits_timed_out_(metrics.AddCounter(kWaits, kWaitsHelp, {{"outcome", "timed_out"}})),
      waits_unread_(metrics.AddCounter(kWaits, kWaitsHelp, {{"outcome", "unread"}})),
      wait_seconds_(metrics.AddHistogram("marquee_recommender_position_wait_seconds",
                                         "How long requests waited for their caller's writes.")) {
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

Result<std::vector<Rated>> Histories::Of(const Person& person) {
  const std::int64_t user_id = person.user_id;
  const Time deadline = person.deadline;
  Person asking = person;
  // The live events have the write, and go on top of what the database has, which needn't wait for
  // it.
  if (Await(person)) asking.positions = {};
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
      auto ratings = Fill(asking);
      if (!ratings.ok()) landing.Failed(ratings.error());
      return ratings;
    }
    std::unique_lock lock(flight->mutex);
    if (!flight->landed.wait_until(lock, deadline, [&] { return flight->done; })) {
      return Error::DeadlineExceeded("history_slow", "Your ratings could not be read in time.");
    }
    // A leader that ran out of its own time says nothing about ours.
    if (flight->error && flight->error->code != Code::kDeadlineExceeded &&
        flight->error->code != Code::kCancelled) {
      return *flight->error;
    }
    if (clock_.Now() >= deadline) {
      return Error::DeadlineExceeded("history_slow", "Your ratings could not be read in time.");
    }
  }
}

bool Histories::Await(const Person& person) {
  const auto positions = person.positions;
  if (positions.empty()) return true;
  const Time begin = clock_.Now();
  // A fifth of the time that is left is kept for the answer itself.
  const Time until =
      std::min(begin + options_.read_wait, begin + (person.deadline - begin) * 4 / 5);
  bool waited = false;
  bool reached = true;
  for (const auto& position : positions) {
    const std::int32_t partitions = log_.partitions();
    if (partitions > 0 && position.partition >= partitions) continue;  // none of ours
    const std::int64_t next = log_.Next(position.partition);
    if (next >= position.next_offset) continue;
    if (next < 0) {  // not being read: only the database can tell
      waits_unread_.Increment();
      return false;
    }
    waited = true;
    reached = WaitInTurn(position, until) && reached;
  }
  const double seconds = std::chrono::duration<double>(clock_.Now() - begin).count();
  if (waited) wait_seconds_.Observe(seconds);
  if (!reached) {
    waits_timed_out_.Increment();
    logging::Warning("the live events have not come as far as the caller's write",
                     {{"partition", positions.front().partition},
                      {"wanted", positions.front().next_offset},
                      {"next", log_.Next(positions.front().partition)},
                      {"waited_seconds", seconds}});
  } else {
    (waited ? waits_awaited_ : waits_reached_).Increment();
  }
  return reached;
}

bool Histories::WaitInTurn(const LogPosition& position, Time until) {
  const bool turn = ++waiting_ <= options_.most_waiting;
  const bool reached = turn && log_.WaitFor(position, until);
  --waiting_;
  return reached;
}

Result<std::vector<Rated>> Histories::Fill(Person person) {
  using Outcome = HistoryStore::Outcome;
  person.deadline = std::min(person.deadline, clock_.Now() + options_.fill_timeout);
  auto filled = ReadOnce(person);
  if (filled.ok() &&
      (filled->outcome == Outcome::kBehind || filled->outcome == Outcome::kUncertain)) {
    // Once more, from a database that has caught up; if it can't in time, the best that is known is
    // good for this answer, but isn't kept.
    const LogPosition needed = filled->needed;
    person.positions = {&needed, 1};
    person.deadline = std::min(person.deadline, clock_.Now() + options_.read_wait);
    auto again = ReadOnce(person);
    if (again.ok()) filled = std::move(again);
  }
  if (!filled.ok()) {
    fills_failed_.Increment();
    return std::move(filled).error();
  }
  (filled->outcome == Outcome::kKept ? fills_kept_ : fills_uncached_).Increment();
  return std::move(filled->ratings);
}

Result<HistoryStore::Filled> Histories::ReadOnce(const Person& person) {
  ASSIGN_OR_RETURN(const StoredHistory stored, source_.Read(person));
  // Asked before the store is: an event handled in between has made the partition known by itself.
  const std::int64_t next = log_.Next(stored.partition);
  if (next >= 0) store_.Follow(stored.partition, next);
  return store_.Fill(person.user_id, stored);
}

}  // namespace marquee::recommender
