// What goes with a call through every port: from the rpc (or the loop of our own) that began it to
// the store or the other service where it ends. Its trace goes with the thread (tracing/trace.h),
// because log lines need it where no call is at hand. docs/adr/0008.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log_position.h"

namespace marquee {

// Who calls, as their verified token says.
struct Caller {
  std::int64_t user_id = 0;  // 0 for the anonymous and for services
  std::string subject;       // empty for the anonymous
  std::vector<std::string> roles;
  std::string session_id;
  std::string bearer;  // the token itself, to be forwarded; never log it
  Time token_issued_at{};
  // Of a caller by API key or by an OAuth client: what alone they may do, and by which of them.
  // nullopt: a login's, bound to nothing.
  std::optional<std::vector<std::string>> scopes = {};
  std::string api_key_id = {};
  std::string client_id = {};

  bool authenticated() const { return !subject.empty(); }
  bool Has(std::string_view role) const {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
  }
  // Whether one of `accepted` is among the caller's scopes, if they are bound to any.
  bool IsWithin(const std::vector<std::string>& accepted) const {
    return !scopes || std::find_first_of(scopes->begin(), scopes->end(), accepted.begin(),
                                         accepted.end()) != scopes->end();
  }
};

struct CallContext {
  // A call of our own: nobody's, by that time.
  explicit CallContext(Time deadline) : deadline(deadline) {}
  CallContext(Time deadline, Caller caller) : deadline(deadline), caller(std::move(caller)) {}

  // The same call, which must be done by `moment` if that is earlier than its own deadline.
  CallContext Before(Time moment) const {
    CallContext sooner = *this;
    sooner.deadline = std::min(deadline, moment);
    return sooner;
  }

  // The caller's places in the log of that name, in the order in which they were sent.
  std::vector<LogPosition> PositionsIn(std::string_view stream) const {
    std::vector<LogPosition> places;
    for (const auto& position : positions) {
      if (position.stream == stream) places.push_back(position.at);
    }
    return places;
  }

  Time deadline;
  Caller caller;
  // Where the person is who asks, as the edge saw it and the gateway said it: good for sharing work
  // out and for the audit, and no proof of anything. Empty when it isn't known.
  std::string client_address;
  // What the person's program calls itself, as the gateway heard it: any printable ASCII, and no
  // proof of anything either. Empty when it isn't known.
  std::string user_agent;
  std::vector<Position> positions;  // of the caller's writes: the answer must reflect them
};

}  // namespace marquee
