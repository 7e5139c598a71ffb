#include "rpc/status.h"

#include <grpcpp/grpcpp.h>

#include "rpc/metadata.h"

namespace marquee::rpc {
namespace {

std::string TextOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
                   const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string()
                                 : std::string(found->second.data(), found->second.size());
}

// A metadata value is visible ASCII: anything else is percent-encoded, as is '%'.
std::string Encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    if (c > 0x20 && c < 0x7F && c != '%') {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kDigits[c >> 4];
      out += kDigits[c & 15];
    }
  }
  return out;
}

std::string Decode(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && is_digit(text[i + 1]) && is_digit(text[i + 2])) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string DefaultReason(grpc::StatusCode code) {
  std::string name(Name(static_cast<Code>(code)));
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return name;
}

}  // namespace

grpc::Status ToGrpc(const Error& error, grpc::ServerContext& context) {
  if (!error.reason.empty()) AddTrailingMetadata(context, kReasonKey, Encode(error.reason));
  if (!error.field.empty()) AddTrailingMetadata(context, kFieldKey, Encode(error.field));
  if (error.code == Code::kUnavailable) AddTrailingMetadata(context, kRetryPushbackKey, "-1");
  const bool hidden = error.code == Code::kInternal || error.code == Code::kUnknown;
  return {static_cast<grpc::StatusCode>(error.code),
          hidden ? "Something went wrong on our side; the trace id finds it in the logs."
                 : error.message};
}

Error FromGrpc(const grpc::Status& status, const grpc::ClientContext& context) {
  const auto& trailing = context.GetServerTrailingMetadata();
  Error error;
  error.code = static_cast<Code>(status.error_code());
  error.message = status.error_message();
  error.reason = Decode(TextOf(trailing, kReasonKey));
  error.field = Decode(TextOf(trailing, kFieldKey));
  if (error.reason.empty()) error.reason = DefaultReason(status.error_code());
  return error;
}

}  // namespace marquee::rpc
