// marquee.trainer.v1.TrainerService: convert, call, convert.
#pragma once

#include "marquee/trainer/v1/trainer.grpc.pb.h"
#include "rpc/service.h"
#include "trainer/app/trainer.h"

namespace marquee::trainer {

class TrainerHandler final : public rpc::Service<v1::TrainerService> {
 public:
  explicit TrainerHandler(Trainer& trainer);  // which outlives it

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

  Trainer& trainer_;
};

}  // namespace marquee::trainer
