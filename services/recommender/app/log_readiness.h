// Readiness as far as the live events go: a replica that has just started and doesn't read them yet
// would ask the database to wait for each caller's writes, and keep nobody's history.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/result.h"
#include "recommender/domain/history.h"

namespace marquee::recommender {

// On one thread, that of the readiness checks.
class LogReadiness {
 public:
  // `log` and `clock` outlive it.
  LogReadiness(const RatingLog& log, std::chrono::milliseconds patience, const Clock& clock)
      : log_(log), clock_(clock), until_(clock.Now() + patience) {}

  // OK once every partition is being read, from the live end of the moment on, and for good: Kafka
  // that goes away later takes nobody from the balance. OK, too, when the patience is over: without
  // Kafka lists are made from the database's histories, which is better than none (design, D10).
  // Unavailable "log_not_read" before that.
  Status Check();

 private:
  bool EveryPartitionIsRead() const;

  const RatingLog& log_;
  const Clock& clock_;
  const Time until_;
  bool ready_ = false;
};

}  // namespace marquee::recommender
