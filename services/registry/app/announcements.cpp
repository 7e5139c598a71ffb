#include "registry/app/announcements.h"

#include <algorithm>

#include "logging/log.h"
#include "tracing/trace.h"

namespace marquee::registry {
namespace {
constexpr std::chrono::milliseconds kFirstPause{200};
// Kafka is waited for within the transaction that marks what it has.
constexpr std::chrono::milliseconds kAnnounceTime{60'000};

CallContext NextCall() { return CallContext(SystemClock().Now() + kAnnounceTime); }

}  // namespace

Announcements::Announcements(VersionStore& registry, Announcer& announcer, RegistryMetrics& metrics,
                             std::chrono::milliseconds poll)
    : registry_(registry),
      announcer_(announcer),
      metrics_(metrics),
      poll_(poll),
      thread_([this](std::stop_token stop) { Run(stop); }) {}

Announcements::~Announcements() { Stop(); }

void Announcements::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Announcements::Kick() {
  {
    const std::lock_guard lock(mutex_);
    kicked_ = true;
  }
  wake_.notify_one();
}

void Announcements::Run(const std::stop_token& stop) {
  auto pause = kFirstPause;
  while (!stop.stop_requested()) {
    const tracing::Scope scope(tracing::TraceContext::New());
    {
      const std::lock_guard lock(mutex_);
      kicked_ = false;
    }
    const bool done = AnnounceAll();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, done ? poll_ : std::min(pause, poll_),
                   [&] { return kicked_ && done; });
    pause = done ? kFirstPause : std::min(pause * 2, poll_);
  }
}

bool Announcements::AnnounceAll() {
  const CallContext call = NextCall();
  const auto announced = registry_.AnnouncePending(call, [&](const Promotion& promotion) -> Status {
    RETURN_IF_ERROR(announcer_.Announce(promotion, call));
    logging::Info(
        "promotion announced",
        {{"model", promotion.model}, {"alias", promotion.alias}, {"version", promotion.version}});
    return {};
  });
  if (!announced.ok())
    logging::Warning("promotions not announced: trying again",
                     {{"error", announced.error().ToString()}});
  // The time of the first may be up.
  if (const auto pending = registry_.PendingAnnouncements(NextCall()); pending.ok())
    metrics_.PendingAnnouncements(static_cast<double>(*pending));
  return announced.ok();
}

}  // namespace marquee::registry
