#include "gateway/http/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pistache/listener.h>
#include <pistache/peer.h>
#include <pistache/tcp.h>
#include <pistache/transport.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/http/head.h"
#include "gateway/http/mailbox.h"
#include "gateway/http/wire.h"
#include "logging/log.h"

namespace marquee::gateway::http {

namespace ps = Pistache;

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// Pistache's queue of accepted connections can lose a wake-up (its pop clears the event after
// seeing the queue empty), and a connection then waits for the next one. The cure is to look into
// the queue now and then, which only its private handlePeerQueue does; an explicit instantiation
// may name a private member.
using QueueHandler = void (ps::Tcp::Transport::*)();
template <QueueHandler kMember>
struct PeerQueueAccess {
  friend void HandlePeerQueue(ps::Tcp::Transport& transport) { (transport.*kMember)(); }
};
void HandlePeerQueue(ps::Tcp::Transport& transport);
template struct PeerQueueAccess<&ps::Tcp::Transport::handlePeerQueue>;

constexpr auto kTick = std::chrono::milliseconds(5);
constexpr auto kSweep = std::chrono::milliseconds(500);
constexpr auto kLinger =
    std::chrono::seconds(2);  // for a peer to read the answer that ends its connection

// What the server's threads have in common.
struct Shared {
  ServerOptions options;
  Handler handler;
  std::atomic<int> in_flight{0};
  std::atomic<int> connections{0};
  std::atomic<bool> draining{false};
  std::mutex mutex;
  std::condition_variable idle;

  void RequestDone() {
    if (in_flight.fetch_sub(1) == 1) {
      const std::lock_guard lock(mutex);
      idle.notify_all();
    }
  }
};

class PeerHandler final : public ps::Tcp::Handler {
  PROTOTYPE_OF(ps::Tcp::Handler, PeerHandler)

 public:
  void onInput(const char* bytes, std::size_t size,
               const std::shared_ptr<ps::Tcp::Peer>& peer) override;
  void onConnection(const std::shared_ptr<ps::Tcp::Peer>& peer) override;
  void onDisconnection(const std::shared_ptr<ps::Tcp::Peer>& peer) override;
};

// One of the reactor's threads and its connections. Reading is Pistache's; answers are written
// here, on the same thread, to the connection that asked, which is known to be alive: no descriptor
// is written to by number after it was closed.
class Carrier final : public ps::Tcp::Transport {
 public:
  explicit Carrier(std::shared_ptr<Shared> shared)
      : Transport(std::make_shared<PeerHandler>()),
        shared_(std::move(shared)),
        mailbox_(std::make_shared<Mailbox>()) {}
  ~Carrier() override {
    if (timer_ >= 0) ::close(timer_);
    for (const auto& [fd, connection] : connections_) ::close(fd);  // Pistache leaves them open
  }

  std::shared_ptr<ps::Aio::Handler> clone() const override {
    return std::make_shared<Carrier>(shared_);
  }

  void registerPoller(ps::Polling::Epoll& poller) override {
    Transport::registerPoller(poller);
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    itimerspec spec{};
    spec.it_interval.tv_nsec = std::chrono::nanoseconds(kTick).count();
    spec.it_value = spec.it_interval;
    ::timerfd_settime(timer_, 0, &spec, nullptr);
    Watch(poller, timer_);
    Watch(poller, mailbox_->wake());
  }

  void onReady(const ps::Aio::FdSet& events) override {
    mailbox_->Enter();
    bool tick = false;
    for (const auto& event : events) {
      const auto fd = static_cast<int>(event.getTag().value());
      if (fd == timer_) {
        std::uint64_t count = 0;
        tick = ::read(timer_, &count, sizeof count) > 0;
      } else if (fd == mailbox_->wake()) {
        mailbox_->ClearWake();
      } else {
        if (event.isWritable()) Guarded([&] { Writable(fd); });
        // One event at a time: should Pistache throw, the others are still seen.
        if (event.isReadable()) Guarded([&] { LetPistacheRead(event.getTag()); });
      }
    }
    if (tick) Guarded([&] { Tick(); });
    Deliver();
    Mailbox::Leave();
  }

  void Connected(const std::shared_ptr<ps::Tcp::Peer>& peer) {
    const int one = 1;
    ::setsockopt(peer->fd(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connections_[peer->fd()] = std::make_shared<Connection>(peer->fd());
    ++shared_->connections;
  }

  void Disconnected(int fd) {
    const auto it = connections_.find(fd);
    if (it == connections_.end()) return;
    it->second->dead = true;
    connections_.erase(it);
    --shared_->connections;
  }

  void Input(int fd, std::string_view bytes) {
    const auto it = connections_.find(fd);
    if (it == connections_.end() || it->second->closing) return;
    const std::shared_ptr<Connection> connection = it->second;
    if (connection->in.empty()) connection->since = std::chrono::steady_clock::now();
    connection->in.append(bytes);
    if (connection->busy) {
      // A pipelined request waits for its turn; a flood of them doesn't.
      if (connection->in.size() > kMaxHeadBytes + shared_->options.max_body_bytes)
        Abort(*connection);
      return;
    }
    Read(connection);
  }

 private:
  static void Watch(ps::Polling::Epoll& poller, int fd) {
    poller.addFd(fd, ps::Flags<ps::Polling::NotifyOn>(ps::Polling::NotifyOn::Read),
                 ps::Polling::Tag(static_cast<std::uint64_t>(fd)));
  }

  // An exception that left this thread would end the program.
  template <typename Work>
  static void Guarded(Work work) {
    try {
      work();
    } catch (const std::exception& e) {
      logging::Warning("an event of a connection failed", {{"error", e.what()}});
    }
  }

  void LetPistacheRead(ps::Polling::Tag tag) {
    ps::Polling::Event event(tag);
    event.flags.setFlag(ps::Polling::NotifyOn::Read);
    Transport::onReady(ps::Aio::FdSet({event}));
  }

  // Takes the next whole request from what has arrived.
  void Read(const std::shared_ptr<Connection>& connection) {
    Connection& c = *connection;
    if (!c.head) {
      if (c.in.empty()) return;
      Head head;
      std::optional<HeadError> error;
      if (!ReadHead(c.in, head, error)) {
        if (error) Refuse(c, error->status, error->reason);
        return;
      }
      if (head.content_length > shared_->options.max_body_bytes)
        return Refuse(c, 413, "a body too large");
      c.in.erase(0, head.bytes);
      if (head.expects_continue && c.in.size() < head.content_length) {
        static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        static_cast<void>(
            ::send(c.fd, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
      }
      c.in.reserve(head.content_length);
      c.head = std::move(head);
    }
    if (c.in.size() < c.head->content_length) return;
    Request request = std::move(c.head->request);
    request.body = c.in.substr(0, c.head->content_length);
    c.in.erase(0, c.head->content_length);
    c.keep_alive = c.head->keep_alive;
    c.head_only = request.method == Method::kHead;
    c.head.reset();
    c.busy = true;
    ++c.sequence;
    ++shared_->in_flight;
    auto ticket = std::make_shared<Ticket>(mailbox_, connection, c.sequence);
    try {
      shared_->handler(std::move(request),
                       [ticket](Response response) { ticket->Answer(std::move(response)); });
    } catch (const std::exception& e) {
      logging::Error("a request's handler threw", {{"error", e.what()}});
    }
  }

  // Answers what never became a request, and ends the connection.
  void Refuse(Connection& c, int status, std::string_view reason) {
    Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    const std::string title = ReasonPhrase(status);
    response.body = R"({"type":"urn:marquee:problem:malformed_request","title":")" + title +
                    R"(","status":)" + std::to_string(status) +
                    R"(,"detail":"The HTTP request has )" + std::string(reason) +
                    R"(.","code":"malformed_request"})";
    c.in.clear();
    c.keep_alive = false;
    c.head_only = false;
    Send(c, response);
  }

  void Deliver() {
    for (auto batch = mailbox_->Take(); !batch.empty(); batch = mailbox_->Take()) {
      for (Completion& completion : batch) {
        Connection& c = *completion.connection;
        Guarded([&] {
          if (!c.dead && c.busy && c.sequence == completion.sequence) Send(c, completion.response);
        });
        shared_->RequestDone();
        // What came meanwhile is the next request.
        Guarded([&] {
          if (!c.dead && !c.busy && !c.closing && c.out.empty()) Read(completion.connection);
        });
      }
    }
  }

  void Send(Connection& c, const Response& response) {
    if (shared_->draining) c.keep_alive = false;
    c.out = Serialize(response, c.keep_alive, c.head_only);
    c.written = 0;
    c.busy = false;
    c.closing = !c.keep_alive;
    c.since = std::chrono::steady_clock::now();
    Write(c);
  }

  void Write(Connection& c) {
    while (c.written < c.out.size()) {
      const ssize_t n = ::send(c.fd, c.out.data() + c.written, c.out.size() - c.written,
                               MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        if (!c.wants_write) Interest(c, true);
        return;
      }
      if (n < 0) return Abort(c);
      c.written += static_cast<std::size_t>(n);
      c.since = std::chrono::steady_clock::now();
    }
    c.out = {};
    c.written = 0;
    if (c.wants_write) Interest(c, false);
    // Says that nothing follows; the peer has kLinger to read and to close.
    if (c.closing) ::shutdown(c.fd, SHUT_WR);
  }

  void Writable(int fd) {
    const auto it = connections_.find(fd);
    if (it == connections_.end() || it->second->out.empty()) return;
    const std::shared_ptr<Connection> connection = it->second;
    Write(*connection);
    if (connection->out.empty() && !connection->closing && !connection->busy) Read(connection);
  }

  void Interest(Connection& c, bool write) {
    using On = ps::Polling::NotifyOn;
    c.wants_write = write;
    const On interest = write ? On::Read | On::Write | On::Shutdown : On::Read | On::Shutdown;
    reactor()->modifyFd(key(), c.fd, interest, ps::Polling::Mode::Edge);
  }

  // Makes the next read find the end, by which Pistache closes: it must not be closed under
  // Pistache's reading loop.
  static void Abort(Connection& c) {
    c.closing = true;
    c.in = {};
    c.out = {};
    c.written = 0;
    ::shutdown(c.fd, SHUT_RDWR);
  }

  void Tick() {
    Guarded([&] { HandlePeerQueue(*this); });
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now - swept_ < kSweep) return;
    swept_ = now;
    const ServerOptions& options = shared_->options;
    std::vector<int> expired;
    for (const auto& [fd, connection] : connections_) {
      Connection& c = *connection;
      const auto age = now - c.since;
      if (c.busy) continue;  // the call's own deadline ends it
      if (!c.out.empty()) {
        if (age > options.write_timeout) expired.push_back(fd);
      } else if (c.closing) {
        if (age > kLinger) expired.push_back(fd);
      } else if (!c.in.empty() || c.head) {
        if (age > options.read_timeout) Refuse(c, 408, "not arrived in time");
      } else if (age > options.keep_alive_timeout) {
        expired.push_back(fd);
      }
    }
    for (const int fd : expired) Close(fd);
  }

  // Not from within Pistache's reading loop.
  void Close(int fd) {
    const auto it = peers.find(fd);
    if (it == peers.end()) return;
    const std::shared_ptr<ps::Tcp::Peer> peer = it->second;
    Disconnected(fd);
    removePeer(peer);
  }

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<int, std::shared_ptr<Connection>> connections_;
  int timer_ = -1;
  SteadyTime swept_{};
};

void PeerHandler::onInput(const char* bytes, std::size_t size,
                          const std::shared_ptr<ps::Tcp::Peer>& peer) {
  static_cast<Carrier*>(transport())->Input(peer->fd(), {bytes, size});
}

void PeerHandler::onConnection(const std::shared_ptr<ps::Tcp::Peer>& peer) {
  static_cast<Carrier*>(transport())->Connected(peer);
}

void PeerHandler::onDisconnection(const std::shared_ptr<ps::Tcp::Peer>& peer) {
  static_cast<Carrier*>(transport())->Disconnected(peer->fd());
}

}  // namespace

struct Server::Impl {
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();
  std::unique_ptr<ps::Tcp::Listener> listener;
  int port = 0;
};

Server::Server(ServerOptions options, Handler handler) : impl_(std::make_unique<Impl>()) {
  impl_->shared->options = std::move(options);
  impl_->shared->handler = std::move(handler);
}

Server::~Server() { Stop(); }

Status Server::Start() {
  const ServerOptions& options = impl_->shared->options;
  try {
    using ps::Tcp::Options;
    auto listener = std::make_unique<ps::Tcp::Listener>();
    listener->init(static_cast<std::size_t>(options.threads),
                   ps::Flags<Options>(Options::ReuseAddr) | Options::CloseOnExec, "marquee-http");
    listener->setTransportFactory(
        [shared = impl_->shared] { return std::make_shared<Carrier>(shared); });
    listener->bind(ps::Address(options.listen));
    impl_->port = static_cast<int>(static_cast<std::uint16_t>(listener->getPort()));
    listener->runThreaded();
    impl_->listener = std::move(listener);
  } catch (const std::exception& e) {
    return Error::Unavailable("listen_failed",
                              "can't listen on " + options.listen + ": " + e.what());
  }
  return {};
}

int Server::port() const { return impl_->port; }
int Server::in_flight() const { return impl_->shared->in_flight; }
int Server::connections() const { return impl_->shared->connections; }

bool Server::Drain(std::chrono::milliseconds grace) {
  Shared& shared = *impl_->shared;
  shared.draining = true;
  std::unique_lock lock(shared.mutex);
  return shared.idle.wait_for(lock, grace, [&] { return shared.in_flight == 0; });
}

void Server::Stop() {
  if (!impl_->listener) return;
  impl_->listener->shutdown();
  impl_->listener.reset();
}

}  // namespace marquee::gateway::http
