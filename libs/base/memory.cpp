#include "base/memory.h"

#include <ctime>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace marquee {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kLook{5'000};
constexpr int kQuietShare = 10;  // at most a tenth of one core
// What a program must have worked since the last time: below that there is nothing to give back,
// and one that idles isn't woken for it.
constexpr milliseconds kWorked{300};

nanoseconds ProcessorTime() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

}  // namespace

void LimitMallocArenas() {
#ifdef __GLIBC__
  // Two: small blocks come from each thread's own cache, so there is little to contend for. An
  // arena's free end is given back when it exceeds the threshold, which glibc would otherwise raise
  // to twice the largest block ever freed (a batch, a message), at most 64 MiB, for ever.
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 10);
#endif
}

IdleTrimmer::IdleTrimmer() : looked_(std::chrono::steady_clock::now()) {}

bool IdleTrimmer::Tick() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kLook || !Due(ProcessorTime(), now)) return false;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return true;
}

bool IdleTrimmer::Due(nanoseconds processor, std::chrono::steady_clock::time_point now) {
  const bool quiet = (processor - processor_then_) * kQuietShare <= now - looked_;
  looked_ = now;
  processor_then_ = processor;
  if (!quiet || processor - processor_trimmed_ < kWorked) return false;
  processor_trimmed_ = processor;
  return true;
}

}  // namespace marquee
