// Sessions: one for each sign-in. A session is held by a refresh token, which is spent at each use
// and replaced; whoever presents a spent one is not the only one to have it, so the session ends
// (RFC 9700, section 4.14.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace marquee::auth {

struct Session {
  std::string session_id;  // a UUID
  std::int64_t user_id = 0;
  Time created_at;
  Time expires_at;  // moves on with each refresh
};

// What is known of a refresh token that was presented.
struct PresentedToken {
  bool spent = false;
  Time session_expires_at;
  std::optional<Time> session_ended_at;
};

enum class RefreshVerdict {
  kRotate,   // spend it and issue the next
  kUnknown,  // never issued, or long forgotten
  kEnded,    // by logout, a password change, or an earlier reuse
  kExpired,
  kReused,  // end the session
};

RefreshVerdict JudgeRefresh(const std::optional<PresentedToken>& token, Time now);

}  // namespace marquee::auth
