#include "rpc/client.h"

#include <grpcpp/grpcpp.h>

#include <mutex>

#include "marquee/auth/v1/auth.grpc.pb.h"
#include "rpc/call.h"
#include "rpc/metadata.h"
#include "rpc/status.h"
#include "tracing/trace.h"

namespace marquee::rpc {
namespace {

void CarryTrace(grpc::ClientContext& context) {
  const auto* current = tracing::Current();
  AddMetadata(context, tracing::kTraceparent,
              (current != nullptr ? *current : tracing::TraceContext::New()).ToTraceparent());
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, int max_message_bytes,
                                           const std::string& service_config) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(service_config);
  arguments.SetMaxReceiveMessageSize(max_message_bytes);
  arguments.SetMaxSendMessageSize(max_message_bytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // A replica that leaves is noticed at once; its successor's address must not wait half a minute.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);
  // A retry policy is the gateway's alone: retries are made at one layer. What gRPC tries again by
  // itself is a call that never left, or that a server which is stopping never took.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);  // counts and traces each call, for nobody
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void ForwardCall(grpc::ClientContext& context, const CallContext& call,
                 std::chrono::milliseconds at_most) {
  CallAnonymously(context, call, at_most);
  if (!call.caller.bearer.empty())
    AddMetadata(context, "authorization", "Bearer " + call.caller.bearer);
  for (const auto& position : call.positions)
    AddMetadata(context, kPositionKey, position.ToString());
}

void CallAnonymously(grpc::ClientContext& context, const CallContext& call,
                     std::chrono::milliseconds at_most) {
  context.set_deadline(std::min<Time>(call.deadline, SystemClock().Now() + at_most));
  CarryTrace(context);
}

void ActAsService(grpc::ClientContext& context, const std::string& bearer,
                  std::chrono::milliseconds deadline) {
  context.set_deadline(SystemClock().Now() + deadline);
  if (!bearer.empty()) AddMetadata(context, "authorization", "Bearer " + bearer);
  CarryTrace(context);
}

struct ServiceToken::Impl {
  std::unique_ptr<auth::v1::AuthService::Stub> stub;
  std::string service;
  std::string secret;
  const Clock& clock;
  std::mutex mutex;
  std::string bearer;
  Time renew_at;
  Time expires_at;
};

ServiceToken::ServiceToken(std::shared_ptr<grpc::Channel> auth, std::string service,
                           std::string secret, const Clock& clock)
    : impl_(new Impl{auth::v1::AuthService::NewStub(auth),
                     std::move(service),
                     std::move(secret),
                     clock,
                     {},
                     {},
                     {},
                     {}}) {}

ServiceToken::~ServiceToken() = default;

Result<std::string> ServiceToken::Get() {
  const std::lock_guard lock(impl_->mutex);
  const Time now = impl_->clock.Now();
  if (!impl_->bearer.empty() && now < impl_->renew_at) return impl_->bearer;
  auth::v1::IssueServiceTokenRequest request;
  request.set_service(impl_->service);
  request.set_secret(impl_->secret);
  auth::v1::IssueServiceTokenResponse response;
  grpc::ClientContext context;
  ActAsService(context, {}, std::chrono::seconds{3});
  const auto status = impl_->stub->IssueServiceToken(&context, request, &response);
  if (!status.ok()) {
    if (!impl_->bearer.empty() && now < impl_->expires_at) return impl_->bearer;
    return FromGrpc(status);
  }
  impl_->bearer = response.access_token();
  const std::chrono::seconds lifetime{response.expires_in()};
  impl_->expires_at = now + lifetime;
  impl_->renew_at = now + lifetime * 2 / 3;
  return impl_->bearer;
}

void ServiceToken::Forget() {
  const std::lock_guard lock(impl_->mutex);
  impl_->bearer.clear();
}

token::Verifier::KeySource JwksFrom(std::shared_ptr<grpc::Channel> auth) {
  std::shared_ptr<auth::v1::AuthService::Stub> stub = auth::v1::AuthService::NewStub(auth);
  return [stub]() -> Result<std::vector<token::PublicKey>> {
    grpc::ClientContext context;
    ActAsService(context, {}, std::chrono::seconds{2});
    auth::v1::GetJwksResponse response;
    const auto status = stub->GetJwks(&context, {}, &response);
    if (!status.ok()) return FromGrpc(status);
    std::vector<token::PublicKey> keys;
    for (const auto& jwk : response.keys()) {
      auto key = token::FromJwk({.kty = jwk.kty(),
                                 .crv = jwk.crv(),
                                 .x = jwk.x(),
                                 .y = jwk.y(),
                                 .kid = jwk.kid(),
                                 .use = jwk.use(),
                                 .alg = jwk.alg()});
      if (!key) continue;
      key->issuer = response.issuer();
      keys.push_back(*std::move(key));
    }
    return keys;
  };
}

}  // namespace marquee::rpc
