// A model's file, from whoever wrote it.
#include "artefact/safetensors.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>

#include "fuzz/must.h"

using namespace marquee::artefact;  // NOLINT(google-build-using-namespace): a program of its own

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("model", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  MUST(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto opened = SafetensorsFile::Open(path);
  if (!opened.ok()) {
    MUST(opened.error().code == marquee::Code::kDataLoss && !opened.error().message.empty());
    return 0;
  }
  std::size_t bytes = 0;
  for (const auto& tensor : (*opened)->tensors()) {
    std::size_t items = 1;
    for (const auto extent : tensor.shape) items *= static_cast<std::size_t>(extent);
    MUST(tensor.bytes.size() == items * ItemSize(tensor.dtype));
    MUST((*opened)->Find(tensor.name) != nullptr);
    bytes += tensor.bytes.size();
    if (tensor.dtype == DType::kF32)
      for (const float value : tensor.f32()) MUST(std::isfinite(value));
  }
  MUST(bytes <= size);
  return 0;
}
