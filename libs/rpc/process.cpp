#include "rpc/process.h"

#include <absl/synchronization/mutex.h>

#include <cstdlib>

#include "base/memory.h"

namespace marquee::rpc {

void TuneProcess() {
  LimitMallocArenas();
  setenv("GRPC_DNS_RESOLVER", "native", /*overwrite=*/0);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace marquee::rpc
