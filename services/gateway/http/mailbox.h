// How an answer that is given on any thread reaches the one thread that may write it.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http/head.h"
#include "gateway/http/message.h"

namespace marquee::gateway::http {

// One client's connection. Only its carrier's thread touches it.
struct Connection {
  explicit Connection(int descriptor) : fd(descriptor) {}
  const int fd;
  bool dead = false;     // closed: the descriptor may be someone else's by now
  bool busy = false;     // a request is out; `sequence` names it
  bool closing = false;  // nothing more is read
  bool keep_alive = true;
  bool head_only = false;
  bool wants_write = false;  // the socket was full: `out` waits for epoll
  std::uint64_t sequence = 0;
  std::string in;
  std::optional<Head> head;  // of the request whose body is arriving
  std::string out;
  std::size_t written = 0;
  std::chrono::steady_clock::time_point since =
      std::chrono::steady_clock::now();  // of the last change of state, or progress
};

struct Completion {
  std::shared_ptr<Connection> connection;
  std::uint64_t sequence;
  Response response;
};

// Answers on their way to the carrier's thread. Outlives the server, as long as a responder does.
class Mailbox {
 public:
  Mailbox() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Mailbox() { ::close(wake_); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  int wake() const { return wake_; }

  void Post(Completion completion) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = completions_.empty();
      completions_.push_back(std::move(completion));
    }
    // Whoever finds the box empty wakes the reader; the reader takes everything after it cleared
    // the event.
    if (first && reader_ != this) {
      const std::uint64_t one = 1;
      if (::write(wake_, &one, sizeof one) < 0) return;  // full: it is awake already
    }
  }

  void ClearWake() const {
    std::uint64_t count = 0;
    while (::read(wake_, &count, sizeof count) > 0) {
    }
  }

  std::vector<Completion> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(completions_, {});
  }

  // On the reading thread between Enter and Leave, which takes what was posted meanwhile before it
  // sleeps.
  void Enter() const { reader_ = this; }
  static void Leave() { reader_ = nullptr; }

 private:
  inline static thread_local const Mailbox* reader_ = nullptr;
  const int wake_;
  std::mutex mutex_;
  std::vector<Completion> completions_;
};
// The right to answer one request. Dropped unused, it answers 500, so that no client waits for
// ever.
class Ticket {
 public:
  Ticket(std::shared_ptr<Mailbox> mailbox, std::shared_ptr<Connection> connection,
         std::uint64_t sequence)
      : mailbox_(std::move(mailbox)), connection_(std::move(connection)), sequence_(sequence) {}
  ~Ticket() {
    Response lost;
    lost.status = 500;
    Answer(std::move(lost));
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  void Answer(Response response) {
    if (answered_.exchange(true)) return;
    mailbox_->Post({std::move(connection_), sequence_, std::move(response)});
  }

 private:
  std::atomic<bool> answered_{false};
  std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<Connection> connection_;
  const std::uint64_t sequence_;
};

}  // namespace marquee::gateway::http
