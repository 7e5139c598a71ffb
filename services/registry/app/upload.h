// Files that arrive in pieces, in a scratch folder until they are stored: checked as they come for
// their size and hash, gone when the upload is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "artefact/sha256.h"
#include "base/result.h"

namespace marquee::registry {

class Upload {
 public:
  // `most` bytes are taken. Open() makes the folder if it is missing.
  Upload(const std::filesystem::path& folder, std::int64_t most);
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // InvalidArgument "artefact_too_long" beyond `most`; Unavailable "scratch_unavailable" when the
  // disk doesn't take it.
  Status Write(std::string_view bytes);
  // No more comes: the hash of what came, lower-case hexadecimal.
  std::string Finish() { return hash_.FinishHex(); }

  std::int64_t bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  Status Open();

  std::filesystem::path folder_;
  std::filesystem::path path_;
  std::int64_t most_;
  int descriptor_ = -1;
  std::int64_t bytes_ = 0;
  artefact::Sha256 hash_;
};

// Removes what processes that were killed have left in the folder. It is this process's alone.
void SweepScratch(const std::filesystem::path& folder);
// Whether uploads can be taken: Unavailable "scratch_unavailable".
Status CheckScratch(const std::filesystem::path& folder);

}  // namespace marquee::registry
