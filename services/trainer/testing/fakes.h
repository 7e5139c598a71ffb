// The outside world of a training run, under a test's control. Thread-safe.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "trainer/app/training_job.h"
#include "trainer/domain/ports.h"
#include "trainer/testing/names.h"

namespace marquee::trainer::testing {

// A folder that goes away with it.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::temp_directory_path() /
              ("marquee-trainer-test-" + Uuid::V7(SystemClock().Now()).ToString())) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      files.push_back(entry.path().filename().string());
    std::sort(files.begin(), files.end());
    return files;
  }

 private:
  std::filesystem::path path_;
};

// Not by designated initializers, of which GCC 12 believes that they leave the map in them unmade.
inline JobSettings Settings(std::string code_version) {
  JobSettings settings;
  settings.code_version = std::move(code_version);
  return settings;
}

// Gives what it was told to; can be made to hold a run at its export until it is let go or
// cancelled.
class FakeRatings final : public RatingsSource {
 public:
  void Give(Result<Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
  }
  void Hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void LetGo() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  // Until an export has begun.
  void AwaitExport() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return exports_ > 0; });
  }

  Result<Snapshot> Export(const std::function<void(std::int64_t rows)>& progress,
                          std::stop_token stop) override {
    progress(0);
    std::unique_lock lock(mutex_);
    ++exports_;
    changed_.notify_all();
    if (!changed_.wait(lock, stop, [&] { return !held_; }))
      return Error::Cancelled("cancelled", "The export was cancelled.");
    return snapshot_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Result<Snapshot> snapshot_ = Snapshot{};
  bool held_ = false;
  int exports_ = 0;
};

class FakeAnnouncer final : public Announcer {
 public:
  void FailWith(Status status) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(status);
    changed_.notify_all();
  }
  Status Announce(const Promotion& promotion) override {
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

}  // namespace marquee::trainer::testing
