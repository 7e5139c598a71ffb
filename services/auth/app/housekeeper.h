// The thread that keeps the signing keys fresh and forgets old sessions.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "auth/app/key_ring.h"
#include "auth/app/sessions.h"

namespace marquee::auth {

// Works from construction to destruction: until there are keys every half second, then once a
// `period`.
class Housekeeper {
 public:
  Housekeeper(KeyRing& keys, Sessions& sessions, const Clock& clock,
              std::chrono::milliseconds period = std::chrono::minutes{1});
  ~Housekeeper();
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

 private:
  void Run(std::stop_token stop);
  void Report(const char* task, const Status& status);

  KeyRing& keys_;
  Sessions& sessions_;
  const Clock& clock_;
  const std::chrono::milliseconds period_;
  std::string last_problem_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace marquee::auth
