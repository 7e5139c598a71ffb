// The outside world of a training run, under a test's control. Thread-safe.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "artefact/model_card.h"
#include "base/testing/temporary_folder.h"
#include "trainer/app/training_job.h"
#include "trainer/domain/ports.h"
#include "trainer/testing/names.h"

namespace marquee::trainer::testing {

// Not by designated initializers, of which GCC 12 believes that they leave the map in them unmade.
inline JobOptions Options(std::string code_version, const std::filesystem::path& scratch) {
  JobOptions options;
  options.code_version = std::move(code_version);
  options.scratch = scratch;
  options.training.search.trials = 3;  // what is searched well is tested by the models' tests
  return options;
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

// Of two of LatentRatings' movies something is known.
class FakeContent final : public ContentSource {
 public:
  std::shared_ptr<const models::Content> Get() override { return content_; }

 private:
  std::shared_ptr<const models::Content> content_ = std::make_shared<const models::Content>(
      models::Content{{1001, {{"Drama"}, 1994}}, {1002, {{"Comedy", "Drama"}, 2004}}});
};

// A registry of this process: numbers what it gets, keeps the files, and promotes the first
// version, what is forced, and whatever a test says.
class FakeRegistry final : public ModelRegistry {
 public:
  struct Kept {
    ModelVersion version;
    bool force = false;
    std::int64_t compared_with = 0;
    std::filesystem::path file;
    std::filesystem::path evaluation_file;
  };

  // The next calls of Register answer this; `taken`: though they took effect.
  void FailNext(int count, Error error, bool taken = false) {
    const std::lock_guard lock(mutex_);
    failures_ = count;
    error_ = std::move(error);
    taken_ = taken;
  }
  void Promote(const std::string& model, std::int64_t version) {
    const std::lock_guard lock(mutex_);
    champions_[model] = version;
  }
  std::vector<Kept> kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
  }
  Kept Of(const std::string& model, std::int64_t version) const {
    for (auto& one : kept()) {
      if (one.version.model == model && one.version.version == version) return one;
    }
    return {};
  }

  Result<std::optional<ModelVersion>> Champion(const std::string& model,
                                               const CallContext&) override {
    std::int64_t version = 0;
    {
      const std::lock_guard lock(mutex_);
      const auto at = champions_.find(model);
      if (at == champions_.end()) return std::optional<ModelVersion>{};
      version = at->second;
    }
    return std::optional(Of(model, version).version);
  }
  Status FetchEvaluation(const ModelVersion& version, const std::filesystem::path& to,
                         const CallContext&) override {
    std::error_code failed;
    std::filesystem::copy_file(Of(version.model, version.version).evaluation_file, to, failed);
    if (failed) return Error::NotFound("artefact_missing", "It is gone.");
    return {};
  }
  Result<ModelVersion> Register(const NewVersion& version, const CallContext&) override {
    const std::lock_guard lock(mutex_);
    const bool fails = failures_ > 0 && failures_-- > 0;
    if (fails && !taken_) return *error_;
    const auto card = artefact::ParseModelCard(version.card);
    EXPECT_TRUE(card.ok()) << card.error().ToString();
    std::int64_t number = 1;
    for (const auto& one : kept_) {
      if (one.version.sha256 == card->artefact_sha256) return one.version;
      if (one.version.model == version.model) ++number;
    }
    Kept kept;
    kept.version.model = version.model;
    kept.version.version = number;
    kept.version.run_id = card->run_id;
    kept.version.sha256 = card->artefact_sha256;
    kept.version.size_bytes = card->artefact_bytes;
    kept.version.metrics = card->metrics;
    kept.version.card = version.card;
    kept.version.artefact_state = ArtefactState::kPresent;
    kept.force = version.force_promotion;
    kept.compared_with = version.compared_with;
    kept.file = Keep(version.file, number);
    kept.evaluation_file = Keep(version.evaluation_file, number);
    if (kept.force || !champions_.contains(version.model)) champions_[version.model] = number;
    kept_.push_back(kept);
    if (fails) return *error_;
    return kept.version;
  }
  Result<std::vector<ModelVersion>> OfRuns(const std::vector<std::int64_t>& run_ids,
                                           const CallContext&) override {
    std::vector<ModelVersion> found;
    for (const auto& one : kept()) {
      if (std::count(run_ids.begin(), run_ids.end(), one.version.run_id) > 0)
        found.push_back(one.version);
    }
    return found;
  }
  Status TakeOver(const ModelVersion& version, const std::filesystem::path& file,
                  const std::filesystem::path& evaluation_file, const CallContext&) override {
    const std::lock_guard lock(mutex_);
    if (failures_ > 0 && failures_-- > 0) return *error_;
    kept_.push_back({.version = version, .file = file, .evaluation_file = evaluation_file});
    return {};
  }

 private:
  std::filesystem::path Keep(const std::filesystem::path& file, std::int64_t number) {
    const auto to = folder_.path() / (std::to_string(number) + "-" + file.filename().string());
    std::filesystem::copy_file(file, to);
    return to;
  }

  mutable std::mutex mutex_;
  TemporaryFolder folder_;
  std::vector<Kept> kept_;
  std::map<std::string, std::int64_t> champions_;
  int failures_ = 0;
  std::optional<Error> error_;
  bool taken_ = false;
};

}  // namespace marquee::trainer::testing
