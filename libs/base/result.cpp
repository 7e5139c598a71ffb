#include "base/result.h"

namespace marquee {

std::string_view Name(Code code) {
  switch (code) {
    case Code::kCancelled: return "CANCELLED";
    case Code::kUnknown: return "UNKNOWN";
    case Code::kInvalidArgument: return "INVALID_ARGUMENT";
    case Code::kDeadlineExceeded: return "DEADLINE_EXCEEDED";
    case Code::kNotFound: return "NOT_FOUND";
    case Code::kAlreadyExists: return "ALREADY_EXISTS";
    case Code::kPermissionDenied: return "PERMISSION_DENIED";
    case Code::kResourceExhausted: return "RESOURCE_EXHAUSTED";
    case Code::kFailedPrecondition: return "FAILED_PRECONDITION";
    case Code::kAborted: return "ABORTED";
    case Code::kOutOfRange: return "OUT_OF_RANGE";
    case Code::kUnimplemented: return "UNIMPLEMENTED";
    case Code::kInternal: return "INTERNAL";
    case Code::kUnavailable: return "UNAVAILABLE";
    case Code::kDataLoss: return "DATA_LOSS";
    case Code::kUnauthenticated: return "UNAUTHENTICATED";
  }
  return "UNKNOWN";
}

Error Error::InvalidArgument(std::string reason, std::string message, std::string field) {
  return {Code::kInvalidArgument, std::move(reason), std::move(message), std::move(field)};
}
Error Error::NotFound(std::string reason, std::string message) {
  return {Code::kNotFound, std::move(reason), std::move(message), {}};
}
Error Error::AlreadyExists(std::string reason, std::string message, std::string field) {
  return {Code::kAlreadyExists, std::move(reason), std::move(message), std::move(field)};
}
Error Error::PermissionDenied(std::string reason, std::string message) {
  return {Code::kPermissionDenied, std::move(reason), std::move(message), {}};
}
Error Error::Unauthenticated(std::string reason, std::string message) {
  return {Code::kUnauthenticated, std::move(reason), std::move(message), {}};
}
Error Error::FailedPrecondition(std::string reason, std::string message) {
  return {Code::kFailedPrecondition, std::move(reason), std::move(message), {}};
}
Error Error::ResourceExhausted(std::string reason, std::string message) {
  return {Code::kResourceExhausted, std::move(reason), std::move(message), {}};
}
Error Error::Aborted(std::string reason, std::string message) {
  return {Code::kAborted, std::move(reason), std::move(message), {}};
}
Error Error::Unavailable(std::string reason, std::string message) {
  return {Code::kUnavailable, std::move(reason), std::move(message), {}};
}
Error Error::DeadlineExceeded(std::string reason, std::string message) {
  return {Code::kDeadlineExceeded, std::move(reason), std::move(message), {}};
}
Error Error::Cancelled(std::string reason, std::string message) {
  return {Code::kCancelled, std::move(reason), std::move(message), {}};
}
Error Error::DataLoss(std::string reason, std::string message) {
  return {Code::kDataLoss, std::move(reason), std::move(message), {}};
}
Error Error::Internal(std::string message) {
  return {Code::kInternal, "internal", std::move(message), {}};
}

std::string Error::ToString() const {
  std::string text(Name(code));
  text += ' ';
  text += reason;
  if (!field.empty()) text += " (" + field + ")";
  return text + ": " + message;
}

}  // namespace marquee
