#include "ctl/files/rejects_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "ctl/files/cells.h"

namespace marquee::ctl {
namespace {

constexpr std::string_view kHeader = "file\tline\treason\tcolumn\tdetail\n";
// As earlier versions began, too.
constexpr std::string_view kBeginning = "file\tline\treason\t";

Error Bad(const std::filesystem::path& path, const std::string& why) {
  return Error::InvalidArgument(
      "bad_rejects_file", "Can't list what is left out in " + path.string() + ": " + why + ".",
      "--rejects");
}

}  // namespace

Result<RejectsFile> RejectsFile::Open(const std::filesystem::path& path) {
  std::error_code unknown;
  const bool made = !std::filesystem::exists(path, unknown);
  // Without blocking: to open a named pipe is to wait for its reader.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0) {
    const std::filesystem::path folder = path.parent_path();
    std::error_code ignored;
    if (errno == ENOENT && !folder.empty() && !std::filesystem::exists(folder, ignored))
      return Bad(path, "there is no folder " + folder.string());
    return Bad(path, std::strerror(errno));
  }
  struct stat info {};
  fstat(fd, &info);
  const auto refuse = [&](const std::string& why) {
    close(fd);
    return Bad(path, why);
  };
  if (!S_ISREG(info.st_mode) && !S_ISCHR(info.st_mode))
    return refuse(S_ISFIFO(info.st_mode) ? "it is a named pipe" : "it is no file");
  if (S_ISREG(info.st_mode) && info.st_size > 0) {
    char beginning[kBeginning.size()];
    const ssize_t count = pread(fd, beginning, sizeof beginning, 0);
    if (count < 0 || std::string_view(beginning, static_cast<std::size_t>(count)) != kBeginning)
      return refuse("it is there already and isn't such a list. Name another file");
    if (ftruncate(fd, 0) != 0) return refuse(std::strerror(errno));
  }
  std::FILE* file = fdopen(fd, "w");
  if (file == nullptr) return refuse("there is no memory");
  RejectsFile rejects(path, file, made);
  std::fwrite(kHeader.data(), 1, kHeader.size(), file);
  if (std::fflush(file) != 0) return Bad(path, std::strerror(errno));
  return rejects;
}

void RejectsFile::Add(const Reject& reject) {
  if (++count_ > kMostListed || failed_) return;
  const std::string line = Excerpt(reject.file, 255) + "\t" + std::to_string(reject.line) + "\t" +
                           reject.reason + "\t" + Excerpt(reject.column, 100) + "\t" +
                           Excerpt(reject.detail, 400) + "\n";
  failed_ = std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size();
}

Status RejectsFile::Close() {
  if (file_ == nullptr) return {};
  const int error = std::fclose(file_.release()) != 0 ? errno : failed_ ? ENOSPC : 0;
  if (made_ && count_ == 0) unlink(path_.c_str());
  if (error == 0) return {};
  return Error::Unavailable("write_failed", "Not all that was left out could be written to " +
                                                path_.string() + ": " + std::strerror(error) + ".");
}

}  // namespace marquee::ctl
