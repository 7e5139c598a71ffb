// marquee.registry.v1.RegistryService: converts, calls, converts.
#pragma once

#include <filesystem>

#include "marquee/registry/v1/registry.grpc.pb.h"
#include "registry/app/registry.h"
#include "rpc/service.h"

namespace marquee::registry {

struct UploadOptions {
  std::filesystem::path scratch;       // uploads lie here until they are stored
  std::int64_t max_bytes = 8LL << 30;  // of an artefact
};

class RegistryHandler final : public rpc::Service<v1::RegistryService> {
 public:
  RegistryHandler(Registry& registry, UploadOptions uploads);  // `registry` outlives it

 private:
  Result<v1::RegisterModelVersionResponse> RegisterModelVersion(
      const rpc::Call& call, grpc::ServerReader<v1::RegisterModelVersionRequest>& reader);
  Result<v1::TakeOverModelVersionResponse> TakeOverModelVersion(
      const rpc::Call& call, grpc::ServerReader<v1::TakeOverModelVersionRequest>& reader);
  Result<v1::ListModelVersionsResponse> ListModelVersions(
      const rpc::Call& call, const v1::ListModelVersionsRequest& request);
  Result<v1::ListVersionsOfRunsResponse> ListVersionsOfRuns(
      const rpc::Call& call, const v1::ListVersionsOfRunsRequest& request);
  Result<v1::SetAliasResponse> SetAlias(const rpc::Call& call, const v1::SetAliasRequest& request);
  Result<v1::GetAliasResponse> GetAlias(const rpc::Call& call, const v1::GetAliasRequest& request);
  Status DownloadArtefact(const rpc::Call& call, const v1::DownloadArtefactRequest& request,
                          grpc::ServerWriter<v1::DownloadArtefactResponse>& writer);

  Registry& registry_;
  UploadOptions uploads_;
};

}  // namespace marquee::registry
