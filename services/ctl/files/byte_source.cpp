#include "ctl/files/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unzip.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace marquee::ctl {
namespace {

Error Unreadable(const std::filesystem::path& path, const std::string& why) {
  return Error::NotFound("unreadable_file", "Can't read " + path.string() + ": " + why + ".");
}

Error Damaged(const std::string& name, const std::string& why) {
  return Error::DataLoss("unreadable_file",
                         name + " is damaged: " + why + ". Nothing was sent: fetch it again.");
}

std::string KindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISSOCK(mode)) return "a socket";
  return "no file";
}

// Closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct Opened {
  Descriptor descriptor;
  struct stat info;
};

// Without blocking: whoever opens a named pipe waits for its other end otherwise.
Result<Opened> OpenRegular(const std::filesystem::path& path) {
  Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) return Unreadable(path, std::strerror(errno));
  struct stat info {};
  if (fstat(descriptor.get(), &info) != 0) return Unreadable(path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) {
    return Error::InvalidArgument(
        "not_a_file", path.string() + " is " + KindOf(info.st_mode) + ": a file is wanted.");
  }
  return Opened{std::move(descriptor), info};
}

// What tells that somebody wrote to the file.
class Version {
 public:
  Version(std::filesystem::path path, const struct stat& info)
      : path_(std::move(path)), info_(info) {}
  Status Compare(const struct stat& now) const {
    const auto same = [](const timespec& a, const timespec& b) {
      return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
    };
    if (now.st_size == info_.st_size && same(now.st_mtim, info_.st_mtim)) return {};
    return Error::FailedPrecondition(
        "file_changed", path_.string() +
                            " changed while it was read. Nothing was sent: import it again when "
                            "nobody writes to it.");
  }
  double size() const { return static_cast<double>(info_.st_size); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  struct stat info_;
};

class PlainFile final : public ByteSource {
 public:
  PlainFile(Descriptor descriptor, Version version)
      : descriptor_(std::move(descriptor)), version_(std::move(version)) {}
  Result<std::size_t> Read(char* to, std::size_t most) override {
    for (;;) {
      const ssize_t count = read(descriptor_.get(), to, most);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return Unreadable(version_.path(), std::strerror(errno));
      read_ += static_cast<double>(count);
      return static_cast<std::size_t>(count);
    }
  }
  double Share() const override { return std::min(1.0, read_ / std::max(1.0, version_.size())); }
  Status Unchanged() const override {
    struct stat now {};
    if (fstat(descriptor_.get(), &now) != 0) now = {};
    return version_.Compare(now);
  }

 private:
  Descriptor descriptor_;
  Version version_;
  double read_ = 0;
};

class GzipFile final : public ByteSource {
 public:
  GzipFile(gzFile file, int fd, Version version)
      : file_(file), fd_(fd), version_(std::move(version)) {
    gzbuffer(file_, 256 << 10);
  }
  ~GzipFile() override { gzclose_r(file_); }
  Result<std::size_t> Read(char* to, std::size_t most) override {
    const int count =
        gzread(file_, to, static_cast<unsigned>(std::min<std::size_t>(most, 1 << 30)));
    int error = Z_OK;
    const char* message = gzerror(file_, &error);
    // A file that ends too early is Z_BUF_ERROR, beside what could be read.
    if (count < 0 || (count == 0 && error != Z_OK && error != Z_STREAM_END))
      return Damaged(version_.path().string(), message);
    return static_cast<std::size_t>(count);
  }
  double Share() const override {
    return std::min(1.0, static_cast<double>(gzoffset(file_)) / std::max(1.0, version_.size()));
  }
  Status Unchanged() const override {
    struct stat now {};
    if (fstat(fd_, &now) != 0) now = {};
    return version_.Compare(now);
  }

 private:
  gzFile file_;
  int fd_;  // the file's own
  Version version_;
};

class ZipEntry final : public ByteSource {
 public:
  ZipEntry(unzFile zip, std::string name, Version version)
      : zip_(zip), name_(std::move(name)), version_(std::move(version)) {
    unz_file_info64 info{};
    if (unzGetCurrentFileInfo64(zip_, &info, nullptr, 0, nullptr, 0, nullptr, 0) == UNZ_OK)
      size_ = static_cast<double>(info.uncompressed_size);
  }
  ~ZipEntry() override {
    unzCloseCurrentFile(zip_);
    unzClose(zip_);
  }
  Result<std::size_t> Read(char* to, std::size_t most) override {
    if (ended_) return std::size_t{0};
    const int count =
        unzReadCurrentFile(zip_, to, static_cast<unsigned>(std::min<std::size_t>(most, 1 << 30)));
    if (count < 0) return Damaged(version_.path().string(), name_ + " can't be unpacked");
    ended_ = count == 0;
    // To close it is to compare its checksum.
    if (ended_ && (read_ != size_ || unzCloseCurrentFile(zip_) != UNZ_OK))
      return Damaged(version_.path().string(), name_ + " isn't what its checksum says");
    read_ += count;
    return static_cast<std::size_t>(count);
  }
  double Share() const override { return std::min(1.0, read_ / std::max(1.0, size_)); }
  Status Unchanged() const override {
    struct stat now {};
    if (stat(version_.path().c_str(), &now) != 0) now = {};
    return version_.Compare(now);
  }

 private:
  unzFile zip_;
  std::string name_;
  Version version_;
  double size_ = 0;
  double read_ = 0;
  bool ended_ = false;
};

Error BadArchive(const std::filesystem::path& path) {
  return Error::InvalidArgument("bad_archive",
                                path.string() + " is no .zip that can be read: fetch it again.");
}

bool BeginsAsGzip(int fd) {
  unsigned char magic[2] = {};
  return pread(fd, magic, 2, 0) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
}

}  // namespace

Status CheckRegularFile(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const auto opened, OpenRegular(path));
  return {};
}

Result<std::unique_ptr<ByteSource>> OpenFile(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(auto opened, OpenRegular(path));
  Version version(path, opened.info);
  const int fd = opened.descriptor.get();
  if (!BeginsAsGzip(fd)) {
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return std::unique_ptr<ByteSource>(
        std::make_unique<PlainFile>(std::move(opened.descriptor), std::move(version)));
  }
  const gzFile file = gzdopen(fd, "rb");
  if (file == nullptr) return Unreadable(path, "there is no memory");
  opened.descriptor.release();
  return std::unique_ptr<ByteSource>(std::make_unique<GzipFile>(file, fd, std::move(version)));
}

Result<std::vector<std::string>> ListZip(const std::filesystem::path& path) {
  RETURN_IF_ERROR(CheckRegularFile(path));
  const unzFile zip = unzOpen64(path.c_str());
  if (zip == nullptr) return BadArchive(path);
  std::vector<std::string> names;
  int status = unzGoToFirstFile(zip);
  for (; status == UNZ_OK; status = unzGoToNextFile(zip)) {
    char name[4096];
    if (unzGetCurrentFileInfo64(zip, nullptr, name, sizeof name, nullptr, 0, nullptr, 0) == UNZ_OK)
      names.emplace_back(name);
  }
  unzClose(zip);
  if (status != UNZ_END_OF_LIST_OF_FILE) return BadArchive(path);
  return names;
}

Result<std::unique_ptr<ByteSource>> OpenInZip(const std::filesystem::path& path,
                                              const std::string& name) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return Unreadable(path, std::strerror(errno));
  const unzFile zip = unzOpen64(path.c_str());
  if (zip == nullptr) return BadArchive(path);
  if (unzLocateFile(zip, name.c_str(), 1) != UNZ_OK || unzOpenCurrentFile(zip) != UNZ_OK) {
    unzClose(zip);
    return Error::InvalidArgument(
        "bad_archive", name + " in " + path.string() +
                           " can't be unpacked: it is encrypted, or packed in a way that "
                           "isn't known here. Unpack it and import the folder.");
  }
  return std::unique_ptr<ByteSource>(std::make_unique<ZipEntry>(zip, name, Version(path, info)));
}

Result<std::string> ReadSmallFile(const std::filesystem::path& path, std::size_t most_bytes) {
  constexpr int kPatienceMilliseconds = 10'000;
  const Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) return Unreadable(path, std::strerror(errno));
  struct stat info {};
  if (fstat(descriptor.get(), &info) == 0 && S_ISDIR(info.st_mode))
    return Error::InvalidArgument("not_a_file", path.string() + " is a folder: a file is wanted.");
  std::string text;
  char buffer[64 << 10];
  for (;;) {
    const ssize_t count = read(descriptor.get(), buffer, sizeof buffer);
    if (count == 0) return text;
    if (count > 0) {
      text.append(buffer, static_cast<std::size_t>(count));
      if (text.size() <= most_bytes) continue;
      return Error::InvalidArgument("file_too_large", path.string() + " is larger than " +
                                                          std::to_string(most_bytes) + " bytes.");
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Unreadable(path, std::strerror(errno));
    pollfd wait{descriptor.get(), POLLIN, 0};
    if (poll(&wait, 1, kPatienceMilliseconds) == 0)
      return Unreadable(path, "nothing came from it for 10 s");
  }
}

}  // namespace marquee::ctl
