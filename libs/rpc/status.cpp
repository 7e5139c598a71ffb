#include "rpc/status.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>

#include <optional>

#include "base/text.h"
#include "rpc/metadata.h"

namespace marquee::rpc {
namespace {

// Of all details: in base64 they must leave room in gRPC's 8 KiB of metadata.
constexpr std::size_t kMostDetailBytes = 2048;

// An ErrorInfo's reason is UPPER_SNAKE_CASE by its contract; ours are the same words in lower case.
std::string AsciiUpper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

std::string DetailsOf(const Error& error, const grpc::Status& status) {
  google::rpc::Status details;
  details.set_code(status.error_code());
  details.set_message(status.error_message());
  if (!error.reason.empty()) {
    google::rpc::ErrorInfo info;
    info.set_reason(AsciiUpper(error.reason));
    info.set_domain(kErrorDomain);
    details.add_details()->PackFrom(info);
  }
  if (error.retry_after.count() > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(error.retry_after.count());
    details.add_details()->PackFrom(retry);
  }
  if (!error.field.empty()) {
    google::rpc::BadRequest request;
    auto& violation = *request.add_field_violations();
    violation.set_field(error.field);
    violation.set_description(status.error_message());
    details.add_details()->PackFrom(request);
  }
  // Said before, and the least: what has no room is the message, twice.
  if (details.ByteSizeLong() > kMostDetailBytes) {
    details.clear_message();
    if (details.details_size() > 1) details.mutable_details()->RemoveLast();
  }
  return details.details_size() == 0 ? std::string() : details.SerializeAsString();
}

std::optional<google::rpc::Status> ReadDetails(const grpc::Status& status) {
  google::rpc::Status details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details()))
    return std::nullopt;
  return details;
}

template <typename Detail>
std::optional<Detail> Find(const google::rpc::Status& details) {
  Detail detail;
  for (const auto& any : details.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

}  // namespace

grpc::Status ToGrpc(const Error& error, grpc::ServerContextBase& context) {
  if (error.code == Code::kUnavailable) AddTrailingMetadata(context, kRetryPushbackKey, "-1");
  const bool hidden = error.code == Code::kInternal || error.code == Code::kUnknown;
  const grpc::Status status(
      static_cast<grpc::StatusCode>(error.code),
      hidden ? "Something went wrong on our side; the trace id finds it in the logs."
             : error.message);
  return {status.error_code(), status.error_message(), DetailsOf(error, status)};
}

Error FromGrpc(const grpc::Status& status) {
  Error error;
  error.code = static_cast<Code>(status.error_code());
  error.message = status.error_message();
  if (const auto details = ReadDetails(status)) {
    if (const auto info = Find<google::rpc::ErrorInfo>(*details))
      error.reason = AsciiLower(info->reason());
    const auto request = Find<google::rpc::BadRequest>(*details);
    if (request && request->field_violations_size() > 0)
      error.field = request->field_violations(0).field();
    if (const auto retry = Find<google::rpc::RetryInfo>(*details))
      error.retry_after = std::chrono::seconds{retry->retry_delay().seconds()};
  }
  if (error.reason.empty()) error.reason = AsciiLower(Name(error.code));
  return error;
}

bool IsOurs(const grpc::Status& status) {
  const auto details = ReadDetails(status);
  const auto info = details ? Find<google::rpc::ErrorInfo>(*details) : std::nullopt;
  return info && info->domain() == kErrorDomain;
}

}  // namespace marquee::rpc
