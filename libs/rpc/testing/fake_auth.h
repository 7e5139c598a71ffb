// auth as a service meets it, for tests: in this process over real gRPC on a port of its own,
// without its interceptor.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "marquee/auth/v1/auth.grpc.pb.h"
#include "token/token.h"

namespace marquee::rpc {

// Signs what the test wants and gives service tokens to who knows the secret.
class FakeAuth : public auth::v1::AuthService::Service {
 public:
  explicit FakeAuth(std::string secret) : secret_(std::move(secret)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeAuth() override { server_->Shutdown(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string Token(const std::string& role, std::int64_t user_id = 0) const {
    const Time now = SystemClock().Now();
    return key_.Sign({.subject = user_id != 0 ? std::to_string(user_id) : "service:test",
                      .user_id = user_id,
                      .roles = {role},
                      .session_id = {},
                      .token_id = "t",
                      .issued_at = now,
                      .expires_at = now + std::chrono::minutes{15}},
                     {});
  }
  token::Verifier::KeySource Keys() const {
    return [key = key_.public_key()]() -> Result<std::vector<token::PublicKey>> {
      return std::vector{key};
    };
  }
  int issued() const { return issued_; }

  grpc::Status IssueServiceToken(grpc::ServerContext*,
                                 const auth::v1::IssueServiceTokenRequest* request,
                                 auth::v1::IssueServiceTokenResponse* response) override {
    if (request->secret() != secret_) return {grpc::StatusCode::UNAUTHENTICATED, "wrong secret"};
    ++issued_;
    response->set_access_token(Token("service"));
    response->set_expires_in(900);
    return grpc::Status::OK;
  }

 private:
  std::string secret_;
  token::SigningKey key_ = token::SigningKey::Generate();
  std::atomic<int> issued_ = 0;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace marquee::rpc
