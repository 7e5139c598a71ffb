#include "rpc/process.h"

#include <absl/synchronization/mutex.h>

#include "base/memory.h"

namespace marquee::rpc {

void TuneProcess() {
  LimitMallocArenas();
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace marquee::rpc
