#include "auth/app/browsers.h"

#include "auth/app/secrets.h"
#include "base/digest.h"

namespace marquee::auth {

Result<std::string> Browsers::SignIn(const auth::SignIn& sign_in, const CallContext& call) {
  // Its tokens are given to nobody: the browser can do what these pages let it, and no more.
  ASSIGN_OR_RETURN(const SignedIn signed_in, accounts_.Login(sign_in, call));
  return Begin(signed_in.session_id, call);
}

Result<std::string> Browsers::Begin(const std::string& session_id, const CallContext& call) {
  std::string token = NewOpaqueToken();
  const Time now = clock_.Now();
  RETURN_IF_ERROR(store_.AddBrowser(Sha256(token), session_id, now, now + kLifetime, call));
  return token;
}

Result<std::optional<Browser>> Browsers::Find(std::string_view token, const CallContext& call) {
  if (!LooksLikeOpaqueToken(token)) return std::optional<Browser>();
  auto found = store_.FindBrowser(Sha256(token), clock_.Now(), call);
  if (found.ok()) return std::optional(*std::move(found));
  if (found.error().code == Code::kNotFound) return std::optional<Browser>();
  return found.error();
}

std::string Browsers::FormToken(std::string_view token) const {
  return SuccessorOf(token, form_key_);
}

bool Browsers::IsFormToken(std::string_view form_token, std::string_view token) const {
  return LooksLikeOpaqueToken(token) && SecretsEqual(form_token, FormToken(token));
}

}  // namespace marquee::auth
