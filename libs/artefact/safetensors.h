// safetensors: 8 bytes of header length (little-endian), a JSON header, the tensors' bytes.
// https://github.com/huggingface/safetensors#format
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/tensor.h"

namespace marquee::artefact {

using models::DType;
using models::Tensor;
using Metadata = std::map<std::string, std::string>;

// What was written.
struct WrittenFile {
  int64_t bytes = 0;
  std::string sha256;  // of the whole file, lower-case hexadecimal
};

// Writes to `path` + a temporary suffix in the same folder, fsyncs, renames, fsyncs the folder: a
// crash leaves the old file or the new one. Tensor data is aligned to 64 bytes, tensors are laid
// out in the given order by falling element size. InvalidArgument: repeated or reserved name, shape
// and bytes that disagree. Unavailable: the disk failed (the temporary file is removed).
Result<WrittenFile> WriteSafetensors(const std::filesystem::path& path,
                                     std::span<const Tensor> tensors, const Metadata& metadata);

struct ReadOptions {
  bool require_finite = true;  // every float of every F32 and F16 tensor (reads the whole file)
  int64_t max_header_bytes = 16 << 20;
};

// A mapped file; tensors view it and live as long as it does. Immutable, shareable by threads.
class SafetensorsFile {
 public:
  // Maps and validates: header length within the file and the bound, JSON of the right shape
  // without repeated keys, known dtypes, non-negative shapes whose product (no overflow) times the
  // element size is the range's length, ranges within the data, neither overlapping nor leaving
  // holes, starting at multiples of the element size. NotFound: no such file. DataLoss: any
  // violation, with a message that names it.
  static Result<std::shared_ptr<const SafetensorsFile>> Open(const std::filesystem::path& path,
                                                             const ReadOptions& options = {});
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  // nullptr when there is no such tensor.
  const Tensor* Find(std::string_view name) const;
  // DataLoss when it is missing or has another dtype or rank.
  Result<Tensor> Require(std::string_view name, DType dtype, int rank) const;
  const std::vector<Tensor>& tensors() const { return tensors_; }
  const Metadata& metadata() const { return metadata_; }
  int64_t size_bytes() const { return static_cast<int64_t>(size_); }
  // Takes what was read of the file out of this process's resident memory, as after the checks,
  // which read it all: pages in use come back from the system's cache as they are touched.
  void ReleasePages() const;
  // Of the whole file, computed at the call.
  std::string Sha256() const;

 private:
  SafetensorsFile() = default;
  Status Validate(const ReadOptions& options);

  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  std::vector<Tensor> tensors_;
  Metadata metadata_;
};

}  // namespace marquee::artefact
