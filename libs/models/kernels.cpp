#include "models/kernels.h"

namespace marquee::models {

extern const Kernels kBaselineKernels;
#if defined(MARQUEE_X86_KERNELS)
extern const Kernels kV3Kernels;
extern const Kernels kV4Kernels;
#endif

KernelList RunnableKernels() {
  KernelList list{{&kBaselineKernels}, 1};
#if defined(MARQUEE_X86_KERNELS)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2")) {
    list.items[list.size++] = &kV3Kernels;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd")) {
      list.items[list.size++] = &kV4Kernels;
    }
  }
#endif
  return list;
}

const Kernels& BestKernels() {
  static const Kernels& best = [&]() -> const Kernels& {
    const KernelList list = RunnableKernels();
    return *list.items[list.size - 1];
  }();
  return best;
}

}  // namespace marquee::models
