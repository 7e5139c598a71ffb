// Where a run is, and whether it should stop: written by the threads that train, read by the one
// that tells the database, and the other way round. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {

class RunMonitor {
 public:
  // How far the stage is, 0 to 1. False: the run is to stop.
  bool Report(Stage stage, double within);
  bool Cancelled() const { return stop_.stop_requested(); }
  // For what waits where it can't ask.
  std::stop_token stop_token() const { return stop_.get_token(); }

  // The first reason stands.
  void Cancel(Error reason);
  // The reason to stop as an error; OK while there is none.
  Status CheckCancelled() const;

  struct Position {
    Stage stage = Stage::kExport;
    double progress = 0;  // of the whole run; never falls
  };
  Position position() const;

  // Waits until the stage is another than `seen`, the stop is requested, or `most` has passed.
  void WaitForStage(Stage seen, std::chrono::milliseconds most, const std::stop_token& stop) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  Position position_;
  std::optional<Error> reason_;
  std::stop_source stop_;
};

}  // namespace marquee::trainer
