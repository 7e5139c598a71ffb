// How a service keeps its resident memory near what it uses: few malloc arenas, and free pages
// given back once a burst (an import, a training run, a model) is over. Of glibc's allocator;
// elsewhere both do nothing.
#pragma once

#include <chrono>

namespace marquee {

// Before any thread starts. glibc gives each thread an arena of its own, up to eight for each core,
// and keeps what was freed at their ends: a gRPC service with twenty threads holds megabytes in
// each.
void LimitMallocArenas();

// Gives free memory back when the process has worked since the last time and is quiet now. For one
// thread.
class IdleTrimmer {
 public:
  IdleTrimmer();
  // Cheap; call it every second or so. True when memory was given back.
  bool Tick();

  // What Tick decides by, with no clock and no allocator of its own: the program's processor time
  // so far, and now.
  bool Due(std::chrono::nanoseconds processor, std::chrono::steady_clock::time_point now);

 private:
  std::chrono::steady_clock::time_point looked_;
  std::chrono::nanoseconds processor_then_{0};
  std::chrono::nanoseconds processor_trimmed_{0};
};

}  // namespace marquee
