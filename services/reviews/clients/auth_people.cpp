#include "reviews/clients/auth_people.h"

#include <grpcpp/grpcpp.h>

#include "marquee/auth/v1/auth.grpc.pb.h"
#include "reviews/clients/outage.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::reviews {

struct AuthPeople::Impl {
  std::unique_ptr<auth::v1::AuthService::Stub> stub;
};

AuthPeople::AuthPeople(const std::shared_ptr<grpc::Channel>& auth)
    : impl_(new Impl{auth::v1::AuthService::NewStub(auth)}) {}

AuthPeople::~AuthPeople() = default;

Result<std::string> AuthPeople::DisplayNameOf(const CallContext& call) {
  auth::v1::GetMeResponse response;
  grpc::ClientContext context;
  rpc::ForwardCall(context, call, kPatience);
  const auto status = impl_->stub->GetMe(&context, {}, &response);
  if (status.ok()) return response.user().display_name();
  return OutageOf("auth", rpc::FromGrpc(status));
}

}  // namespace marquee::reviews
