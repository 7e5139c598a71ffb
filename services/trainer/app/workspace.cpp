#include "trainer/app/workspace.h"

#include <string>
#include <system_error>
#include <utility>

namespace marquee::trainer {
namespace {
namespace fs = std::filesystem;
constexpr char kPrefix[] = "run-";
}  // namespace

Result<Workspace> Workspace::Make(const fs::path& scratch, std::int64_t run_id) {
  const auto path = scratch / (kPrefix + std::to_string(run_id));
  std::error_code failed;
  fs::remove_all(path, failed);
  if (!failed) fs::create_directories(path, failed);
  if (failed)
    return Error::Unavailable(
        "scratch_unavailable",
        "The trainer's scratch folder can't be used: " + failed.message() + ".");
  return Workspace(path);
}

Workspace::~Workspace() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Workspace::Workspace(Workspace&& other) noexcept : path_(std::exchange(other.path_, {})) {}

void Workspace::Sweep(const fs::path& scratch) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(scratch, failed)) {
    if (entry.path().filename().string().starts_with(kPrefix)) fs::remove_all(entry.path(), failed);
  }
}

}  // namespace marquee::trainer
