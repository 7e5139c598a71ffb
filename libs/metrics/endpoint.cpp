#include "metrics/endpoint.h"

#include <httplib.h>
#include <sys/socket.h>

#include <charconv>
#include <thread>

namespace marquee::metrics {
namespace {

// Scrapes are few: two Prometheus servers that keep a connection each, and a person who looks.
constexpr std::size_t kThreads = 4;
constexpr std::size_t kMostRequestBytes = 1024;
constexpr time_t kSeconds = 5;

// Without SO_REUSEPORT, which is httplib's default and lets two processes share a port unnoticed.
void ReuseAddress(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

bool HasIpv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

}  // namespace

struct Endpoint::Impl {
  httplib::Server server;
  int port = 0;
  std::thread thread;
};

Endpoint::Endpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Endpoint>> Endpoint::Listen(const std::string& listen,
                                                   std::function<std::string()> text) {
  const auto failed = [&] {
    return Error::Unavailable("metrics_listen_failed",
                              "Can't serve metrics on " + listen + ": is the port in use?");
  };
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos) return failed();
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "::" && !HasIpv6()) host = "0.0.0.0";
  int port = -1;
  const char* const end = listen.data() + listen.size();
  const auto parsed = std::from_chars(listen.data() + colon + 1, end, port);
  if (parsed.ec != std::errc{} || parsed.ptr != end || port < 0 || port > 65'535) return failed();

  auto impl = std::make_unique<Impl>();
  auto& server = impl->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_socket_options(ReuseAddress);
  server.set_payload_max_length(kMostRequestBytes);
  server.set_read_timeout(kSeconds);
  server.set_write_timeout(kSeconds);
  server.set_keep_alive_timeout(kSeconds);
  server.Get("/metrics",
             [text = std::move(text)](const httplib::Request&, httplib::Response& response) {
               response.set_content(text(), "text/plain; version=0.0.4; charset=utf-8");
             });
  if (port == 0) {
    impl->port = server.bind_to_any_port(host);
    if (impl->port <= 0) return failed();
  } else {
    if (!server.bind_to_port(host, port)) return failed();
    impl->port = port;
  }
  impl->thread = std::thread([&server] { server.listen_after_bind(); });
  // stop() is heard only by a server that runs: until then a destructor would wait for ever.
  while (!server.is_running()) std::this_thread::yield();
  return std::unique_ptr<Endpoint>(new Endpoint(std::move(impl)));
}

Endpoint::~Endpoint() {
  impl_->server.stop();
  impl_->thread.join();
}

int Endpoint::port() const { return impl_->port; }

}  // namespace marquee::metrics
