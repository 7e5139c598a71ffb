#include "registry/app/upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/clock.h"
#include "base/uuid.h"
#include "logging/log.h"

namespace marquee::registry {
namespace {

namespace fs = std::filesystem;
constexpr char kSuffix[] = ".upload";

Error ScratchFailed(const fs::path& path, const std::string& what) {
  logging::Error("scratch folder failed", {{"path", path.string()}, {"error", what}});
  return Error::Unavailable("scratch_unavailable",
                            "The registry's scratch folder can't be used: " + what + ".");
}

}  // namespace

Upload::Upload(const fs::path& folder, std::int64_t most)
    : folder_(folder),
      path_(folder / (Uuid::V7(SystemClock().Now()).ToString() + kSuffix)),
      most_(most) {}

Upload::~Upload() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  std::error_code ignored;
  fs::remove(path_, ignored);
}

Status Upload::Open() {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor_ < 0) return ScratchFailed(path_, std::strerror(errno));
  return {};
}

Status Upload::Write(std::string_view bytes) {
  bytes_ += static_cast<std::int64_t>(bytes.size());
  if (bytes_ > most_)
    return Error::InvalidArgument(
        "artefact_too_long",
        "The artefact is longer than the " + std::to_string(most_) + " bytes that it may have.");
  if (descriptor_ < 0) RETURN_IF_ERROR(Open());
  hash_.Update(bytes);
  while (!bytes.empty()) {
    const auto written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ScratchFailed(path_, std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

void SweepScratch(const fs::path& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().extension() == kSuffix) fs::remove(entry.path(), failed);
  }
}

Status CheckScratch(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed || access(folder.c_str(), W_OK | X_OK) != 0)
    return Error::Unavailable("scratch_unavailable", "The registry's scratch folder " +
                                                         folder.string() + " can't be written to.");
  return {};
}

}  // namespace marquee::registry
