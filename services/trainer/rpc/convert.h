// The domain's values on the wire.
#pragma once

#include "base/result.h"
#include "trainer/domain/run.h"

namespace marquee::trainer::v1 {
class Hyperparameters;
class TrainingRun;
}  // namespace marquee::trainer::v1

namespace marquee::trainer {

Hyperparameters FromWire(const v1::Hyperparameters& wire);
void ToWire(const TrainingRun& run, v1::TrainingRun& wire);

}  // namespace marquee::trainer
