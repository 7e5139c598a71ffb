#include "catalog/app/movie_publisher.h"

#include <algorithm>

#include "logging/log.h"
#include "tracing/trace.h"

namespace marquee::catalog {
namespace {

using std::chrono::milliseconds;

constexpr int kChunk = 1'000;  // movies that are read and sent together
// Comparing the counts costs the database at most one part in so many.
constexpr int kRestAfterCounts = 20;

}  // namespace

void PublishedMovies::Begin() {
  const std::lock_guard lock(mutex_);
  ++log_number_;
  movies_.clear();
  totals_.reset();
}

void PublishedMovies::Put(const movies::MovieRecord& movie, std::string_view encoded) {
  const std::lock_guard lock(mutex_);
  movies_.insert_or_assign(movie.movie_id,
                           Published{.rating_count = movie.rating_count,
                                     .half_stars = movie.half_stars,
                                     .hash = std::hash<std::string_view>()(encoded)});
}

void PublishedMovies::Remove(std::int64_t movie_id) {
  const std::lock_guard lock(mutex_);
  movies_.erase(movie_id);
}

void PublishedMovies::Complete(const movies::Totals& totals) {
  const std::lock_guard lock(mutex_);
  totals_ = totals;
}

std::int64_t PublishedMovies::log_number() const {
  const std::lock_guard lock(mutex_);
  return log_number_;
}

std::vector<std::int64_t> PublishedMovies::movie_ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> ids;
  ids.reserve(movies_.size());
  for (const auto& [id, published] : movies_) ids.push_back(id);
  return ids;
}

bool PublishedMovies::Contains(std::int64_t movie_id) const {
  const std::lock_guard lock(mutex_);
  return movies_.contains(movie_id);
}

bool PublishedMovies::Says(std::int64_t movie_id, std::string_view encoded) const {
  const std::lock_guard lock(mutex_);
  const auto found = movies_.find(movie_id);
  return found != movies_.end() && found->second.hash == std::hash<std::string_view>()(encoded);
}

std::optional<movies::Totals> PublishedMovies::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::vector<std::int64_t> PublishedMovies::Differing(std::span<const MovieCount> counts) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> differing;
  std::size_t known = 0;
  for (const auto& count : counts) {
    const auto found = movies_.find(count.movie_id);
    known += found != movies_.end() ? 1 : 0;
    if (found == movies_.end() || found->second.rating_count != count.rating_count ||
        found->second.half_stars != count.half_stars) {
      differing.push_back(count.movie_id);
    }
  }
  if (known == movies_.size()) return differing;
  std::vector<std::int64_t> there;
  for (const auto& count : counts) there.push_back(count.movie_id);
  std::ranges::sort(there);
  for (const auto& [id, published] : movies_) {
    if (!std::ranges::binary_search(there, id)) differing.push_back(id);
  }
  return differing;
}

MoviePublisher::MoviePublisher(PublicationStore& store, MovieLog& log,
                               const PublishedMovies& published, Options options,
                               const Clock& clock, metrics::Metrics& metrics)
    : store_(store),
      log_(log),
      published_(published),
      options_(options),
      clock_(clock),
      published_total_(metrics.AddCounter("marquee_catalog_movies_published_total",
                                          "Records written to marquee.movies.v1")),
      failures_(metrics.AddCounter("marquee_catalog_movies_publish_failures_total",
                                   "Attempts to write to marquee.movies.v1 that failed")),
      publishing_(metrics.AddGauge("marquee_catalog_movies_publishing",
                                   "1 in the replica whose turn it is to write "
                                   "marquee.movies.v1, while it can")),
      task_(options.look_every, [this](std::stop_token stop) { return Step(std::move(stop)); }) {}

std::optional<milliseconds> MoviePublisher::Step(std::stop_token stop) {
  stop_ = std::move(stop);
  const tracing::Scope scope(tracing::TraceContext::New());
  const Status status = PublishOnce();
  publishing_.Set(status.ok() && turn_ != 0 ? 1 : 0);
  if (status.ok()) {
    if (failing_) logging::Info("movies are published again");
    failing_ = false;
    backoff_.Reset();
    return turn_ != 0 ? options_.look_every : options_.turn_every;
  }
  if (stop_.stop_requested()) return std::nullopt;
  failures_.Increment();
  if (!failing_) {
    logging::Warning("movies can't be published now: their changes wait",
                     {{"error", status.error().ToString()}});
  }
  failing_ = true;
  return backoff_.Next();
}

Status MoviePublisher::PublishOnce() {
  const CallContext call = NextCall();
  ASSIGN_OR_RETURN(const std::int64_t turn, store_.Turn(call));
  if (turn != turn_) {
    // Another process may have sent newer ones in between. While the turn stays, what wasn't
    // settled is simply sent again.
    if (!doubtful_.empty()) RETURN_IF_ERROR(store_.Mark(doubtful_, call));
    compared_log_.reset();
  }
  doubtful_.clear();
  turn_ = turn;
  if (turn_ == 0) return {};
  const std::int64_t log_number = published_.log_number();
  if (compared_log_ != log_number) {
    RETURN_IF_ERROR(PublishAll(call));
    compared_log_ = log_number;
  }
  RETURN_IF_ERROR(PublishChanges());
  return PublishCounts(call);
}

// At a first start that is everything; after a restart what changed meanwhile; after the database
// was restored also what it no longer has.
Status MoviePublisher::PublishAll(const CallContext& call) {
  RETURN_IF_ERROR(log_.ReadToEnd(call));
  ASSIGN_OR_RETURN(Ids ids, store_.MovieIds(call));
  std::ranges::sort(ids);
  const auto stored = static_cast<std::ptrdiff_t>(ids.size());
  for (const std::int64_t id : published_.movie_ids()) {
    if (!std::binary_search(ids.begin(), ids.begin() + stored, id)) ids.push_back(id);
  }
  return PublishAndTotals(ids, /*differing=*/true);
}

// A catalogue takes as long as it takes; what isn't sent at a failure is compared again.
Status MoviePublisher::PublishAndTotals(std::span<const std::int64_t> ids, bool differing) {
  for (std::size_t at = 0; at < ids.size(); at += kChunk) {
    const auto chunk = ids.subspan(at, std::min<std::size_t>(kChunk, ids.size() - at));
    RETURN_IF_ERROR(Publish(chunk, differing, NextCall()));
  }
  return PublishTotals(NextCall());
}

Status MoviePublisher::PublishChanges() {
  for (bool more = true; more;) {
    const CallContext call = NextCall();
    ASSIGN_OR_RETURN(const auto changes, store_.Changes(kChunk, call));
    if (changes.empty()) return {};
    Ids ids;
    for (const auto& change : changes) ids.push_back(change.movie_id);
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    RETURN_IF_ERROR(Publish(ids, /*differing=*/false, call));
    if (const Status settled = store_.Settle(turn_, changes, call); !settled.ok()) {
      doubtful_ = std::move(ids);
      return settled;
    }
    more = static_cast<int>(changes.size()) == kChunk;
  }
  return {};
}

Status MoviePublisher::PublishCounts(const CallContext& call) {
  if (clock_.Now() < counts_due_) return {};
  const Time started = clock_.Now();
  ASSIGN_OR_RETURN(const std::string applied, store_.RatingsApplied(call));
  counts_due_ = started + options_.counts_every;
  if (applied == ratings_applied_) return {};
  RETURN_IF_ERROR(log_.ReadToEnd(call));
  ASSIGN_OR_RETURN(const auto counts, store_.Counts(call));
  const Ids ids = published_.Differing(counts);
  RETURN_IF_ERROR(PublishAndTotals(ids, /*differing=*/false));
  ratings_applied_ = applied;
  const Time now = clock_.Now();
  counts_due_ = std::max(counts_due_, now + (now - started) * kRestAfterCounts);
  return {};
}

Status MoviePublisher::PublishTotals(const CallContext& call) {
  ASSIGN_OR_RETURN(movies::Totals totals, store_.Totals(call));
  totals.prior_ratings = options_.prior_ratings;
  if (published_.totals() == totals) return {};
  const LogEntry entry{.key = std::string(movies::kCatalogueKey), .value = movies::Encode(totals)};
  return Append({}, {&entry, 1});
}

Status MoviePublisher::Publish(std::span<const std::int64_t> movie_ids, bool differing,
                               const CallContext& call) {
  if (stop_.stop_requested()) return Error::Cancelled("stopping", "the service is stopping");
  ASSIGN_OR_RETURN(const auto records, store_.Read(movie_ids, call));
  std::unordered_map<std::int64_t, const movies::MovieRecord*> by_id;
  for (const auto& record : records) by_id[record.movie_id] = &record;
  Ids sent;
  std::vector<LogEntry> entries;
  for (const std::int64_t id : movie_ids) {
    LogEntry entry{.key = movies::KeyOf(id)};
    if (const auto found = by_id.find(id); found != by_id.end()) {
      entry.value = movies::Encode(*found->second);
      if (differing && published_.Says(id, *entry.value)) continue;
    } else if (differing && !published_.Contains(id)) {
      continue;
    }
    sent.push_back(id);
    entries.push_back(std::move(entry));
  }
  if (entries.empty()) return {};
  RETURN_IF_ERROR(Append(sent, entries));
  Status still = StillMyTurn(call);
  if (!still.ok()) doubtful_ = std::move(sent);
  return still;
}

Status MoviePublisher::Append(const Ids& movie_ids, std::span<const LogEntry> entries) {
  Status appended = log_.Append(entries);
  if (appended.ok()) {
    published_total_.Increment(static_cast<double>(entries.size()));
  } else {
    doubtful_ = movie_ids;
  }
  return appended;
}

// Whose turn ended while it was sending may have sent after its successor what is older: those
// movies are marked, and whoever has the turn sends them as they are.
Status MoviePublisher::StillMyTurn(const CallContext& call) {
  ASSIGN_OR_RETURN(const std::int64_t turn, store_.Turn(call));
  if (turn == turn_) return {};
  return Error::Aborted("turn_lost", "the connection that held the turn was lost");
}

}  // namespace marquee::catalog
