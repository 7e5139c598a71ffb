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

// The wire's status for an error; adds the metadata to `context`. The message of an INTERNAL error
// stays in the log.
grpc::Status ToGrpc(const Error& error, grpc::ServerContext& context);

// The error of a failed call that was made with `context`. Requires !status.ok().
Error FromGrpc(const grpc::Status& status, const grpc::ClientContext& context);

}  // namespace marquee::rpc
