// civetweb (the HTTP server behind /metrics) gives its threads 100 KiB in all, from which glibc
// also takes the program's thread-local storage: beside OpenBLAS, which keeps 60 KiB of it, a
// scrape overflowed. This definition stands before the C library's for the whole program and gives
// no thread less than kLeast.
#include <dlfcn.h>
#include <pthread.h>

#include <algorithm>
#include <cstddef>

namespace {
constexpr std::size_t kLeast = std::size_t{1} << 20;  // address space; memory only as it is used
}

extern "C" int pthread_attr_setstacksize(pthread_attr_t* attributes, std::size_t size) noexcept {
  using Function = int (*)(pthread_attr_t*, std::size_t);
  static const auto next =
      reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_attr_setstacksize"));
  return next(attributes, std::max(size, kLeast));
}
