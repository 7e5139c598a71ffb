// Calls to the services, by the rpc's descriptor: one channel for each service, every call
// asynchronous, with a deadline, and carrying the caller's identity, trace and positions.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/transcode/api.h"
#include "rpc/call.h"

namespace marquee::gateway {

struct Outbound {
  std::string authorization;    // the Authorization header as the client sent it; empty for none
  std::string idempotency_key;  // empty for none
  std::string operation;        // names a call that changes something and has no key, for retries
  std::string client_address;   // as the edge saw it; empty when it isn't known
  std::string user_agent;       // printable ASCII; empty when the client didn't say
  std::string traceparent;
  std::vector<Position> positions;  // writes that the answer must reflect
  std::chrono::milliseconds deadline{5000};
};

struct Outcome {
  std::optional<Error> error;       // none: the response message is filled
  std::vector<Position> positions;  // what the service said of its write
};

class Upstreams {
 public:
  virtual ~Upstreams() = default;

  // Both messages must live until `done` is called, which happens once, on any thread.
  virtual void Call(const Rpc& rpc, const google::protobuf::Message& request,
                    google::protobuf::Message& response, const Outbound& outbound,
                    std::function<void(Outcome)> done) = 0;

  // Waits until every `done` has returned; each does by its call's deadline. No call may be made
  // meanwhile or after.
  virtual void Finish() = 0;

  // Each service's connection: "ready", "idle", "connecting", "transient_failure".
  virtual std::map<std::string, std::string> States() const = 0;
};

// Channels to `addresses` (service key → host:port or gRPC target). Rpcs that are repeatable, and
// that nothing can stand in for, are tried again, at most twice, when a connection can't be had or
// ended under them, under gRPC's retry throttling; others never. NOT_FOUND for an rpc of `api`
// whose service has no address.
Result<std::unique_ptr<Upstreams>> MakeUpstreams(
    const Api& api, const std::map<std::string, std::string>& addresses);

}  // namespace marquee::gateway
