// People, from AuthService.GetMe by their own tokens.
#pragma once

#include <memory>

#include "base/call_context.h"
#include "reviews/domain/ports.h"

namespace grpc {
class Channel;
}

namespace marquee::reviews {

class AuthPeople final : public People {
 public:
  explicit AuthPeople(const std::shared_ptr<grpc::Channel>& auth);
  ~AuthPeople() override;
  Result<std::string> DisplayNameOf(const CallContext& call) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::reviews
