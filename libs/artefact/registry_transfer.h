// Artefacts to and from the registry, as whoever trains, serves or looks after models sends and
// fetches them. Memory stays at a few chunks, whatever the size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "marquee/registry/v1/registry.grpc.pb.h"

namespace marquee::artefact {

using RegistryStub = registry::v1::RegistryService::Stub;

// Both are the caller's context's: deadline, token, cancellation. An empty path: no such artefact.
// What the registry refuses comes as its error.
struct ModelFiles {
  std::filesystem::path served;
  std::filesystem::path evaluation;
};
Result<grpc::Status> Register(RegistryStub& registry, grpc::ClientContext& context,
                              const registry::v1::NewModelVersion& version, const ModelFiles& files,
                              registry::v1::RegisterModelVersionResponse& response);
Result<grpc::Status> TakeOver(RegistryStub& registry, grpc::ClientContext& context,
                              const registry::v1::ModelVersion& version, const ModelFiles& files,
                              registry::v1::TakeOverModelVersionResponse& response);

// What a file must turn out to be.
struct Expected {
  std::string sha256;  // lower-case hexadecimal; empty: as the registry's first message says
  std::int64_t bytes = 0;
};
// To a temporary file beside `path`, which has its name only once its size and hash are right.
// DataLoss "artefact_corrupt"; Unavailable "artefact_cache_unavailable" for the disk; the call's
// own status otherwise.
Result<grpc::Status> Download(RegistryStub& registry, grpc::ClientContext& context,
                              const registry::v1::DownloadArtefactRequest& request,
                              Expected expected, const std::filesystem::path& path);

// Part of the name of a file that is still coming.
inline constexpr char kPartial[] = ".partial-";

}  // namespace marquee::artefact
