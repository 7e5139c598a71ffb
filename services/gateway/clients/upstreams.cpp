#include "gateway/clients/upstreams.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <set>
#include <utility>

#include "base/acknowledgements.h"
#include "gateway/problem.h"
#include "rpc/call.h"
#include "rpc/client.h"
#include "rpc/metadata.h"
#include "rpc/status.h"
#include "tracing/trace.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;
using Stub = grpc::TemplatedGenericStub<pb::Message, pb::Message>;

using rpc::kPositionKey;
constexpr std::size_t kMaxPositions = 8;
constexpr int kMaxResponseBytes = 8 << 20;

// gRPC's service config: who may be retried, and how much. CANCELLED is what a server that stops
// says of calls that it never took: we cancel none.
std::string ServiceConfig(const Api& api, const std::string& service) {
  std::string names;
  for (const Rpc& rpc : api.rpcs()) {
    // One with a fallback has that instead.
    if (rpc.service != service || !rpc.repeatable || rpc.fallback != nullptr) continue;
    if (!names.empty()) names += ',';
    names += R"({"service":")" + rpc.method->service()->full_name() + R"(","method":")" +
             rpc.method->name() + R"("})";
  }
  std::string config = R"({"loadBalancingConfig":[{"round_robin":{}}])";
  if (!names.empty()) {
    config += R"(,"methodConfig":[{"name":[)" + names +
              R"(],"retryPolicy":{"maxAttempts":3,"initialBackoff":"0.05s","maxBackoff":"0.5s",)"
              R"("backoffMultiplier":2,"retryableStatusCodes":["UNAVAILABLE","CANCELLED"]}}],)"
              R"("retryThrottling":{"maxTokens":20,"tokenRatio":0.1})";
  }
  return config + "}";
}

std::string_view View(const grpc::string_ref& text) { return {text.data(), text.size()}; }

// An error that our services made has a reason, and a message for people. Any other is gRPC's or a
// library's own, whose text stays here.
Error ToError(const grpc::Status& status) {
  Error error = rpc::FromGrpc(status);
  if (rpc::IsOurs(status)) return error;
  // Not the client's doing: the server went away.
  if (error.code == Code::kCancelled) {
    error.code = Code::kUnavailable;
    error.reason = "unavailable";
  }
  // gRPC's own limits (threads, memory, the size of a message) are no fault of the client's.
  if (error.code == Code::kResourceExhausted) {
    error.code = Code::kUnavailable;
    error.reason = "overloaded";
  }
  error.message = std::string(GenericSentence(error.code));
  return error;
}

void CollectPositions(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                      std::vector<Position>& positions) {
  const auto [first, last] = metadata.equal_range(kPositionKey);
  for (auto it = first; it != last && positions.size() < kMaxPositions; ++it) {
    if (auto position = Position::Parse(View(it->second)))
      positions.push_back(std::move(*position));
  }
}

class GrpcUpstreams final : public Upstreams {
 public:
  ~GrpcUpstreams() override { GrpcUpstreams::Finish(); }

  Status Add(const Api& api, const std::string& service, const std::string& address) {
    auto channel = rpc::MakeChannel(address, kMaxResponseBytes, ServiceConfig(api, service));
    auto stub = std::make_unique<Stub>(channel);
    services_.emplace(service, Service{std::move(channel), std::move(stub)});
    return {};
  }

  void Call(const Rpc& rpc, const pb::Message& request, pb::Message& response,
            const Outbound& outbound, std::function<void(Outcome)> done) override {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + outbound.deadline);
    if (!outbound.authorization.empty())
      rpc::AddMetadata(*context, "authorization", outbound.authorization);
    if (!outbound.idempotency_key.empty())
      rpc::AddMetadata(*context, rpc::kIdempotencyKey, outbound.idempotency_key);
    if (!outbound.operation.empty())
      rpc::AddMetadata(*context, rpc::kOperationKey, outbound.operation);
    if (!outbound.client_address.empty())
      rpc::AddMetadata(*context, rpc::kClientAddressKey, outbound.client_address);
    if (!outbound.user_agent.empty())
      rpc::AddMetadata(*context, rpc::kUserAgentKey, outbound.user_agent);
    if (!outbound.traceparent.empty())
      rpc::AddMetadata(*context, tracing::kTraceparent, outbound.traceparent);
    for (const Position& position : outbound.positions)
      rpc::AddMetadata(*context, kPositionKey, position.ToString());
    grpc::ClientContext* raw = context.get();
    // std::function must be copyable; nobody copies it.
    auto pending = std::make_shared<Pending>(*this, std::move(context), std::move(done));
    services_.at(rpc.service)
        .stub->UnaryCall(raw, rpc.path, grpc::StubOptions(), &request, &response,
                         [pending](const grpc::Status& status) { pending->Complete(status); });
  }

  void Finish() override { in_flight_.WaitForAll(); }

  std::map<std::string, std::string> States() const override {
    std::map<std::string, std::string> states;
    for (const auto& [name, service] : services_) {
      switch (service.channel->GetState(false)) {
        case GRPC_CHANNEL_IDLE: states[name] = "idle"; break;
        case GRPC_CHANNEL_CONNECTING: states[name] = "connecting"; break;
        case GRPC_CHANNEL_READY: states[name] = "ready"; break;
        case GRPC_CHANNEL_TRANSIENT_FAILURE: states[name] = "transient_failure"; break;
        case GRPC_CHANNEL_SHUTDOWN: states[name] = "shutdown"; break;
      }
    }
    return states;
  }

 private:
  // One call under way. A context holds its channel, and a channel must not end on gRPC's own
  // thread, which it would wait for: the context goes before the call counts as ended, and channels
  // are dropped only when none is under way.
  class Pending {
   public:
    Pending(GrpcUpstreams& owner, std::unique_ptr<grpc::ClientContext> context,
            std::function<void(Outcome)> done)
        : owner_(owner), context_(std::move(context)), done_(std::move(done)) {
      owner_.in_flight_.Expect();
    }
    ~Pending() {
      context_.reset();
      done_ = nullptr;
      owner_.in_flight_.Report({});
    }

    void Complete(const grpc::Status& status) {
      Outcome outcome;
      if (status.ok()) {
        CollectPositions(context_->GetServerInitialMetadata(), outcome.positions);
        CollectPositions(context_->GetServerTrailingMetadata(), outcome.positions);
      } else {
        outcome.error = ToError(status);
      }
      context_.reset();
      std::exchange(done_, nullptr)(std::move(outcome));
    }

   private:
    GrpcUpstreams& owner_;
    std::unique_ptr<grpc::ClientContext> context_;
    std::function<void(Outcome)> done_;
  };

  struct Service {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<Stub> stub;
  };
  std::map<std::string, Service> services_;
  Acknowledgements in_flight_;
};

}  // namespace

Result<std::unique_ptr<Upstreams>> MakeUpstreams(
    const Api& api, const std::map<std::string, std::string>& addresses) {
  auto upstreams = std::make_unique<GrpcUpstreams>();
  std::set<std::string> wanted;
  for (const Rpc& rpc : api.rpcs()) wanted.insert(rpc.service);
  for (const std::string& service : wanted) {
    const auto it = addresses.find(service);
    if (it == addresses.end())
      return Error::NotFound("no_address", "no address is configured for " + service);
    RETURN_IF_ERROR(upstreams->Add(api, service, it->second));
  }
  return std::unique_ptr<Upstreams>(std::move(upstreams));
}

}  // namespace marquee::gateway
