#include "recommender/app/catalogue_keeper.h"

#include <malloc.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "logging/log.h"
#include "tracing/trace.h"

namespace marquee::recommender {
namespace {

constexpr std::chrono::milliseconds kModelPoll{200};

}  // namespace

CatalogueKeeper::CatalogueKeeper(MovieSource& source, ServingHolder& serving, Options options,
                                 const Clock& clock, metrics::Metrics& metrics)
    : source_(source),
      serving_(serving),
      options_(options),
      clock_(clock),
      movies_(metrics.AddGauge("marquee_recommender_catalogue_movies",
                               "Movies in the copy of the catalogue.")),
      refreshed_(metrics.AddGauge("marquee_recommender_catalogue_refreshed_timestamp_seconds",
                                  "When the catalogue was last read, Unix time.")),
      failures_(metrics.AddCounter("marquee_recommender_catalogue_refresh_failures_total",
                                   "Times that the catalogue couldn't be read.")),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

CatalogueKeeper::~CatalogueKeeper() { Stop(); }

void CatalogueKeeper::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void CatalogueKeeper::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  auto backoff = options_.min_backoff;
  while (!stop.stop_requested()) {
    const std::int64_t version = RankingVersion();
    const bool read = ReadOnce();
    const auto pause = read ? options_.refresh : backoff;
    backoff = read ? options_.min_backoff : std::min(backoff * 2, options_.max_backoff);
    const auto due = std::chrono::steady_clock::now() + pause;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < due) {
      if (read && RankingVersion() != version) break;
      never.wait_for(lock, stop, std::min<std::chrono::milliseconds>(pause, kModelPoll),
                     [] { return false; });
    }
  }
}

std::int64_t CatalogueKeeper::RankingVersion() const {
  const auto serving = serving_.Get();
  return serving->ranking() != nullptr ? serving->ranking()->version : 0;
}

bool CatalogueKeeper::ReadOnce() {
  const tracing::Scope scope(tracing::TraceContext::New());
  auto catalogue = source_.ReadAll(clock_.Now() + options_.timeout);
  if (!catalogue.ok()) {
    failures_.Increment();
    logging::Warning("catalogue not refreshed: the last copy stays",
                     {{"error", catalogue.error().ToString()}});
    return false;
  }
  const auto before = serving_.Get();
  if (before->catalogue() == nullptr) {
    logging::Info("catalogue loaded", {{"movies", (*catalogue)->size()}});
  }
  movies_.Set((*catalogue)->size());
  refreshed_.Set(std::chrono::duration<double>(clock_.Now().time_since_epoch()).count());
  serving_.Install(*std::move(catalogue));
#ifdef __GLIBC__
  malloc_trim(0);  // what reading took, and the old copy, go back to the system: megabytes
#endif
  return true;
}

}  // namespace marquee::recommender
