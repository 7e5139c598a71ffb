#include "rpc/call.h"

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>

namespace marquee::rpc {

namespace {

bool IsAddress(const std::string& text) {
  in6_addr parsed{};
  return inet_pton(AF_INET, text.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

}  // namespace

Call::Call(grpc::ServerContextBase& context, Caller caller, Time deadline)
    : server_context_(context), context_(deadline, std::move(caller)) {
  constexpr std::size_t kMostPositions =
      16;  // more than a caller writes to; a header is not a place for lists
  for (const auto& [key, value] : context.client_metadata()) {
    const std::string_view name(key.data(), key.size());
    const std::string_view text(value.data(), value.size());
    if (name == kOperationKey)
      BeRepetitionOf(context_.caller.subject + std::string(text.substr(0, 64)), {});
    if (name == kClientAddressKey && IsAddress(std::string(text))) context_.client_address = text;
    if (name == kUserAgentKey) context_.user_agent = text.substr(0, kMostUserAgentBytes);
    if (name == kPositionKey && context_.positions.size() < kMostPositions) {
      if (auto position = Position::Parse(text)) context_.positions.push_back(std::move(*position));
    }
  }
}

Result<std::int64_t> Call::User() const {
  if (caller().user_id > 0) return caller().user_id;
  return Error::PermissionDenied("user_required", "Only a signed-in user can do this.");
}

std::chrono::milliseconds Call::Remaining() const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline() - SystemClock().Now());
  return std::max(left, std::chrono::milliseconds{0});
}

bool Call::Cancelled() const {
  return server_context_.IsCancelled() || SystemClock().Now() >= deadline();
}

const Uuid& Call::operation_id() const {
  if (!operation_id_) operation_id_ = Uuid::V7(SystemClock().Now());
  return *operation_id_;
}

void Call::BeRepetitionOf(std::string_view key_id, Time first_used) {
  static const Uuid kOperations = *Uuid::Parse("6f3a0c52-9d0e-4b0b-8a43-7b6f1d2c9e11");
  const auto moment =
      std::chrono::duration_cast<std::chrono::microseconds>(first_used.time_since_epoch()).count();
  repeatable_ = true;
  operation_id_ = Uuid::V5(kOperations, std::string(key_id) + '\n' + std::to_string(moment));
}

}  // namespace marquee::rpc
