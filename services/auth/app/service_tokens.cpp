#include "auth/app/service_tokens.h"

#include <algorithm>

#include "auth/app/secrets.h"
#include "base/text.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

constexpr std::chrono::minutes kLifetime{15};
constexpr std::size_t kLeastSecret = 16;

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

Result<ServiceSecrets> ParseServiceSecrets(std::string_view text) {
  ServiceSecrets secrets;
  int number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto colon = line.find(':');
    const bool good = colon != line.npos && IsName(line.substr(0, colon)) &&
                      line.size() - colon - 1 >= kLeastSecret;
    if (!good) {
      return Error::InvalidArgument("service_secrets_malformed",
                                    "line " + std::to_string(number) +
                                        " must be name:secret, the secret of at least " +
                                        std::to_string(kLeastSecret) + " characters");
    }
    secrets.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return secrets;
}

Result<ServiceTokens::Token> ServiceTokens::Issue(std::string_view service,
                                                  std::string_view secret) const {
  bool right = false;
  const auto [first, last] = secrets_.equal_range(service);
  for (auto entry = first; entry != last; ++entry) {
    right = SecretsEqual(secret, entry->second) || right;
  }
  if (!right) {
    return Error::Unauthenticated("service_credentials_wrong",
                                  "The service's name or secret is wrong.");
  }
  const Time now = clock_.Now();
  token::Claims claims;
  claims.subject = "service:" + std::string(service);
  claims.roles = {"service"};
  claims.token_id = Uuid::V7(now).ToString();
  claims.issued_at = now;
  claims.expires_at = now + kLifetime;
  ASSIGN_OR_RETURN(std::string access_token, keys_.Sign(claims));
  return Token{std::move(access_token), kLifetime};
}

}  // namespace marquee::auth
