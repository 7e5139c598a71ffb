#include "trainer/rpc/trainer_handler.h"

#include "base/page_token.h"
#include "trainer/rpc/convert.h"

namespace marquee::trainer {
namespace {

constexpr int kDefaultPageSize = 20;
constexpr std::chrono::milliseconds kCancelPatience{5'000};

int PageSize(int asked) { return asked > 0 ? asked : kDefaultPageSize; }

}  // namespace

TrainerHandler::TrainerHandler(Trainer& trainer) : trainer_(trainer) {
  Register(this, &TrainerHandler::StartTrainingRun);
  Register(this, &TrainerHandler::ListTrainingRuns);
  Register(this, &TrainerHandler::GetTrainingRun);
  Register(this, &TrainerHandler::CancelTrainingRun);
  Register(this, &TrainerHandler::WatchTrainingRun);
}

Result<v1::StartTrainingRunResponse> TrainerHandler::StartTrainingRun(
    const rpc::Call& call, const v1::StartTrainingRunRequest& request) {
  const auto operation = call.repeatable_operation();
  ASSIGN_OR_RETURN(const auto run,
                   trainer_.Start({.hyperparameters = FromWire(request.hyperparameters()),
                                   .force_promotion = request.force_promotion(),
                                   .started_by = call.caller().user_id,
                                   .idempotency_key = operation ? operation->ToString() : ""},
                                  call.context()));
  v1::StartTrainingRunResponse response;
  ToWire(run, *response.mutable_run());
  return response;
}

Result<v1::ListTrainingRunsResponse> TrainerHandler::ListTrainingRuns(
    const rpc::Call& call, const v1::ListTrainingRunsRequest& request) {
  const std::string list = "training-runs";
  const int size = PageSize(request.page_size());
  ASSIGN_OR_RETURN(const auto before, DecodeLastSent(list, request.page_token()));
  ASSIGN_OR_RETURN(const auto runs, trainer_.List(before, size + 1, call.context()));
  v1::ListTrainingRunsResponse response;
  for (const auto& run : runs) {
    if (response.runs_size() < size) ToWire(run, *response.add_runs());
  }
  if (static_cast<int>(runs.size()) > size)
    response.set_next_page_token(EncodeTypedPageToken(list, response.runs(size - 1).run_id()));
  return response;
}

Result<v1::GetTrainingRunResponse> TrainerHandler::GetTrainingRun(
    const rpc::Call& call, const v1::GetTrainingRunRequest& request) {
  ASSIGN_OR_RETURN(const auto run, trainer_.Get(request.run_id(), call.context()));
  v1::GetTrainingRunResponse response;
  ToWire(run, *response.mutable_run());
  return response;
}

Result<v1::CancelTrainingRunResponse> TrainerHandler::CancelTrainingRun(
    const rpc::Call& call, const v1::CancelTrainingRunRequest& request) {
  const auto patience = std::min(kCancelPatience, call.Remaining() / 2);
  ASSIGN_OR_RETURN(const auto run, trainer_.Cancel(request.run_id(), patience, call.context()));
  v1::CancelTrainingRunResponse response;
  ToWire(run, *response.mutable_run());
  return response;
}

Status TrainerHandler::WatchTrainingRun(const rpc::Call& call,
                                        const v1::WatchTrainingRunRequest& request,
                                        grpc::ServerWriter<v1::WatchTrainingRunResponse>& writer) {
  return trainer_.Watch(
      request.run_id(), call.context(),
      [&](const TrainingRun& run) {
        v1::WatchTrainingRunResponse response;
        ToWire(run, *response.mutable_run());
        return writer.Write(response);
      },
      [&] { return call.Cancelled(); });
}

}  // namespace marquee::trainer
