#include "registry/rpc/convert.h"

#include <google/protobuf/util/time_util.h>

#include "marquee/registry/v1/registry.pb.h"

namespace marquee::registry {
namespace {

v1::ArtefactState StateOf(ArtefactState state) {
  switch (state) {
    case ArtefactState::kUnknown: return v1::ARTEFACT_STATE_UNSPECIFIED;
    case ArtefactState::kPresent: return v1::ARTEFACT_STATE_PRESENT;
    case ArtefactState::kMissing: return v1::ARTEFACT_STATE_MISSING;
    case ArtefactState::kDamaged: return v1::ARTEFACT_STATE_DAMAGED;
  }
  return v1::ARTEFACT_STATE_UNSPECIFIED;
}

}  // namespace

void ToWire(const ModelVersion& version, v1::ModelVersion& wire) {
  wire.set_model(version.model);
  wire.set_version(version.version);
  wire.set_run_id(version.run_id);
  for (const auto& alias : version.aliases) wire.add_aliases(alias);
  wire.set_sha256(version.served.sha256);
  wire.set_size_bytes(version.served.bytes);
  *wire.mutable_created_at() = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      std::chrono::duration_cast<std::chrono::nanoseconds>(version.created_at.time_since_epoch())
          .count());
  wire.mutable_metrics()->insert(version.metrics.begin(), version.metrics.end());
  wire.set_card(version.card);
  wire.set_artefact_state(StateOf(version.artefact_state));
  wire.set_evaluation_state(StateOf(version.evaluation_state));
}

ModelVersion FromWire(const v1::ModelVersion& wire) {
  ModelVersion version;
  version.model = wire.model();
  version.version = wire.version();
  version.run_id = wire.run_id();
  version.aliases.assign(wire.aliases().begin(), wire.aliases().end());
  version.served.sha256 = wire.sha256();
  version.served.bytes = wire.size_bytes();
  version.created_at = Time{std::chrono::duration_cast<Time::duration>(std::chrono::nanoseconds{
      google::protobuf::util::TimeUtil::TimestampToNanoseconds(wire.created_at())})};
  version.metrics.insert(wire.metrics().begin(), wire.metrics().end());
  version.card = wire.card();
  return version;
}

}  // namespace marquee::registry
