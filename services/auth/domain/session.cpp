#include "auth/domain/session.h"

namespace marquee::auth {

RefreshVerdict JudgeRefresh(const std::optional<PresentedToken>& token, Time now) {
  if (!token) return RefreshVerdict::kUnknown;
  if (token->session_ended_at) return RefreshVerdict::kEnded;
  if (now >= token->session_expires_at) return RefreshVerdict::kExpired;
  if (!token->spent_at) return RefreshVerdict::kRotate;
  const bool lately = now < *token->spent_at + kRefreshGrace;
  return lately && token->successor_unused ? RefreshVerdict::kRepeat : RefreshVerdict::kReused;
}

}  // namespace marquee::auth
