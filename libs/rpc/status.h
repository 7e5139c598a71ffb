// Errors across gRPC, as google.rpc.Status (https://google.aip.dev/193): the reason is an
// ErrorInfo's, the field a BadRequest's, the time to wait a RetryInfo's. The one place that
// translates either way.
#pragma once

#include "base/result.h"

namespace grpc {
class ClientContext;
class ServerContextBase;
class Status;
}  // namespace grpc

namespace marquee::rpc {

// Of our ErrorInfos: who made up the reason.
inline constexpr char kErrorDomain[] = "marquee";
// gRPC's own (gRFC A6): a negative number forbids the client to try again.
inline constexpr char kRetryPushbackKey[] = "grpc-retry-pushback-ms";

// The wire's status for an error. The message of an INTERNAL error stays in the log. A service that
// says UNAVAILABLE itself was reached, and another try would be of no use: only what a connection's
// end left open is tried again, which trailing metadata of `context` says.
grpc::Status ToGrpc(const Error& error, grpc::ServerContextBase& context);

// The error of a failed call. Requires !status.ok().
Error FromGrpc(const grpc::Status& status);

// Whether one of our services made the error; any other is gRPC's or a library's own.
bool IsOurs(const grpc::Status& status);

}  // namespace marquee::rpc
