#include "auth/app/person_publisher.h"

#include "logging/log.h"

namespace marquee::auth {
namespace {

constexpr int kAtOnce = 500;
constexpr std::chrono::seconds kMostTime{15};
constexpr std::chrono::seconds kPauseAfterFailure{2};

}  // namespace

PersonPublisher::PersonPublisher(PersonOutbox& outbox, PersonLog& log, const Clock& clock,
                                 metrics::Metrics& metrics, std::chrono::milliseconds period)
    : outbox_(outbox),
      log_(log),
      clock_(clock),
      period_(period),
      published_(metrics.AddCounter("marquee_auth_people_published_total",
                                    "Changes of people that were written to marquee.people.v1")),
      failing_(metrics.AddGauge(
          "marquee_auth_people_failing",
          "1 while changes of people can't be told to the other services, which believe tokens of "
          "before until they expire")),
      task_(period, [this](const std::stop_token&) { return Step(); }) {}

std::chrono::milliseconds PersonPublisher::Step() {
  const auto published = outbox_.Drain(
      kAtOnce,
      [this](std::span<const people::PersonChange> changes) { return log_.Append(changes); },
      CallContext(clock_.Now() + kMostTime));
  if (published.ok() == failed_) {  // once for each failure, not twice a second
    failed_ = !published.ok();
    failing_.Set(failed_ ? 1 : 0);
    if (failed_)
      logging::Warning(
          "changes of people aren't published: tokens of before are believed until they expire",
          {{"why", published.error().ToString()}});
    else
      logging::Info("changes of people are published again");
  }
  if (!published.ok()) return kPauseAfterFailure;
  published_.Increment(*published);
  return *published == kAtOnce ? std::chrono::milliseconds{0} : period_;
}

}  // namespace marquee::auth
