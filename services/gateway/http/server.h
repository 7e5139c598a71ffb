// The HTTP/1.1 server, on Pistache's listener, reactor and transport. It stands behind nginx on the
// loopback interface (docs/adr/0101-pistache-transport.md says what of Pistache is used and why).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "gateway/http/message.h"

namespace marquee::gateway::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:0";
  int threads = 1;
  std::size_t max_body_bytes = std::size_t{2} << 20;
  std::chrono::milliseconds read_timeout{30'000};   // for a request to arrive whole
  std::chrono::milliseconds write_timeout{30'000};  // without progress, for an answer to be taken
  std::chrono::milliseconds keep_alive_timeout{75'000};  // between requests; nginx's is below it
};

class Server {
 public:
  Server(ServerOptions options, Handler handler);
  ~Server();  // stops at once

  // Listens and serves on threads of its own. UNAVAILABLE when the address can't be had.
  Status Start();
  int port() const;

  int in_flight() const;  // requests handed out whose answer isn't written
  int connections() const;

  // From now on answers close their connections; waits until nothing is in flight, at most `grace`,
  // and stops. Whether all was answered. The handler goes on being called meanwhile: it refuses new
  // work itself.
  bool Drain(std::chrono::milliseconds grace);
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::gateway::http
