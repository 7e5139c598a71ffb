#include "recommender/app/log_readiness.h"

#include "logging/log.h"

namespace marquee::recommender {

Status LogReadiness::Check() {
  if (ready_) return {};
  ready_ = EveryPartitionIsRead();
  if (ready_) return {};
  if (clock_.Now() < until_) {
    return Error::Unavailable("log_not_read", "the live ratings are not being read yet");
  }
  logging::Warning("serving without the live ratings: Kafka doesn't answer");
  ready_ = true;
  return {};
}

bool LogReadiness::EveryPartitionIsRead() const {
  const auto partitions = log_.partitions();
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    if (log_.Next(partition) < 0) return false;
  }
  return partitions > 0;
}

}  // namespace marquee::recommender
