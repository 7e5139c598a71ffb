#include "trainer/clients/registry_client.h"

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

#include <functional>

#include "artefact/registry_transfer.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::trainer {
namespace {

using google::protobuf::util::TimeUtil;
namespace wire = registry::v1;

ModelVersion FromWire(const wire::ModelVersion& from) {
  ModelVersion version;
  version.model = from.model();
  version.version = from.version();
  version.run_id = from.run_id();
  version.aliases.assign(from.aliases().begin(), from.aliases().end());
  version.sha256 = from.sha256();
  version.size_bytes = from.size_bytes();
  version.created_at = Time{std::chrono::duration_cast<Time::duration>(
      std::chrono::nanoseconds{TimeUtil::TimestampToNanoseconds(from.created_at())})};
  version.metrics.insert(from.metrics().begin(), from.metrics().end());
  version.card = from.card();
  version.artefact_state = static_cast<ArtefactState>(from.artefact_state());
  version.evaluation_state = static_cast<ArtefactState>(from.evaluation_state());
  return version;
}

}  // namespace

struct RegistryClient::Impl {
  std::unique_ptr<wire::RegistryService::Stub> stub;
  rpc::ServiceToken& token;
  RegistryClientOptions options;

  CallContext Question(const CallContext& call) const {
    return call.Before(SystemClock().Now() + options.call_timeout);
  }

  // Once more with a new token when the old one isn't taken.
  Status Call(const CallContext& call,
              const std::function<Result<grpc::Status>(grpc::ClientContext&)>& make) {
    for (const bool last : {false, true}) {
      ASSIGN_OR_RETURN(const auto bearer, token.Get());
      grpc::ClientContext context;
      rpc::ActAsService(context, bearer,
                        std::chrono::duration_cast<std::chrono::milliseconds>(call.deadline -
                                                                              SystemClock().Now()));
      ASSIGN_OR_RETURN(const auto status, make(context));
      if (status.ok()) return {};
      if (last || status.error_code() != grpc::StatusCode::UNAUTHENTICATED)
        return rpc::FromGrpc(status);
      token.Forget();
    }
    return Error::Internal("unreachable");
  }
};

RegistryClient::RegistryClient(std::shared_ptr<grpc::Channel> registry, rpc::ServiceToken& token,
                               RegistryClientOptions options)
    : impl_(new Impl{wire::RegistryService::NewStub(registry), token, options}) {}

RegistryClient::~RegistryClient() = default;

Result<std::optional<ModelVersion>> RegistryClient::Champion(const std::string& model,
                                                             const CallContext& call) {
  wire::GetAliasRequest request;
  request.set_model(model);
  request.set_alias(kChampion);
  wire::GetAliasResponse response;
  auto asked =
      impl_->Call(impl_->Question(call), [&](grpc::ClientContext& context) -> Result<grpc::Status> {
        return impl_->stub->GetAlias(&context, request, &response);
      });
  if (!asked.ok() && asked.error().reason == "alias_unset") return std::optional<ModelVersion>{};
  RETURN_IF_ERROR(asked);
  return std::optional(FromWire(response.model_version()));
}

Status RegistryClient::FetchEvaluation(const ModelVersion& version, const std::filesystem::path& to,
                                       const CallContext& call) {
  wire::DownloadArtefactRequest request;
  request.set_model(version.model);
  request.set_version(version.version);
  request.set_kind(wire::ARTEFACT_KIND_EVALUATION);
  return impl_->Call(call, [&](grpc::ClientContext& context) {
    return artefact::Download(*impl_->stub, context, request, {}, to);
  });
}

Result<ModelVersion> RegistryClient::Register(const NewVersion& version, const CallContext& call) {
  wire::NewModelVersion request;
  request.set_card(version.card);
  request.set_force_promotion(version.force_promotion);
  request.set_compared_with(version.compared_with);
  wire::RegisterModelVersionResponse response;
  RETURN_IF_ERROR(impl_->Call(call, [&](grpc::ClientContext& context) {
    return artefact::Register(*impl_->stub, context, request,
                              {version.file, version.evaluation_file}, response);
  }));
  return FromWire(response.model_version());
}

Result<std::vector<ModelVersion>> RegistryClient::OfRuns(const std::vector<std::int64_t>& run_ids,
                                                         const CallContext& call) {
  wire::ListVersionsOfRunsRequest request;
  request.mutable_run_ids()->Add(run_ids.begin(), run_ids.end());
  wire::ListVersionsOfRunsResponse response;
  RETURN_IF_ERROR(
      impl_->Call(impl_->Question(call), [&](grpc::ClientContext& context) -> Result<grpc::Status> {
        return impl_->stub->ListVersionsOfRuns(&context, request, &response);
      }));
  std::vector<ModelVersion> versions;
  for (const auto& version : response.model_versions()) versions.push_back(FromWire(version));
  return versions;
}

Status RegistryClient::TakeOver(const ModelVersion& version, const std::filesystem::path& file,
                                const std::filesystem::path& evaluation_file,
                                const CallContext& call) {
  wire::ModelVersion request;
  request.set_model(version.model);
  request.set_version(version.version);
  request.set_run_id(version.run_id);
  for (const auto& alias : version.aliases) request.add_aliases(alias);
  request.set_sha256(version.sha256);
  request.set_size_bytes(version.size_bytes);
  *request.mutable_created_at() = TimeUtil::NanosecondsToTimestamp(
      std::chrono::duration_cast<std::chrono::nanoseconds>(version.created_at.time_since_epoch())
          .count());
  request.mutable_metrics()->insert(version.metrics.begin(), version.metrics.end());
  request.set_card(version.card);
  wire::TakeOverModelVersionResponse response;
  return impl_->Call(call, [&](grpc::ClientContext& context) {
    return artefact::TakeOver(*impl_->stub, context, request, {file, evaluation_file}, response);
  });
}

}  // namespace marquee::trainer
