// What a handler knows of the call that it answers, beside the request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"

namespace grpc {
class ServerContextBase;
}

namespace marquee::rpc {

// What is true of a caller now, where their verified token says what was true when it was issued:
// the same caller with the roles that they have, or UNAUTHENTICATED when they are no more (signed
// out, deleted). Asked for each call of a person to an rpc that isn't public.
using CallerCheck = std::function<Result<Caller>(const CallContext& call)>;

// A call of an rpc with the option `audit`, after it.
struct AuditedCall {
  std::string_view action;
  std::string about;      // the id or the e-mail address of whom it concerns; empty: the caller
  std::string client_id;  // of the OAuth client that it concerns, or by which it was done
  const CallContext& call;
  const Status& outcome;
};

// What a handler tells of an audited call where request and status don't: a page that says why a
// sign-in was refused is an answer like any other.
struct AuditNote {
  bool entered = true;     // false: nothing was decided, so there is no entry
  Status outcome = {};     // instead of OK
  std::string about = {};  // as above; empty: what the option names
  std::string client_id = {};
};

// Keeps it. Called before the answer goes out, on its thread; must not block for long.
using AuditSink = std::function<void(const AuditedCall& audited)>;

// A Position's text, once for each.
inline constexpr char kPositionKey[] = "marquee-position";
inline constexpr char kClientAddressKey[] = "marquee-client-address";
// "user-agent" is gRPC's own.
inline constexpr char kUserAgentKey[] = "marquee-user-agent";
inline constexpr std::size_t kMostUserAgentBytes = 256;  // as much of it as anybody needs
inline constexpr char kIdempotencyKey[] = "idempotency-key";
// A UUID by which the gateway names a call that it may repeat, where the client gave no key.
inline constexpr char kOperationKey[] = "marquee-operation";

class Call {
 public:
  Call(grpc::ServerContextBase& context, Caller caller, Time deadline);

  // For the ports: deadline (always finite), caller, address, positions (base/call_context.h).
  const CallContext& context() const { return context_; }
  const Caller& caller() const { return context_.caller; }
  void set_caller(Caller caller) { context_.caller = std::move(caller); }
  // The person's id. PermissionDenied "user_required" for services and the anonymous.
  Result<std::int64_t> User() const;
  Time deadline() const { return context_.deadline; }
  std::chrono::milliseconds Remaining() const;  // until the deadline, 0 when past
  bool Cancelled() const;                       // by the caller, or past the deadline. Thread-safe.

  // Tells the caller how far its write has come. Call before answering.
  void SetPosition(const Position& position) const { told_.push_back(position); }
  const std::vector<Position>& told() const { return told_; }

  // For the audit log. Call before answering.
  void Note(AuditNote note) const { audit_note_ = std::move(note); }
  const AuditNote& audit_note() const { return audit_note_; }

  // Names what this call does: the same for every repetition under one Idempotency-Key, or by the
  // gateway when a connection ended under it; new for any other call. What must not be done twice
  // is stored under it, so that even a repetition whose first try was cut off after its commit
  // finds what it did.
  const Uuid& operation_id() const;
  // The same, of a call that may be repeated; else nullopt: nobody will ask what it did.
  std::optional<Uuid> repeatable_operation() const {
    return repeatable_ ? std::optional(operation_id()) : std::nullopt;
  }
  // For KeyedRun: `key_id` names the key, `first_used` the first of these calls.
  void BeRepetitionOf(std::string_view key_id, Time first_used);

 private:
  grpc::ServerContextBase& server_context_;
  CallContext context_;
  bool repeatable_ = false;
  mutable std::vector<Position> told_;
  mutable AuditNote audit_note_;
  mutable std::optional<Uuid> operation_id_;
};

}  // namespace marquee::rpc
