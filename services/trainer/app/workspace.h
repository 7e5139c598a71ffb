// A folder for one run's files, which goes away with it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace marquee::trainer {

class Workspace {
 public:
  // Below `scratch`, which is made if it is missing. Unavailable "scratch_unavailable" when it
  // can't be written to.
  static Result<Workspace> Make(const std::filesystem::path& scratch, std::int64_t run_id);
  ~Workspace();
  Workspace(Workspace&& other) noexcept;
  Workspace& operator=(Workspace&&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Removes what processes that were killed have left in `scratch`. It is this process's alone.
  static void Sweep(const std::filesystem::path& scratch);

 private:
  explicit Workspace(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace marquee::trainer
