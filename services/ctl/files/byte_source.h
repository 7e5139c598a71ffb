// The bytes of a file to be read once, from its start to its end: as they are, or out of .gz or
// .zip. Only regular files: a named pipe, a device or a folder is refused instead of waited for.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace marquee::ctl {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // At most `most` bytes; 0 at the end. DataLoss "unreadable_file" for a damaged archive or disk.
  virtual Result<std::size_t> Read(char* to, std::size_t most) = 0;
  virtual double Share() const = 0;  // of the file that was read, 0 to 1
  // Whether the file is still the one that was opened, to be asked after the end.
  // FailedPrecondition "file_changed".
  virtual Status Unchanged() const = 0;
};

// InvalidArgument "not_a_file" for what isn't a regular file, NotFound "unreadable_file".
Status CheckRegularFile(const std::filesystem::path& path);

// `path`, decompressed when it begins as gzip does, whatever its name.
Result<std::unique_ptr<ByteSource>> OpenFile(const std::filesystem::path& path);

// The files in a .zip, by their names in it. InvalidArgument "bad_archive".
Result<std::vector<std::string>> ListZip(const std::filesystem::path& path);
Result<std::unique_ptr<ByteSource>> OpenInZip(const std::filesystem::path& path,
                                              const std::string& name);

// A small file as a whole, from whatever can be read: waits for a pipe, but not for ever. NotFound
// "unreadable_file", InvalidArgument "not_a_file" or "file_too_large".
Result<std::string> ReadSmallFile(const std::filesystem::path& path, std::size_t most_bytes);

}  // namespace marquee::ctl
