#include "rpc/call.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <charconv>

namespace marquee::rpc {

bool Caller::Has(std::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

std::string Position::ToString() const {
  return stream + ":" + std::to_string(partition) + ":" + std::to_string(next_offset);
}

std::optional<Position> Position::Parse(std::string_view text) {
  const auto last = text.rfind(':');
  if (last == std::string_view::npos || last == 0) return std::nullopt;
  const auto first = text.rfind(':', last - 1);
  if (first == std::string_view::npos || first == 0) return std::nullopt;
  Position position;
  position.stream = std::string(text.substr(0, first));
  const auto whole = [](std::string_view digits, auto& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() && value >= 0;
  };
  if (!whole(text.substr(first + 1, last - first - 1), position.partition)) return std::nullopt;
  if (!whole(text.substr(last + 1), position.next_offset)) return std::nullopt;
  return position;
}

Call::Call(grpc::ServerContext& context, Caller caller, Time deadline)
    : context_(context), caller_(std::move(caller)), deadline_(deadline) {
  constexpr std::size_t kMostPositions =
      64;  // more than a caller's partitions; a header is not a place for lists
  for (const auto& [key, value] : context.client_metadata()) {
    const std::string_view name(key.data(), key.size());
    const std::string_view text(value.data(), value.size());
    if (name == kPositionKey && positions_.size() < kMostPositions) {
      if (auto position = Position::Parse(text)) positions_.push_back(std::move(*position));
    }
  }
}

std::chrono::milliseconds Call::Remaining() const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - SystemClock().Now());
  return std::max(left, std::chrono::milliseconds{0});
}

bool Call::Cancelled() const { return context_.IsCancelled() || SystemClock().Now() >= deadline_; }

const Uuid& Call::operation_id() const {
  if (!operation_id_) operation_id_ = Uuid::V7(SystemClock().Now());
  return *operation_id_;
}

void Call::BeRepetitionOf(std::string_view key_id, Time first_used) {
  static const Uuid kOperations = *Uuid::Parse("6f3a0c52-9d0e-4b0b-8a43-7b6f1d2c9e11");
  const auto moment =
      std::chrono::duration_cast<std::chrono::microseconds>(first_used.time_since_epoch()).count();
  has_key_ = true;
  operation_id_ = Uuid::V5(kOperations, std::string(key_id) + '\n' + std::to_string(moment));
}

}  // namespace marquee::rpc
