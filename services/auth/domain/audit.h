// The audit log: who did what to whom, from where, and with what outcome.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

struct AuditEntry {
  std::int64_t number = 0;  // given by the log, rising
  Time at = {};
  std::string action = {};         // of the rpc's option: "login", "roles.set"
  std::string code = {};           // gRPC's name of the outcome: "OK", "PERMISSION_DENIED"
  std::string reason = {};         // of a refusal: "password_wrong"
  std::string actor = {};          // subject of the token that was sent; empty: there was none
  std::string api_key_id = {};     // where it was an API key's
  std::string client_id = {};      // the application that it is about, or by which they did it
  std::int64_t about_user_id = 0;  // whose account it is about; 0: nobody's that is known
  std::string address = {};        // as the edge saw it
  std::string user_agent = {};
  std::string trace_id = {};
};

// Empty fields match all.
struct AuditFilter {
  std::int64_t user_id = 0;  // who did it, or whom it is about
  std::string action = {};
};

// Entries are added and, when they are old, forgotten; nothing changes one. Thread-safe.
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  virtual Status Add(const AuditEntry& entry, const CallContext& call) = 0;
  // The youngest first, those with a number below `before`.
  virtual Result<std::vector<AuditEntry>> List(const AuditFilter& filter, std::int64_t before,
                                               int limit, const CallContext& call) = 0;
  virtual Status Forget(Time before, const CallContext& call) = 0;
};

}  // namespace marquee::auth
