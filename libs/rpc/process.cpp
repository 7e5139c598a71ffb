#include "rpc/process.h"

#include <absl/synchronization/mutex.h>

#include "base/memory.h"
#include "config/config.h"

namespace marquee::rpc {

void TuneProcess() {
  LimitMallocArenas();
  config::SetDefault("GRPC_DNS_RESOLVER", "native");
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace marquee::rpc
