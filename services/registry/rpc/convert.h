// The domain's values on the wire.
#pragma once

#include "registry/domain/model_version.h"

namespace marquee::registry::v1 {
class ModelVersion;
}

namespace marquee::registry {

void ToWire(const ModelVersion& version, v1::ModelVersion& wire);
// What TakeOverModelVersion takes; artefacts have no ids yet.
ModelVersion FromWire(const v1::ModelVersion& wire);

}  // namespace marquee::registry
