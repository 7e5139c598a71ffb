#include "rpc/interceptor.h"

#include <absl/strings/str_join.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "marquee/options/v1/options.pb.h"
#include "rules/scope.h"
#include "token/token.h"

namespace marquee::rpc {
namespace {

Error OutOfScope(const MethodInfo& method) {
  if (method.scopes.empty()) {
    return Error::PermissionDenied("insufficient_scope",
                                   "This can't be done with an API key, nor by an application: "
                                   "sign in.");
  }
  return Error::PermissionDenied("insufficient_scope",
                                 "This needs the scope " + absl::StrJoin(method.scopes, " or ") +
                                     ", which the API key or the application lacks.");
}

}  // namespace

Status Interceptor::Learn(MethodInfo& method) const {
  const auto& options = method.descriptor->options();
  const auto wrong = [&](const std::string& what) {
    return Error::FailedPrecondition("bad_policy", method.path + " " + what);
  };
  if (!options.HasExtension(options::v1::policy)) return wrong("has no policy option.");
  const auto& policy = options.GetExtension(options::v1::policy);
  switch (policy.access()) {
    case options::v1::ACCESS_PUBLIC: method.access = Access::kPublic; break;
    case options::v1::ACCESS_AUTHENTICATED: method.access = Access::kAuthenticated; break;
    case options::v1::ACCESS_RESTRICTED: method.access = Access::kRestricted; break;
    default: return wrong("has a policy without access.");
  }
  method.roles.assign(policy.roles().begin(), policy.roles().end());
  method.scopes.assign(policy.scopes().begin(), policy.scopes().end());
  for (const auto& scope : method.scopes) {
    if (rules::FindTokenScope(scope) == nullptr)
      return wrong("has the scope " + scope + ", unknown.");
  }
  if (!policy.owner().empty()) {
    method.owner = method.descriptor->input_type()->FindFieldByName(policy.owner());
    if (method.owner == nullptr ||
        method.owner->type() != google::protobuf::FieldDescriptor::TYPE_INT64 ||
        method.owner->is_repeated() || method.descriptor->client_streaming()) {
      return wrong("has an owner that is not an int64 field of its request.");
    }
  }
  if (options.HasExtension(options::v1::audit)) {
    const auto& audit = options.GetExtension(options::v1::audit);
    method.audit_action = audit.action();
    method.audit_refusals_only = audit.refusals_only();
    if (method.audit_action.empty()) return wrong("has an audit option without an action.");
    if (!audit_) return wrong("is to be audited, and its service keeps no audit log.");
    if (!audit.about().empty()) {
      using Field = google::protobuf::FieldDescriptor;
      method.about = method.descriptor->input_type()->FindFieldByName(audit.about());
      const bool good =
          method.about != nullptr && !method.about->is_repeated() &&
          !method.descriptor->client_streaming() &&
          (method.about->type() == Field::TYPE_INT64 || method.about->type() == Field::TYPE_STRING);
      if (!good) return wrong("has an audit that isn't about an int64 or a text of its request.");
    }
  }
  if (method.access == Access::kRestricted && method.roles.empty() && method.owner == nullptr) {
    return wrong("is restricted to nobody.");
  }
  return {};
}

Result<Caller> Interceptor::Authenticate(const MethodInfo& method,
                                         const std::string& authorization) const {
  const bool open = method.access == Access::kPublic;
  if (authorization.empty()) {
    if (open) return Caller{};
    return Error::Unauthenticated(
        "token_missing", "Sign in first: this needs an access token (Authorization: Bearer …).");
  }
  const auto bearer = token::BearerToken(authorization);
  if (!bearer) {
    if (open) return Caller{};
    return Error::Unauthenticated(
        "token_invalid", "The Authorization header must be \"Bearer\" and an access token.");
  }
  std::string jwt(*bearer);
  auto claims = verifier_.Verify(jwt);
  if (!claims.ok()) {
    // A public method serves whoever comes: a stale token must not keep anyone from signing in
    // again.
    if (open) return Caller{};
    return std::move(claims).error();
  }
  Caller caller{claims->user_id,    claims->subject,    claims->roles,
                claims->session_id, std::move(jwt),     claims->issued_at,
                claims->scopes,     claims->api_key_id, claims->client_id};
  if (caller.IsWithin(method.scopes)) return caller;
  if (open) return Caller{};
  return OutOfScope(method);
}

Result<Caller> Interceptor::Recheck(const MethodInfo& method, const CallContext& call) const {
  if (!check_ || call.caller.user_id == 0 || method.access == Access::kPublic) return call.caller;
  ASSIGN_OR_RETURN(Caller now, check_(call));
  // Roles that were given since go to the person, not to what their keys may do.
  now.scopes = call.caller.scopes;
  if (now.scopes) now.roles = rules::RolesWithin(std::move(now.roles), *now.scopes);
  return now;
}

Status Interceptor::Authorize(const MethodInfo& method, const Caller& caller,
                              const google::protobuf::Message* request) const {
  if (method.access != Access::kRestricted) return {};
  for (const auto& role : method.roles) {
    if (caller.Has(role)) return {};
  }
  if (method.owner != nullptr && request != nullptr && caller.user_id != 0 &&
      request->GetReflection()->GetInt64(*request, method.owner) == caller.user_id) {
    return {};
  }
  return Error::PermissionDenied("not_allowed", "Your account may not do this.");
}

void Interceptor::Audit(const MethodInfo& method, const CallContext& call,
                        const google::protobuf::Message* request, const Status& status,
                        const AuditNote& note) const {
  const Status& outcome = status.ok() ? note.outcome : status;
  if (method.audit_action.empty() || !note.entered) return;
  if (method.audit_refusals_only && outcome.ok()) return;
  std::string about = note.about;
  if (about.empty() && method.about != nullptr && request != nullptr) {
    const auto* reflection = request->GetReflection();
    about = method.about->type() == google::protobuf::FieldDescriptor::TYPE_INT64
                ? std::to_string(reflection->GetInt64(*request, method.about))
                : reflection->GetString(*request, method.about);
  }
  audit_({method.audit_action, std::move(about),
          note.client_id.empty() ? call.caller.client_id : note.client_id, call, outcome});
}

void Interceptor::Record(MethodInfo& method, int code, std::chrono::nanoseconds took) const {
  const auto index =
      static_cast<std::size_t>(code) < method.duration.size() ? static_cast<std::size_t>(code) : 2U;
  const std::lock_guard lock(method.mutex);
  auto& histogram = method.duration[index];
  if (!histogram) {
    histogram = metrics_.AddHistogram(
        "marquee_rpc_duration_seconds",
        "Time to answer an rpc, by service, method and gRPC status code.",
        {{"service", method.service},
         {"method", method.name},
         {"code", index == 0 ? "OK" : std::string(Name(static_cast<Code>(index)))}});
  }
  histogram->Observe(std::chrono::duration<double>(took).count());
}

}  // namespace marquee::rpc
