#include "registry/rpc/registry_handler.h"

#include <utility>

#include "base/page_token.h"
#include "registry/rpc/convert.h"

namespace marquee::registry {
namespace {

constexpr int kDefaultPageSize = 20;
constexpr int kMostRuns = 200;

int PageSize(int asked) { return asked > 0 ? asked : kDefaultPageSize; }

Error CallerGone() { return Error::Cancelled("cancelled", "The caller has gone."); }

Error OutOfOrder(const std::string& what) {
  return Error::InvalidArgument("upload_malformed", what);
}

// A stream of a version, its artefact's bytes, then the evaluation artefact's.
template <typename Request>
Result<Request> Receive(const rpc::Call& call, grpc::ServerReader<Request>& reader, Upload& served,
                        Upload& evaluation) {
  Request first;
  if (!reader.Read(&first) || !first.has_version())
    return OutOfOrder("The first message of an upload must be the version, with its card.");
  RETURN_IF_ERROR(rpc::Validate(first));
  for (Request message; reader.Read(&message);) {
    switch (message.part_case()) {
      case Request::kChunk:
        if (evaluation.bytes() > 0)
          return OutOfOrder("The artefact's chunks come before the evaluation artefact's.");
        RETURN_IF_ERROR(served.Write(message.chunk()));
        break;
      case Request::kEvaluationChunk:
        RETURN_IF_ERROR(evaluation.Write(message.evaluation_chunk()));
        break;
      case Request::kVersion:
      case Request::PART_NOT_SET: return OutOfOrder("The version is the first message only.");
    }
  }
  // The stream ends where the caller has said all, and where it was cut off.
  if (call.Cancelled()) return CallerGone();
  return first;
}

}  // namespace

RegistryHandler::RegistryHandler(Registry& registry, UploadOptions uploads)
    : registry_(registry), uploads_(std::move(uploads)) {
  Register(this, &RegistryHandler::RegisterModelVersion);
  Register(this, &RegistryHandler::TakeOverModelVersion);
  Register(this, &RegistryHandler::ListModelVersions);
  Register(this, &RegistryHandler::ListVersionsOfRuns);
  Register(this, &RegistryHandler::SetAlias);
  Register(this, &RegistryHandler::GetAlias);
  Register(this, &RegistryHandler::DownloadArtefact);
}

Result<v1::RegisterModelVersionResponse> RegistryHandler::RegisterModelVersion(
    const rpc::Call& call, grpc::ServerReader<v1::RegisterModelVersionRequest>& reader) {
  Upload served(uploads_.scratch, uploads_.max_bytes);
  Upload evaluation(uploads_.scratch, uploads_.max_bytes);
  ASSIGN_OR_RETURN(const auto first, Receive(call, reader, served, evaluation));
  ASSIGN_OR_RETURN(const auto registered,
                   registry_.Register({.card = first.version().card(),
                                       .force_promotion = first.version().force_promotion(),
                                       .compared_with = first.version().compared_with()},
                                      served, evaluation, call.context()));
  v1::RegisterModelVersionResponse response;
  ToWire(registered.version, *response.mutable_model_version());
  response.set_decision(registered.decision);
  return response;
}

Result<v1::TakeOverModelVersionResponse> RegistryHandler::TakeOverModelVersion(
    const rpc::Call& call, grpc::ServerReader<v1::TakeOverModelVersionRequest>& reader) {
  Upload served(uploads_.scratch, uploads_.max_bytes);
  Upload evaluation(uploads_.scratch, uploads_.max_bytes);
  ASSIGN_OR_RETURN(const auto first, Receive(call, reader, served, evaluation));
  ASSIGN_OR_RETURN(const auto version, registry_.TakeOver(FromWire(first.version()), served,
                                                          evaluation, call.context()));
  v1::TakeOverModelVersionResponse response;
  ToWire(version, *response.mutable_model_version());
  return response;
}

Result<v1::ListModelVersionsResponse> RegistryHandler::ListModelVersions(
    const rpc::Call& call, const v1::ListModelVersionsRequest& request) {
  const std::string list = "model-versions/" + request.model();
  const int size = PageSize(request.page_size());
  ASSIGN_OR_RETURN(const auto before, DecodeLastSent(list, request.page_token()));
  ASSIGN_OR_RETURN(const auto versions,
                   registry_.ListVersions(request.model(), before, size + 1, call.context()));
  v1::ListModelVersionsResponse response;
  for (const auto& version : versions) {
    if (response.model_versions_size() < size) ToWire(version, *response.add_model_versions());
  }
  if (static_cast<int>(versions.size()) > size)
    response.set_next_page_token(
        EncodeTypedPageToken(list, response.model_versions(size - 1).version()));
  return response;
}

Result<v1::ListVersionsOfRunsResponse> RegistryHandler::ListVersionsOfRuns(
    const rpc::Call& call, const v1::ListVersionsOfRunsRequest& request) {
  if (request.run_ids_size() > kMostRuns)
    return Error::InvalidArgument(
        "too_many_runs", "Ask for " + std::to_string(kMostRuns) + " runs at most.", "run_ids");
  ASSIGN_OR_RETURN(
      const auto versions,
      registry_.OfRuns({request.run_ids().begin(), request.run_ids().end()}, call.context()));
  v1::ListVersionsOfRunsResponse response;
  for (const auto& version : versions) ToWire(version, *response.add_model_versions());
  return response;
}

Result<v1::SetAliasResponse> RegistryHandler::SetAlias(const rpc::Call& call,
                                                       const v1::SetAliasRequest& request) {
  ASSIGN_OR_RETURN(const auto version, registry_.SetAlias(request.model(), request.alias(),
                                                          request.version(), call.context()));
  v1::SetAliasResponse response;
  ToWire(version, *response.mutable_model_version());
  return response;
}

Result<v1::GetAliasResponse> RegistryHandler::GetAlias(const rpc::Call& call,
                                                       const v1::GetAliasRequest& request) {
  ASSIGN_OR_RETURN(const auto version,
                   registry_.GetAlias(request.model(), request.alias(), call.context()));
  v1::GetAliasResponse response;
  ToWire(version, *response.mutable_model_version());
  return response;
}

Status RegistryHandler::DownloadArtefact(const rpc::Call& call,
                                         const v1::DownloadArtefactRequest& request,
                                         grpc::ServerWriter<v1::DownloadArtefactResponse>& writer) {
  v1::DownloadArtefactResponse response;
  return registry_.Download(
      request.model(), request.version(), request.kind() == v1::ARTEFACT_KIND_EVALUATION,
      call.context(),
      [&](const Artefact& artefact) -> Status {
        response.set_sha256(artefact.sha256);
        response.set_size_bytes(artefact.bytes);
        return {};
      },
      [&](std::string chunk) -> Status {
        response.set_chunk(std::move(chunk));
        if (call.Cancelled() || !writer.Write(response)) return CallerGone();
        response.Clear();
        return {};
      });
}

}  // namespace marquee::registry
