// Calling other services: channels with round_robin over a headless Service, keep-alive and no wait
// for a dead peer; contexts that never lack a deadline and carry the trace and the identity.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "token/token.h"

namespace grpc {
class Channel;
class ChannelInterface;
class ClientContext;
}  // namespace grpc

namespace marquee::rpc {

// A channel to host:port or a gRPC target; connects lazily and by itself again. `max_message_bytes`
// bounds a response; `service_config` is gRPC's, in JSON
// (https://github.com/grpc/grpc/blob/master/doc/service_config.md).
inline constexpr char kRoundRobin[] = R"({"loadBalancingConfig":[{"round_robin":{}}]})";
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           int max_message_bytes = 8 << 20,
                                           const std::string& service_config = kRoundRobin);

// For a call made on behalf of `call`: its deadline (at most `at_most` from now), its trace, its
// caller's token and positions.
void ForwardCall(grpc::ClientContext& context, const CallContext& call,
                 std::chrono::milliseconds at_most = std::chrono::hours{24});

// The same without token and positions, for what anyone may ask.
void CallAnonymously(grpc::ClientContext& context, const CallContext& call,
                     std::chrono::milliseconds at_most);

// For a call made in our own name: a deadline, the thread's trace (or a new one), and the token.
void ActAsService(grpc::ClientContext& context, const std::string& bearer,
                  std::chrono::milliseconds deadline);

// Keeps a service token (auth's IssueServiceToken) and renews it before it expires. Thread-safe.
class ServiceToken {
 public:
  ServiceToken(std::shared_ptr<grpc::Channel> auth, std::string service, std::string secret,
               const Clock& clock);
  ~ServiceToken();
  Result<std::string> Get();  // UNAVAILABLE when auth can't be asked and the last token has expired
  void Forget();              // after UNAUTHENTICATED: the next Get asks anew

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A token::Verifier's keys from auth's GetJwks.
token::Verifier::KeySource JwksFrom(std::shared_ptr<grpc::Channel> auth);

}  // namespace marquee::rpc
