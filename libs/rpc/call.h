// What a handler knows of the call that it answers, beside the request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log_position.h"
#include "base/result.h"
#include "base/uuid.h"

namespace grpc {
class ServerContext;
}

namespace marquee::rpc {

struct Caller {
  std::int64_t user_id = 0;  // 0 for the anonymous and for services
  std::string subject;       // empty for the anonymous
  std::vector<std::string> roles;
  std::string session_id;
  std::string bearer;  // the token itself, to be forwarded; never log it
  Time token_issued_at{};

  bool authenticated() const { return !subject.empty(); }
  bool Has(std::string_view role) const;
};

// What is true of a caller now, where their verified token says what was true when it was issued:
// the same caller with the roles that they have, or UNAUTHENTICATED when they are no more (signed
// out, deleted). Asked for each call of a person to an rpc that isn't public.
using CallerCheck = std::function<Result<Caller>(Caller caller, Time deadline)>;

// A place in a Kafka topic (base/log_position.h). Metadata `marquee-position`, once for each:
// "<stream>:<partition>:<next_offset>:<fingerprint>", as in "ratings:3:1234:00f1e2d3c4b5a697"; the
// fingerprint, 16 hexadecimal digits, is left out where it isn't known.
struct Position {
  std::string stream;
  LogPosition at = {};

  std::string ToString() const;
  static std::optional<Position> Parse(std::string_view text);
};
inline constexpr char kPositionKey[] = "marquee-position";
inline constexpr char kClientAddressKey[] = "marquee-client-address";
inline constexpr char kIdempotencyKey[] = "idempotency-key";
// A UUID by which the gateway names a call that it may repeat, where the client gave no key.
inline constexpr char kOperationKey[] = "marquee-operation";

class Call {
 public:
  Call(grpc::ServerContext& context, Caller caller, Time deadline);

  const Caller& caller() const { return caller_; }
  void set_caller(Caller caller) { caller_ = std::move(caller); }
  Time deadline() const { return deadline_; }   // always finite
  std::chrono::milliseconds Remaining() const;  // until the deadline, 0 when past
  bool Cancelled() const;                       // by the caller, or past the deadline. Thread-safe.

  // Where the person is who asks, as the edge saw it and the gateway said it: good for sharing work
  // out and for the audit, and no proof of anything. Empty when it isn't known.
  const std::string& client_address() const { return client_address_; }
  // The positions that the caller must see applied.
  const std::vector<Position>& positions() const { return positions_; }

  // Tells the caller how far its write has come. Call before answering.
  void SetPosition(const Position& position) const { told_.push_back(position); }
  const std::vector<Position>& told() const { return told_; }

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

  grpc::ServerContext& context() const { return context_; }

 private:
  grpc::ServerContext& context_;
  Caller caller_;
  Time deadline_;
  std::string client_address_;
  bool repeatable_ = false;
  std::vector<Position> positions_;
  mutable std::vector<Position> told_;
  mutable std::optional<Uuid> operation_id_;
};

}  // namespace marquee::rpc
