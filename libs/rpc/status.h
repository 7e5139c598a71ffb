// Errors across gRPC: the code and message travel as gRPC's, reason and field as trailing metadata
// `marquee-reason` and `marquee-field`. The one place that translates either way.
#pragma once

#include "base/result.h"

namespace grpc {
class ClientContext;
class ServerContext;
class ServerContextBase;
class Status;
}  // namespace grpc

namespace marquee::rpc {

inline constexpr char kReasonKey[] = "marquee-reason";
inline constexpr char kFieldKey[] = "marquee-field";
// gRPC's own (gRFC A6): a negative number forbids the client to try again.
inline constexpr char kRetryPushbackKey[] = "grpc-retry-pushback-ms";

// The wire's status for an error; adds the metadata to `context`. The message of an INTERNAL error
// stays in the log. A service that says UNAVAILABLE itself was reached, and another try would be of
// no use: only what a connection's end left open is tried again.
grpc::Status ToGrpc(const Error& error, grpc::ServerContext& context);

// The error of a failed call that was made with `context`. Requires !status.ok().
Error FromGrpc(const grpc::Status& status, const grpc::ClientContext& context);

}  // namespace marquee::rpc
