// The HTTP server behind /metrics: cpp-httplib, since the one that prometheus-cpp brings (civetweb,
// as Debian builds it) knows no IPv6 and gives its threads 100 KiB of stack.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace marquee::metrics {

// GET /metrics is answered with `text()`, called on threads of the endpoint's own; anything else
// with 404. Listens until destruction.
class Endpoint {
 public:
  // `listen` is host:port; port 0 picks one. "[::]:9100" takes IPv4 connections, too, and is all of
  // IPv4 on a machine without IPv6. Unavailable "metrics_listen_failed", also when another process
  // has the port.
  static Result<std::unique_ptr<Endpoint>> Listen(const std::string& listen,
                                                  std::function<std::string()> text);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  int port() const;

 private:
  struct Impl;
  explicit Endpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::metrics
