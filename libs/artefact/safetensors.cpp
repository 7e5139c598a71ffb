#include "artefact/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>

#include "artefact/sha256.h"
#include "base/json.h"

namespace marquee::artefact {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensors are written and mapped as they lie in memory");

using Json = nlohmann::json;
// Keeps the tensors in the order in which they are laid out.
using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kMetadataKey = "__metadata__";
constexpr size_t kPrefix = 8;

Error Broken(std::string message) {
  return Error::DataLoss("artefact_broken", "Not a valid safetensors file: " + message + ".");
}

std::optional<DType> ParseDType(std::string_view name) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kI32, DType::kI64, DType::kU8}) {
    if (Name(dtype) == name) return dtype;
  }
  return std::nullopt;
}

// Product of the shape times the element size; nothing on a negative extent or on overflow.
std::optional<uint64_t> ByteSize(const std::vector<int64_t>& shape, DType dtype) {
  uint64_t size = ItemSize(dtype);
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(size, static_cast<uint64_t>(extent), &size)) {
      return std::nullopt;
    }
  }
  return size;
}

// A descriptor, closed at the end of its scope.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() { Close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  bool Close() {
    if (descriptor_ < 0) return true;
    return ::close(std::exchange(descriptor_, -1)) == 0;
  }

 private:
  int descriptor_;
};

Error DiskFailed(const std::filesystem::path& path, std::string_view what) {
  return Error::Unavailable("artefact_write_failed",
                            std::string(what) + " " + path.string() +
                                " failed: " + std::generic_category().message(errno) + ".");
}

class Writer {
 public:
  explicit Writer(int descriptor) : descriptor_(descriptor) {}

  bool Write(std::span<const std::byte> bytes) {
    hash_.Update(bytes);
    written_ += static_cast<int64_t>(bytes.size());
    while (!bytes.empty()) {
      // write() takes at most 2 GiB at once on Linux.
      const size_t size = std::min(bytes.size(), size_t{1} << 30);
      const ssize_t done = ::write(descriptor_, bytes.data(), size);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return false;
      bytes = bytes.subspan(static_cast<size_t>(done));
    }
    return true;
  }
  WrittenFile Finish() { return {written_, hash_.FinishHex()}; }

 private:
  int descriptor_;
  Sha256 hash_;
  int64_t written_ = 0;
};

Status ValidateForWriting(std::span<const Tensor> tensors) {
  std::set<std::string_view> names;
  for (const Tensor& tensor : tensors) {
    if (tensor.name == kMetadataKey || tensor.name.empty() || !names.insert(tensor.name).second) {
      return Error::InvalidArgument(
          "tensor_name", "Tensor name '" + tensor.name + "' is empty, reserved or repeated.");
    }
    if (ByteSize(tensor.shape, tensor.dtype) != tensor.bytes.size()) {
      return Error::InvalidArgument(
          "tensor_shape", "Tensor '" + tensor.name + "' has a shape that its data don't fit.");
    }
  }
  return {};
}

std::string HeaderOf(const std::vector<const Tensor*>& tensors, const Metadata& metadata) {
  OrderedJson header = OrderedJson::object();
  header[std::string(kMetadataKey)] = metadata;
  size_t offset = 0;
  for (const Tensor* tensor : tensors) {
    const size_t end = offset + tensor->bytes.size();
    header[tensor->name] = {
        {"dtype", Name(tensor->dtype)}, {"shape", tensor->shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  // Bytes that aren't UTF-8 become U+FFFD rather than an exception.
  std::string text = header.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  // Spaces after the header are part of the format: the first tensor starts on a cache line.
  constexpr size_t kAlignment = 64;
  text.append((kAlignment - (kPrefix + text.size()) % kAlignment) % kAlignment, ' ');
  return text;
}

// One tensor's entry of the header, without its data.
struct Entry {
  Tensor tensor;
  uint64_t begin = 0;
  uint64_t end = 0;
};

Result<Entry> ParseEntry(const std::string& name, const Json& value, uint64_t data_size) {
  const auto broken = [&name](std::string_view what) {
    return Broken("tensor '" + name + "' " + std::string(what));
  };
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
      !value.contains("shape") || !value.contains("data_offsets")) {
    return broken("doesn't have exactly dtype, shape and data_offsets");
  }
  const Json& dtype = value["dtype"];
  const Json& shape = value["shape"];
  const Json& offsets = value["data_offsets"];
  const std::optional<DType> type =
      dtype.is_string() ? ParseDType(dtype.get_ref<const std::string&>()) : std::nullopt;
  if (!type) return broken("has an unknown dtype");
  if (!shape.is_array() || !offsets.is_array() || offsets.size() != 2) {
    return broken("has a shape or offsets that aren't arrays of numbers");
  }
  Entry entry;
  entry.tensor.name = name;
  entry.tensor.dtype = *type;
  for (const Json& extent : shape) {
    if (!extent.is_number_unsigned() || extent.get<uint64_t>() > INT64_MAX) {
      return broken("has a shape that isn't of natural numbers");
    }
    entry.tensor.shape.push_back(extent.get<int64_t>());
  }
  if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
    return broken("has offsets that aren't natural numbers");
  }
  entry.begin = offsets[0].get<uint64_t>();
  entry.end = offsets[1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > data_size) return broken("lies outside the file");
  if (ByteSize(entry.tensor.shape, *type) != entry.end - entry.begin) {
    return broken("has a shape that its data don't fit");
  }
  return entry;
}

Result<Json> ParseHeader(std::string_view text) {
  auto header = ParseJson(text, /*most_depth=*/4);
  if (!header.ok()) return Broken("the header " + header.error().message);
  if (!header->is_object()) return Broken("the header is not a JSON object");
  return header;
}

bool AllFinite(const Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kF32: {
      const auto values = tensor.f32();
      return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
    }
    case DType::kF16: {
      for (size_t i = 0; i + 1 < tensor.bytes.size(); i += 2) {
        uint16_t half = 0;
        std::memcpy(&half, tensor.bytes.data() + i, sizeof half);
        if ((half & 0x7c00) == 0x7c00) return false;
      }
      return true;
    }
    case DType::kI32:
    case DType::kI64:
    case DType::kU8: return true;
  }
  return true;
}

}  // namespace

Result<WrittenFile> WriteSafetensors(const std::filesystem::path& path,
                                     std::span<const Tensor> tensors, const Metadata& metadata) {
  RETURN_IF_ERROR(ValidateForWriting(tensors));
  std::vector<const Tensor*> order;
  for (const Tensor& tensor : tensors) order.push_back(&tensor);
  // Larger elements first keeps each tensor aligned to its element without holes.
  std::stable_sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) {
    return ItemSize(a->dtype) > ItemSize(b->dtype);
  });
  const std::string header = HeaderOf(order, metadata);

  const std::filesystem::path folder =
      path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::string temporary = path.string() + ".XXXXXX";
  File file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return DiskFailed(path, "Creating");
  const auto fail = [&](std::string_view what) {
    Error error = DiskFailed(path, what);
    ::unlink(temporary.c_str());
    return error;
  };
  Writer writer(file.get());
  const uint64_t size = header.size();
  bool written = writer.Write(std::as_bytes(std::span(&size, 1))) &&
                 writer.Write(std::as_bytes(std::span(header)));
  for (const Tensor* tensor : order) written = written && writer.Write(tensor->bytes);
  if (!written) return fail("Writing");
  if (::fchmod(file.get(), 0644) != 0 || ::fsync(file.get()) != 0 || !file.Close()) {
    return fail("Flushing");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return fail("Renaming");
  File parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0 || ::fsync(parent.get()) != 0) return DiskFailed(folder, "Flushing");
  return writer.Finish();
}

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::Open(
    const std::filesystem::path& path, const ReadOptions& options) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Error::NotFound("artefact_not_found",
                           "There is no readable file " + path.string() + ".");
  }
  if (status.st_size < static_cast<off_t>(kPrefix)) return Broken("it is too short");
  std::shared_ptr<SafetensorsFile> result(new SafetensorsFile());
  const auto size = static_cast<size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return DiskFailed(path, "Mapping");
  result->data_ = static_cast<const std::byte*>(data);
  result->size_ = size;
  RETURN_IF_ERROR(result->Validate(options));
  return std::shared_ptr<const SafetensorsFile>(std::move(result));
}

SafetensorsFile::~SafetensorsFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void SafetensorsFile::ReleasePages() const {
  ::madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED);
}

Status SafetensorsFile::Validate(const ReadOptions& options) {
  uint64_t header_size = 0;
  std::memcpy(&header_size, data_, kPrefix);
  if (header_size > static_cast<uint64_t>(options.max_header_bytes) ||
      header_size > size_ - kPrefix) {
    return Broken("the header's length is out of bounds");
  }
  ASSIGN_OR_RETURN(const Json header,
                   ParseHeader({reinterpret_cast<const char*>(data_) + kPrefix, header_size}));
  const std::byte* data = data_ + kPrefix + header_size;
  const uint64_t data_size = size_ - kPrefix - header_size;

  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == kMetadataKey) {
      if (!value.is_object()) return Broken("the metadata are not an object");
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) return Broken("the metadata hold something else than strings");
        metadata_[key] = text.get<std::string>();
      }
      continue;
    }
    ASSIGN_OR_RETURN(Entry entry, ParseEntry(name, value, data_size));
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t reached = 0;
  for (Entry& entry : entries) {
    if (entry.begin != reached) return Broken("tensors overlap or leave holes");
    reached = entry.end;
    if (reinterpret_cast<uintptr_t>(data + entry.begin) % ItemSize(entry.tensor.dtype) != 0) {
      return Broken("tensor '" + entry.tensor.name + "' is not aligned to its element size");
    }
    entry.tensor.bytes = {data + entry.begin, static_cast<size_t>(entry.end - entry.begin)};
    if (options.require_finite && !AllFinite(entry.tensor)) {
      return Broken("tensor '" + entry.tensor.name + "' holds a value that is not finite");
    }
    tensors_.push_back(std::move(entry.tensor));
  }
  if (reached != data_size) return Broken("there are bytes after the last tensor");
  return {};
}

const Tensor* SafetensorsFile::Find(std::string_view name) const {
  const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                  [name](const Tensor& tensor) { return tensor.name == name; });
  return found == tensors_.end() ? nullptr : &*found;
}

Result<Tensor> SafetensorsFile::Require(std::string_view name, DType dtype, int rank) const {
  const Tensor* tensor = Find(name);
  if (tensor == nullptr) return Broken("tensor '" + std::string(name) + "' is missing");
  if (tensor->dtype != dtype || tensor->shape.size() != static_cast<size_t>(rank)) {
    return Broken("tensor '" + std::string(name) + "' has another dtype or rank");
  }
  return *tensor;
}

std::string SafetensorsFile::Sha256() const {
  artefact::Sha256 hash;
  hash.Update({data_, size_});
  return hash.FinishHex();
}

}  // namespace marquee::artefact
