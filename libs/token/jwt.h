// A JWT taken apart, before anything of it is believed. Internal to libs/token.
#pragma once

#include <string>
#include <string_view>

#include "token/token.h"

namespace marquee::token {

// Any compact JWS (RFC 7515) with a JSON object for a header.
struct ParsedJws {
  std::string_view signing_input;  // into the text that was parsed
  std::string algorithm;
  std::string kid;   // empty: it names no key
  std::string type;  // empty: it says none
  std::string payload;
  std::string signature;
};

// Structure and header: three parts, base64url, an algorithm, nothing critical. InvalidArgument
// "jws_malformed", whose message says what is wrong in words that continue "The token isn't valid:".
Result<ParsedJws> ParseJws(std::string_view jws, std::size_t most_bytes);

struct ParsedJwt {
  std::string_view signing_input;  // into the text that was parsed
  std::string kid;
  std::string payload;      // JSON, not yet parsed
  std::string signature;    // 64 bytes
  bool for_client = false;  // its type is at+jwt
};

// "token_invalid" with a detail.
Error Invalid(std::string_view detail);

// As ParseJws, and ES256, a kid and 8 KiB at most: an access token.
Result<ParsedJwt> ParseJwt(std::string_view jwt);

// The payload of a token whose signature is good: claims of the right types, issuer, audience and
// times. `oauth_issuer` is null for a token of our own, else whose an OAuth client's must be.
Result<Claims> CheckClaims(std::string_view payload, const Policy& policy,
                           const std::string* oauth_issuer, Time now);

// The times only, for a token that was verified before.
Status CheckTimes(const Claims& claims, const Policy& policy, Time now);

using Sign = std::function<std::string(std::string_view)>;
std::string SignJwt(const Claims& claims, const Policy& policy, std::string_view kid,
                    const Sign& sign);
std::string SignJwt(const IdentityClaims& claims, const Policy& policy, std::string_view kid,
                    const Sign& sign);

// RFC 7638.
std::string Thumbprint(std::string_view x, std::string_view y);

}  // namespace marquee::token
