#include "artefact/registry_transfer.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "artefact/sha256.h"
#include "base/clock.h"
#include "base/uuid.h"

namespace marquee::artefact {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kChunkBytes = 1 << 20;

Error Corrupt(const std::string& what) {
  return Error::DataLoss("artefact_corrupt", "The artefact is corrupt: " + what + ".");
}

Error DiskFailed(const std::string& what) {
  return Error::Unavailable("artefact_cache_unavailable",
                            "The artefact can't be written: " + what + ".");
}

// A file that goes away unless it is kept.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path path)
      : path_(std::move(path)),
        descriptor_(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) {}
  ~TemporaryFile() {
    if (descriptor_ >= 0) close(descriptor_);
    std::error_code ignored;
    if (!kept_) fs::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  Status Write(std::string_view bytes) {
    while (descriptor_ >= 0 && !bytes.empty()) {
      const auto written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return DiskFailed(std::strerror(errno));
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    if (descriptor_ < 0) return DiskFailed(path_.string() + " can't be made");
    return {};
  }
  // No fsync: what a crash leaves is checked before it is trusted.
  Status KeepAs(const fs::path& path) {
    std::error_code failed;
    fs::rename(path_, path, failed);
    if (failed) return DiskFailed(failed.message());
    kept_ = true;
    return {};
  }

 private:
  fs::path path_;
  int descriptor_;
  bool kept_ = false;
};

// Sends the file in chunks. True, too, when the server has stopped listening: its status says why.
template <typename Request>
Status SendFile(const fs::path& path, grpc::ClientWriter<Request>& writer,
                std::string* (Request::*chunk_of)()) {
  if (path.empty()) return {};
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    return Error::InvalidArgument("artefact_unreadable", path.string() + " can't be read.");
  Request message;
  while (stream) {
    std::string& chunk = *(message.*chunk_of)();
    chunk.resize(kChunkBytes);
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    chunk.resize(static_cast<std::size_t>(stream.gcount()));
    if (!chunk.empty() && !writer.Write(message)) return {};
  }
  if (stream.bad())
    return Error::InvalidArgument("artefact_unreadable", path.string() + " can't be read.");
  return {};
}

template <typename Request>
Result<grpc::Status> Send(grpc::ClientContext& context,
                          std::unique_ptr<grpc::ClientWriter<Request>> writer, const Request& first,
                          const ModelFiles& files) {
  Status outcome;
  if (writer->Write(first)) {
    outcome = SendFile(files.served, *writer, &Request::mutable_chunk);
    if (outcome.ok())
      outcome = SendFile(files.evaluation, *writer, &Request::mutable_evaluation_chunk);
  }
  if (!outcome.ok()) context.TryCancel();
  writer->WritesDone();
  auto status = writer->Finish();
  RETURN_IF_ERROR(outcome);
  return status;
}

}  // namespace

Result<grpc::Status> Register(RegistryStub& registry, grpc::ClientContext& context,
                              const registry::v1::NewModelVersion& version, const ModelFiles& files,
                              registry::v1::RegisterModelVersionResponse& response) {
  registry::v1::RegisterModelVersionRequest first;
  *first.mutable_version() = version;
  return Send(context, registry.RegisterModelVersion(&context, &response), first, files);
}

Result<grpc::Status> TakeOver(RegistryStub& registry, grpc::ClientContext& context,
                              const registry::v1::ModelVersion& version, const ModelFiles& files,
                              registry::v1::TakeOverModelVersionResponse& response) {
  registry::v1::TakeOverModelVersionRequest first;
  *first.mutable_version() = version;
  return Send(context, registry.TakeOverModelVersion(&context, &response), first, files);
}

Result<grpc::Status> Download(RegistryStub& registry, grpc::ClientContext& context,
                              const registry::v1::DownloadArtefactRequest& request,
                              Expected expected, const fs::path& path) {
  TemporaryFile file(path.string() + kPartial + Uuid::V7(SystemClock().Now()).ToString());
  Sha256 hash;
  std::int64_t received = 0;
  Status outcome;
  auto reader = registry.DownloadArtefact(&context, request);
  for (registry::v1::DownloadArtefactResponse response; outcome.ok() && reader->Read(&response);) {
    if (received == 0 && expected.sha256.empty())
      expected = {response.sha256(), response.size_bytes()};
    received += static_cast<std::int64_t>(response.chunk().size());
    if (received > expected.bytes) {
      outcome = Corrupt("it is longer than the registry says");
      break;
    }
    hash.Update(response.chunk());
    outcome = file.Write(response.chunk());
  }
  if (!outcome.ok()) context.TryCancel();
  auto status = reader->Finish();
  RETURN_IF_ERROR(outcome);
  if (!status.ok()) return status;
  if (received != expected.bytes)
    return Corrupt("it ended after " + std::to_string(received) + " of " +
                   std::to_string(expected.bytes) + " bytes");
  if (hash.FinishHex() != expected.sha256) return Corrupt("its SHA-256 is another");
  RETURN_IF_ERROR(file.KeepAs(path));
  return status;
}

}  // namespace marquee::artefact
