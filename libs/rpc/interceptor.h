// What every call passes through, in this order: trace, deadline, authorization, validation, the
// handler, and then the metric and the log line.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "metrics/metrics.h"
#include "rpc/call.h"
#include "rpc/idempotency.h"
#include "rpc/workers.h"

namespace google::protobuf {
class FieldDescriptor;
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace marquee::token {
class Verifier;
}

namespace marquee::rpc {

enum class Access { kPublic, kAuthenticated, kRestricted };

struct MethodInfo {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string path;     // "/marquee.catalog.v1.CatalogService/GetMovie": gRPC keeps the pointer
  std::string service;  // "marquee.catalog.v1.CatalogService"
  std::string name;     // "GetMovie"
  bool registered = false;
  Access access = Access::kRestricted;
  std::vector<std::string> roles;
  std::vector<std::string> scopes;
  const google::protobuf::FieldDescriptor* owner = nullptr;
  std::string audit_action;  // empty: no entry is made
  bool audit_refusals_only = false;
  const google::protobuf::FieldDescriptor* about = nullptr;  // of the audit; null: the caller

  std::mutex mutex;
  std::array<std::optional<metrics::Histogram>, 17>
      duration;  // by status code, made when first seen
};

class Interceptor {
 public:
  // `check` may be empty: tokens are then believed until they expire.
  // Without `keys`, an Idempotency-Key is looked at and means nothing.
  // Without `audit`, no entries are made.
  // `running` and `waiting` are those of Workers.
  Interceptor(token::Verifier& verifier, CallerCheck check, IdempotencyStore* keys, AuditSink audit,
              metrics::Metrics& metrics, std::chrono::milliseconds default_deadline, int running,
              int waiting)
      : verifier_(verifier),
        check_(std::move(check)),
        keys_(keys),
        audit_(std::move(audit)),
        metrics_(metrics),
        default_deadline_(default_deadline),
        workers_(running, waiting, metrics) {}

  // Reads the method's Policy; FAILED_PRECONDITION when it has none or it makes no sense.
  Status Learn(MethodInfo& method) const;

  // Who calls. UNAUTHENTICATED for a bad token, unless the method is public; PERMISSION_DENIED
  // "insufficient_scope" (RFC 6750) for a token that is bound to scopes of which the method takes
  // none, which to a public one is nobody's.
  Result<Caller> Authenticate(const MethodInfo& method, const std::string& authorization) const;
  // The caller as they are now: see CallerCheck.
  Result<Caller> Recheck(const MethodInfo& method, const CallContext& call) const;
  // Whether they may. `request` is null for a client stream.
  Status Authorize(const MethodInfo& method, const Caller& caller,
                   const google::protobuf::Message* request) const;

  // Enters the call in the audit log, if the method says so and the handler's `note` doesn't object.
  // `request` is null for a client stream.
  void Audit(const MethodInfo& method, const CallContext& call,
             const google::protobuf::Message* request, const Status& status,
             const AuditNote& note) const;

  void Record(MethodInfo& method, int code, std::chrono::nanoseconds took) const;

  IdempotencyStore* keys() const { return keys_; }
  Workers& workers() { return workers_; }
  std::chrono::milliseconds default_deadline() const { return default_deadline_; }

 private:
  token::Verifier& verifier_;
  const CallerCheck check_;
  IdempotencyStore* const keys_;
  const AuditSink audit_;
  metrics::Metrics& metrics_;
  std::chrono::milliseconds default_deadline_;
  Workers workers_;  // last: their work uses the others
};

}  // namespace marquee::rpc
