// Kafka, under a test's control. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "registry/domain/ports.h"

namespace marquee::registry::testing {

class FakeAnnouncer final : public Announcer {
 public:
  void FailWith(Status status) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(status);
    changed_.notify_all();
  }
  Status Announce(const Promotion& promotion, const CallContext&) override {
    const std::lock_guard lock(mutex_);
    ++attempts_;
    changed_.notify_all();
    RETURN_IF_ERROR(failure_);
    announced_.push_back(promotion.model + "/" + promotion.alias + "=" +
                         std::to_string(promotion.version));
    return {};
  }
  // Waits until so many were announced, or tried; gives up, empty-handed, after ten seconds.
  std::vector<std::string> Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return announced_.size() >= count; });
    return announced_;
  }
  bool AwaitAttempts(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return attempts_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Status failure_;
  int attempts_ = 0;
  std::vector<std::string> announced_;
};

}  // namespace marquee::registry::testing
