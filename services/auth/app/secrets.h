// Random secrets, and how they are kept and compared.
#pragma once

#include <string>
#include <string_view>

namespace marquee::auth {

// In a time that tells nothing of where, or whether, they differ.
bool SecretsEqual(std::string_view a, std::string_view b);

// An opaque token: 256 random bits as 43 characters of base64url. Its hash is what is stored; a
// plain hash will do, since there is nothing to guess.
std::string NewOpaqueToken();
// What an opaque token is replaced by: the same each time, and nothing that anybody could tell
// without the key (HMAC-SHA-256), so that it needn't be stored to be said again.
std::string SuccessorOf(std::string_view token, std::string_view key);
// `count` of these letters, of which there are at most 256, all as likely.
std::string RandomLetters(std::string_view letters, std::size_t count);
bool LooksLikeOpaqueToken(std::string_view text);

}  // namespace marquee::auth
