// Browsers in which somebody is signed in, for the pages of OAuth 2 (docs/adr/0604). A browser is
// known by an opaque token in a cookie, of which only the hash is kept. It is good for these pages
// and nothing else, and for as long as the session that its person's login began.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "auth/app/accounts.h"
#include "auth/domain/oauth_repository.h"
#include "base/call_context.h"
#include "base/clock.h"

namespace marquee::auth {

// PermissionDenied "form_expired".
inline Error FormExpired() {
  return Error::PermissionDenied("form_expired",
                                 "This page had been open for too long: please try again.");
}

class Browsers {
 public:
  static constexpr std::chrono::seconds kLifetime{std::chrono::hours{12}};
  // Of a cookie that nobody is signed in by: it holds the form of the login together.
  static constexpr std::chrono::seconds kFormLifetime{std::chrono::hours{1}};

  // Form tokens are made of browsers' with `form_key`.
  Browsers(OAuthRepository& store, Accounts& accounts, const Clock& clock, std::string form_key)
      : store_(store), accounts_(accounts), clock_(clock), form_key_(std::move(form_key)) {}

  // The new cookie's token: another one than before, so that nobody can have planted it. Errors of
  // Accounts::Login.
  Result<std::string> SignIn(const auth::SignIn& sign_in, const CallContext& call);
  // The same for a session that has just begun.
  Result<std::string> Begin(const std::string& session_id, const CallContext& call);
  // nullopt: nobody is signed in.
  Result<std::optional<Browser>> Find(std::string_view token, const CallContext& call);

  // What a form must carry to be this browser's: another site can't know it.
  std::string FormToken(std::string_view token) const;
  bool IsFormToken(std::string_view form_token, std::string_view token) const;

 private:
  OAuthRepository& store_;
  Accounts& accounts_;
  const Clock& clock_;
  const std::string form_key_;
};

}  // namespace marquee::auth
