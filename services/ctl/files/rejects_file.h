// The list of what was left out: tab-separated lines of file, line, reason, column and detail.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "ctl/domain/dataset.h"

namespace marquee::ctl {

class RejectsFile {
 public:
  // Enough to see what is wrong; a file of which every line is wrong needn't be copied.
  static constexpr std::uint64_t kMostListed = 1'000'000;

  // The file is made, or emptied, at once, so that nothing is read before it is known to be there;
  // one that was made and has nothing to list goes again.
  // InvalidArgument "bad_rejects_file": its folder is missing, it can't be written, it isn't a
  // file, or it is one that isn't such a list, which is never overwritten.
  static Result<RejectsFile> Open(const std::filesystem::path& path);

  void Add(const Reject& reject);
  // Writes what is left. Unavailable "write_failed" when not all of it is on the disk.
  Status Close();

  std::uint64_t count() const { return count_; }  // of all rejects
  const std::filesystem::path& path() const { return path_; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  RejectsFile(std::filesystem::path path, std::FILE* file, bool made)
      : path_(std::move(path)), file_(file), made_(made) {}

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  bool made_;  // it wasn't there before
  std::uint64_t count_ = 0;
  bool failed_ = false;
};

}  // namespace marquee::ctl
