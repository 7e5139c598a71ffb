// Sessions: one for each sign-in. A session is held by a refresh token, which is spent at each use
// and replaced; whoever presents a spent one is not the only one to have it, so the session ends
// (RFC 9700, section 4.14.2). Unless it was spent a moment ago and what replaced it hasn't been
// used: then an answer was lost, or two programs of one person asked at once, and both get the same
// replacement.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace marquee::auth {

struct Session {
  std::string session_id;  // a UUID
  std::int64_t user_id = 0;
  Time created_at;
  Time expires_at;  // moves on with each refresh

  friend bool operator==(const Session&, const Session&) = default;
};

// Where a session's tokens were last given out, for its owner to know it by. Either may be empty.
struct Client {
  std::string network;     // see NetworkOf
  std::string user_agent;  // see CleanUserAgent

  friend bool operator==(const Client&, const Client&) = default;
};

inline constexpr std::size_t kMostUserAgent = 200;
// What a program says of itself, as it may be stored and shown: printable ASCII, in one line, and no
// more of it than kMostUserAgent.
std::string CleanUserAgent(std::string_view text);

// A session that goes on.
struct SessionView {
  Session session;
  Time refreshed_at;
  Client client;

  friend bool operator==(const SessionView&, const SessionView&) = default;
};

// What is known of a refresh token that was presented.
struct PresentedToken {
  std::optional<Time> spent_at;
  bool successor_unused = false;  // what it was replaced by is there, and not spent
  Time session_expires_at;
  std::optional<Time> session_ended_at;
  bool account_disabled = false;
};

enum class RefreshVerdict {
  kRotate,   // spend it and issue the next
  kRepeat,   // issue the same next again
  kUnknown,  // never issued, or long forgotten
  kEnded,    // by logout, its owner, a password change, or an earlier reuse
  kExpired,
  kReused,    // end the session
  kDisabled,  // the account is
};

// How long a spent token may still get its replacement: longer than a client waits for an answer.
inline constexpr std::chrono::seconds kRefreshGrace{30};

RefreshVerdict JudgeRefresh(const std::optional<PresentedToken>& token, Time now);

}  // namespace marquee::auth
