#include "auth/domain/session.h"

#include "base/text.h"

namespace marquee::auth {

std::string CleanUserAgent(std::string_view text) {
  return std::string(Trimmed(PrintableAscii(text, kMostUserAgent)));
}

RefreshVerdict JudgeRefresh(const std::optional<PresentedToken>& token, Time now) {
  if (!token) return RefreshVerdict::kUnknown;
  // Before what follows from it: the sessions have ended.
  if (token->account_disabled) return RefreshVerdict::kDisabled;
  if (token->session_ended_at) return RefreshVerdict::kEnded;
  if (now >= token->session_expires_at) return RefreshVerdict::kExpired;
  if (!token->spent_at) return RefreshVerdict::kRotate;
  const bool lately = now < *token->spent_at + kRefreshGrace;
  return lately && token->successor_unused ? RefreshVerdict::kRepeat : RefreshVerdict::kReused;
}

}  // namespace marquee::auth
