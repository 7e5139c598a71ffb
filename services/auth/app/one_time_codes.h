// One-time codes by time (RFC 6238) as authenticator apps make them, SHA-1, six digits and thirty
// seconds, and recovery codes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace marquee::auth {

inline constexpr std::size_t kTotpSecretBytes = 20;  // RFC 4226, section 4, R6

// Which thirty seconds since 1970 it is.
std::int64_t TotpStep(Time now);
// RFC 4226, section 5.3: at least that many digits, 9 at most.
std::string HotpCode(std::string_view secret, std::int64_t counter, int digits);
// The step whose code it is: this one, the one before or the one after, for clocks that differ
// (RFC 6238, section 5.2). Spaces are skipped. In a time that doesn't tell which.
std::optional<std::int64_t> MatchingStep(std::string_view secret, std::string_view code, Time now);

// What an authenticator app is told, by a QR code or by hand: the secret in base32 (RFC 4648) and
// the whole as an otpauth:// URI (github.com/google/google-authenticator/wiki/Key-Uri-Format).
std::string Base32Encode(std::string_view bytes);  // without padding
std::string OtpauthUri(std::string_view secret, std::string_view email);

// "k3fz-7q2m-…": 80 random bits.
std::string NewRecoveryCode();
// As it is hashed, however it was typed; nullopt when it can't be one.
std::optional<std::string> PlainRecoveryCode(std::string_view typed);

}  // namespace marquee::auth
