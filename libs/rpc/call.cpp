#include "rpc/call.h"

#include <absl/strings/str_cat.h>
#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace marquee::rpc {

namespace {

bool IsStream(std::string_view text) {
  constexpr std::size_t kMostBytes = 64;
  return !text.empty() && text.size() <= kMostBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

bool IsAddress(const std::string& text) {
  in6_addr parsed{};
  return inet_pton(AF_INET, text.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

}  // namespace

bool Caller::Has(std::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

std::string Position::ToString() const {
  std::string text =
      stream + ":" + std::to_string(at.partition) + ":" + std::to_string(at.next_offset);
  if (at.fingerprint == 0) return text;
  absl::StrAppend(&text, ":", absl::Hex(at.fingerprint, absl::kZeroPad16));
  return text;
}

std::optional<Position> Position::Parse(std::string_view text) {
  const auto whole = [](std::string_view digits, auto& value, int base = 10) {
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return error == std::errc{} && end == digits.data() + digits.size() && value >= 0;
  };
  std::vector<std::string_view> parts;
  while (parts.size() < 4) {
    const auto colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (parts.size() == 4) return std::nullopt;
  }
  if (parts.size() < 3 || !IsStream(parts[0])) return std::nullopt;
  Position position{.stream = std::string(parts[0])};
  if (!whole(parts[1], position.at.partition)) return std::nullopt;
  if (!whole(parts[2], position.at.next_offset)) return std::nullopt;
  if (parts.size() == 4 &&
      (parts[3].size() != 16 || !whole(parts[3], position.at.fingerprint, 16))) {
    return std::nullopt;
  }
  return position;
}

Call::Call(grpc::ServerContext& context, Caller caller, Time deadline)
    : context_(context), caller_(std::move(caller)), deadline_(deadline) {
  constexpr std::size_t kMostPositions =
      16;  // more than a caller writes to; a header is not a place for lists
  for (const auto& [key, value] : context.client_metadata()) {
    const std::string_view name(key.data(), key.size());
    const std::string_view text(value.data(), value.size());
    if (name == kOperationKey)
      BeRepetitionOf(caller_.subject + std::string(text.substr(0, 64)), {});
    if (name == kClientAddressKey && IsAddress(std::string(text))) client_address_ = text;
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
  repeatable_ = true;
  operation_id_ = Uuid::V5(kOperations, std::string(key_id) + '\n' + std::to_string(moment));
}

}  // namespace marquee::rpc
