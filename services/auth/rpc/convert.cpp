#include "auth/rpc/convert.h"

namespace marquee::auth {

void ToProto(const Account& account, v1::User& out) {
  out.set_user_id(account.user_id);
  out.set_email(account.email);
  out.set_display_name(account.display_name);
  for (const auto& role : Names(account.roles)) out.add_roles(role);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(account.created_at);
  out.mutable_created_at()->set_seconds(seconds.time_since_epoch().count());
  out.mutable_created_at()->set_nanos(
      static_cast<int>(std::chrono::nanoseconds(account.created_at - seconds).count()));
}

void ToProto(const SignedIn& signed_in, v1::Session& out) {
  out.set_access_token(signed_in.access_token);
  out.set_token_type("Bearer");
  out.set_expires_in(signed_in.expires_in.count());
  out.set_refresh_token(signed_in.refresh_token);
  ToProto(signed_in.account, *out.mutable_user());
}

void ToProto(const token::PublicKey& key, v1::Jwk& out) {
  out.set_kty("EC");
  out.set_crv("P-256");
  out.set_x(token::Base64Url(key.x));
  out.set_y(token::Base64Url(key.y));
  out.set_kid(key.kid);
  out.set_use("sig");
  out.set_alg("ES256");
}

}  // namespace marquee::auth
