// marquee.trainer.v1.TrainerService: convert, call, convert.
#pragma once

#include "marquee/trainer/v1/trainer.grpc.pb.h"
#include "rpc/service.h"
#include "trainer/app/registry.h"
#include "trainer/app/trainer.h"

namespace marquee::trainer {

class TrainerHandler final : public rpc::Service<v1::TrainerService> {
 public:
  TrainerHandler(Trainer& trainer, Registry& registry);  // both outlive it

 private:
  Result<v1::StartTrainingRunResponse> StartTrainingRun(const rpc::Call& call,
                                                        const v1::StartTrainingRunRequest& request);
  Result<v1::ListTrainingRunsResponse> ListTrainingRuns(const rpc::Call& call,
                                                        const v1::ListTrainingRunsRequest& request);
  Result<v1::GetTrainingRunResponse> GetTrainingRun(const rpc::Call& call,
                                                    const v1::GetTrainingRunRequest& request);
  Result<v1::CancelTrainingRunResponse> CancelTrainingRun(
      const rpc::Call& call, const v1::CancelTrainingRunRequest& request);
  Status WatchTrainingRun(const rpc::Call& call, const v1::WatchTrainingRunRequest& request,
                          grpc::ServerWriter<v1::WatchTrainingRunResponse>& writer);
  Result<v1::ListModelVersionsResponse> ListModelVersions(
      const rpc::Call& call, const v1::ListModelVersionsRequest& request);
  Result<v1::SetAliasResponse> SetAlias(const rpc::Call& call, const v1::SetAliasRequest& request);
  Result<v1::GetAliasResponse> GetAlias(const rpc::Call& call, const v1::GetAliasRequest& request);
  Status DownloadArtefact(const rpc::Call& call, const v1::DownloadArtefactRequest& request,
                          grpc::ServerWriter<v1::DownloadArtefactResponse>& writer);

  // With what has become of the files of the versions that it made.
  void RunToWire(TrainingRun run, v1::TrainingRun& wire) const;

  Trainer& trainer_;
  Registry& registry_;
};

}  // namespace marquee::trainer
