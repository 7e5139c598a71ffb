#include "ratings/position_waits.h"

namespace marquee::ratings {

PositionWaits::PositionWaits(metrics::Metrics& metrics, const std::string& service,
                             int most_waiting)
    : gate_(most_waiting),
      outcomes_([&](auto... outcome) {
        return std::array{
            metrics.AddCounter("marquee_" + service + "_position_waits_total",
                               "Requests that carried the position of a write, by what came of it",
                               {{"outcome", outcome}})...};
      }("reached", "awaited", "timed_out", "turned_away", "elsewhere", "refused", "unread")),
      seconds_(metrics.AddHistogram("marquee_" + service + "_position_wait_seconds",
                                    "How long requests waited for their caller's writes")) {}

Error BeyondTheLog(const LogPosition& position) {
  return Error::InvalidArgument(
      "position_beyond_log",
      "Marquee-Position says partition " + std::to_string(position.partition) + ", offset " +
          std::to_string(position.next_offset) +
          ", where the log hasn't come to: send back what an answer carried, or leave it out.",
      "Marquee-Position");
}

}  // namespace marquee::ratings
