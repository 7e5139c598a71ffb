#include "auth/rpc/convert.h"

#include <google/protobuf/util/time_util.h>

#include "base/base64.h"

namespace marquee::auth {

google::protobuf::Timestamp ToTimestamp(Time time) {
  return google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      std::chrono::nanoseconds(time.time_since_epoch()).count());
}

Result<Person> PersonOf(const rpc::Call& call) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  return Person{user_id, call.caller().session_id};
}

void ToProto(const Account& account, v1::User& out) {
  out.set_user_id(account.user_id);
  out.set_email(account.email);
  out.set_display_name(account.display_name);
  for (const auto& role : Names(account.roles)) out.add_roles(role);
  *out.mutable_created_at() = ToTimestamp(account.created_at);
  out.set_email_verified(account.email_verified);
  out.set_second_factor(account.second_factor);
  out.set_state(account.disabled ? v1::ACCOUNT_STATE_DISABLED : v1::ACCOUNT_STATE_ENABLED);
}

void ToProto(const SessionView& view, v1::SessionInfo& out) {
  out.set_session_id(view.session.session_id);
  *out.mutable_created_at() = ToTimestamp(view.session.created_at);
  *out.mutable_refreshed_at() = ToTimestamp(view.refreshed_at);
  *out.mutable_expires_at() = ToTimestamp(view.session.expires_at);
  out.set_network(view.client.network);
  out.set_user_agent(view.client.user_agent);
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
  out.set_x(Base64UrlEncode(key.x));
  out.set_y(Base64UrlEncode(key.y));
  out.set_kid(key.kid);
  out.set_use("sig");
  out.set_alg("ES256");
}

void ToProto(const KeyState& state, v1::SigningKey& out) {
  out.set_kid(state.kid);
  *out.mutable_created_at() = ToTimestamp(state.created_at);
  if (state.retires_at) *out.mutable_retires_at() = ToTimestamp(*state.retires_at);
  out.set_signs(state.signs);
}

void ToProto(const ApiKey& key, v1::ApiKey& out) {
  out.set_api_key_id(key.id);
  out.set_name(key.name);
  for (const auto& scope : key.scopes) out.add_scopes(scope);
  for (const auto& network : key.networks) out.add_networks(network.ToString());
  *out.mutable_created_at() = ToTimestamp(key.created_at);
  if (key.expires_at) *out.mutable_expires_at() = ToTimestamp(*key.expires_at);
  if (key.last_used_at) *out.mutable_last_used_at() = ToTimestamp(*key.last_used_at);
  out.set_last_used_address(key.last_used_address);
  if (key.previous_expires_at)
    *out.mutable_previous_expires_at() = ToTimestamp(*key.previous_expires_at);
}

void ToProto(const Erasure& erasure, v1::Erasure& out) {
  out.set_erasure_id(erasure.erasure_id);
  *out.mutable_requested_at() = ToTimestamp(erasure.requested_at);
  if (erasure.completed_at) *out.mutable_completed_at() = ToTimestamp(*erasure.completed_at);
  for (const auto& one : erasure.confirmations) {
    auto& confirmation = *out.add_confirmations();
    confirmation.set_service(one.service);
    if (one.confirmed_at) *confirmation.mutable_confirmed_at() = ToTimestamp(*one.confirmed_at);
  }
}

void ToProto(const OAuthClient& client, v1::OAuthClient& out) {
  out.set_client_id(client.id);
  out.set_name(client.name);
  out.set_confidential(client.confidential());
  out.mutable_redirect_uris()->Assign(client.redirect_uris.begin(), client.redirect_uris.end());
  out.mutable_scopes()->Assign(client.scopes.begin(), client.scopes.end());
  for (const auto type : client.grant_types) out.add_grant_types(std::string(Name(type)));
  *out.mutable_created_at() = ToTimestamp(client.created_at);
  if (client.owner) out.set_owner_id(*client.owner);
}

void ToProto(const AuditEntry& entry, v1::AuditEntry& out) {
  out.set_entry_number(entry.number);
  *out.mutable_at() = ToTimestamp(entry.at);
  out.set_action(entry.action);
  out.set_outcome(entry.code);
  out.set_reason(entry.reason);
  out.set_actor(entry.actor);
  out.set_api_key_id(entry.api_key_id);
  out.set_client_id(entry.client_id);
  out.set_about_user_id(entry.about_user_id);
  out.set_address(entry.address);
  out.set_user_agent(entry.user_agent);
  out.set_trace_id(entry.trace_id);
}

}  // namespace marquee::auth
