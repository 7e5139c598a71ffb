// For what is done again and again: that it fails is said once, however long it does.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "logging/log.h"

namespace marquee::logging {

// Not thread-safe.
class Outage {
 public:
  explicit Outage(std::string message) : message_(std::move(message)) {}

  // A warning, with the error, when it begins.
  void Note(const Status& status) {
    if (!status.ok() && !failing_) Warning(message_, {{"error", status.error().ToString()}});
    failing_ = !status.ok();
  }

 private:
  const std::string message_;
  bool failing_ = false;
};

}  // namespace marquee::logging
