#include "trainer/rpc/convert.h"

#include "marquee/trainer/v1/trainer.pb.h"

namespace marquee::trainer {
namespace {

void SetTime(Time time, google::protobuf::Timestamp& wire) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  wire.set_seconds(seconds.count());
  wire.set_nanos(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()));
}

v1::RunState StateOf(RunState state) {
  switch (state) {
    case RunState::kRunning: return v1::RUN_STATE_RUNNING;
    case RunState::kSucceeded: return v1::RUN_STATE_SUCCEEDED;
    case RunState::kFailed: return v1::RUN_STATE_FAILED;
    case RunState::kCancelled: return v1::RUN_STATE_CANCELLED;
    case RunState::kSkipped: return v1::RUN_STATE_SKIPPED;
  }
  return v1::RUN_STATE_UNSPECIFIED;
}

void ToWire(const ModelVersion& version, registry::v1::ModelVersion& wire) {
  wire.set_model(version.model);
  wire.set_version(version.version);
  wire.set_run_id(version.run_id);
  for (const auto& alias : version.aliases) wire.add_aliases(alias);
  wire.set_sha256(version.sha256);
  wire.set_size_bytes(version.size_bytes);
  SetTime(version.created_at, *wire.mutable_created_at());
  wire.mutable_metrics()->insert(version.metrics.begin(), version.metrics.end());
  wire.set_card(version.card);
  wire.set_artefact_state(static_cast<registry::v1::ArtefactState>(version.artefact_state));
  wire.set_evaluation_state(static_cast<registry::v1::ArtefactState>(version.evaluation_state));
}

}  // namespace

Hyperparameters FromWire(const v1::Hyperparameters& wire) {
  return {.factors = wire.factors(),
          .iterations = wire.iterations(),
          .regularization = wire.regularization(),
          .alpha = wire.alpha(),
          .seed = wire.seed()};
}

void ToWire(const TrainingRun& run, v1::TrainingRun& wire) {
  wire.set_run_id(run.run_id);
  wire.set_state(StateOf(run.state));
  wire.set_stage(std::string(Name(run.stage)));
  wire.set_progress(run.progress);
  auto& hyperparameters = *wire.mutable_hyperparameters();
  hyperparameters.set_factors(run.hyperparameters.factors);
  hyperparameters.set_iterations(run.hyperparameters.iterations);
  hyperparameters.set_regularization(run.hyperparameters.regularization);
  hyperparameters.set_alpha(run.hyperparameters.alpha);
  hyperparameters.set_seed(run.hyperparameters.seed);
  wire.set_rating_count(run.rating_count);
  SetTime(run.started_at, *wire.mutable_started_at());
  if (run.ended_at) SetTime(*run.ended_at, *wire.mutable_ended_at());
  wire.set_error(run.error);
  wire.mutable_metrics()->insert(run.metrics.begin(), run.metrics.end());
  for (const auto& version : run.model_versions) ToWire(version, *wire.add_model_versions());
  wire.set_started_by(run.started_by);
}

}  // namespace marquee::trainer
