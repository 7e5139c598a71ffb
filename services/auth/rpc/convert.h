// Domain to contract, and who calls.
#pragma once

#include "auth/app/key_ring.h"
#include "auth/app/person.h"
#include "auth/app/sessions.h"
#include "auth/domain/account.h"
#include "auth/domain/api_key.h"
#include "auth/domain/audit.h"
#include "auth/domain/erasure.h"
#include "auth/domain/oauth.h"
#include "base/clock.h"
#include "marquee/auth/v1/audit.pb.h"
#include "marquee/auth/v1/auth.pb.h"
#include "marquee/auth/v1/oauth.pb.h"
#include "rpc/call.h"
#include "token/token.h"

namespace marquee::auth {

google::protobuf::Timestamp ToTimestamp(Time time);
// The caller as a person: services and the like have no account.
Result<Person> PersonOf(const rpc::Call& call);

void ToProto(const Account& account, v1::User& out);
void ToProto(const SessionView& view, v1::SessionInfo& out);
void ToProto(const SignedIn& signed_in, v1::Session& out);
void ToProto(const token::PublicKey& key, v1::Jwk& out);
void ToProto(const KeyState& state, v1::SigningKey& out);
void ToProto(const ApiKey& key, v1::ApiKey& out);
void ToProto(const Erasure& erasure, v1::Erasure& out);
void ToProto(const OAuthClient& client, v1::OAuthClient& out);
void ToProto(const AuditEntry& entry, v1::AuditEntry& out);

// A response that holds an erasure, and where it can be followed.
template <typename Response>
Result<Response> WithErasure(const Result<Erasure>& erasure) {
  if (!erasure.ok()) return erasure.error();
  Response response;
  ToProto(*erasure, *response.mutable_erasure());
  response.set_location("/v1/erasures/" + erasure->erasure_id);
  return response;
}

}  // namespace marquee::auth
