#include "ctl/clients/models.h"

#include <grpcpp/grpcpp.h>

#include <nlohmann/json.hpp>

#include "artefact/registry_transfer.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::ctl {
namespace {
constexpr std::chrono::minutes kTransferTime{60};
}  // namespace

Result<nlohmann::json> SendModel(const std::shared_ptr<grpc::Channel>& registry,
                                 const std::string& bearer, const ModelDelivery& delivery) {
  auto stub = registry::v1::RegistryService::NewStub(registry);
  grpc::ClientContext context;
  rpc::ActAsService(context, bearer, kTransferTime);
  registry::v1::NewModelVersion version;
  version.set_card(delivery.card);
  version.set_force_promotion(delivery.force_promotion);
  version.set_compared_with(delivery.compared_with);
  registry::v1::RegisterModelVersionResponse response;
  ASSIGN_OR_RETURN(const auto status,
                   artefact::Register(*stub, context, version,
                                      {delivery.file, delivery.evaluation_file}, response));
  if (!status.ok()) return rpc::FromGrpc(status);
  const auto& registered = response.model_version();
  nlohmann::json answer{{"decision", response.decision()},
                        {"model_version",
                         {{"model", registered.model()},
                          {"version", registered.version()},
                          {"sha256", registered.sha256()},
                          {"size_bytes", registered.size_bytes()},
                          {"aliases", nlohmann::json::array()}}}};
  for (const auto& alias : registered.aliases())
    answer["model_version"]["aliases"].push_back(alias);
  return answer;
}

Status FetchModel(const std::shared_ptr<grpc::Channel>& registry, const std::string& bearer,
                  const std::string& model, std::int64_t version, bool evaluation,
                  const std::filesystem::path& to) {
  auto stub = registry::v1::RegistryService::NewStub(registry);
  grpc::ClientContext context;
  rpc::ActAsService(context, bearer, kTransferTime);
  registry::v1::DownloadArtefactRequest request;
  request.set_model(model);
  request.set_version(version);
  if (evaluation) request.set_kind(registry::v1::ARTEFACT_KIND_EVALUATION);
  ASSIGN_OR_RETURN(const auto status, artefact::Download(*stub, context, request, {}, to));
  if (!status.ok()) return rpc::FromGrpc(status);
  return {};
}

}  // namespace marquee::ctl
