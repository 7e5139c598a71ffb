#include "gateway/transcode/rest_plan.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "gateway/transcode/json_writer.h"
#include "gateway/transcode/scalar.h"
#include "marquee/options/v1/options.pb.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;
using options::v1::Cookie;
using options::v1::Rest;

// Those that HTTP itself needs, that have an option of their own, or that the gateway reads.
constexpr std::array<std::string_view, 12> kNoRequestHeaders{"connection",
                                                             "content-length",
                                                             "content-type",
                                                             "cookie",
                                                             "expect",
                                                             "host",
                                                             "te",
                                                             "upgrade",
                                                             "idempotency-key",
                                                             "marquee-position",
                                                             "traceparent",
                                                             "transfer-encoding"};
constexpr std::array<std::string_view, 12> kNoResponseHeaders{
    "cache-control", "connection",  "content-encoding",  "content-length",
    "content-type",  "etag",        "set-cookie",        "marquee-position",
    "trailer",       "traceparent", "transfer-encoding", "x-trace-id"};

Error Bad(const std::string& what) { return Error::InvalidArgument("bad_rest", what); }

bool IsInteger(const FieldPlan& field) {
  return field.kind == Kind::kInt32 || field.kind == Kind::kInt64 || field.kind == Kind::kUint32 ||
         field.kind == Kind::kUint64;
}

// What a header can carry.
bool IsPlain(const FieldPlan& field) {
  return !field.repeated && (field.kind == Kind::kString || field.kind == Kind::kBool ||
                             field.kind == Kind::kEnum || IsInteger(field));
}

bool IsString(const FieldPlan& field) { return !field.repeated && field.kind == Kind::kString; }

// RFC 3986: what a URI consists of.
bool IsUriReference(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
  });
}

// RFC 6265, section 4.1.1: a cookie-octet.
bool IsCookieValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

bool IsPath(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c < 0x7F && c != ';';
         });
}

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Takes each field once, so that no value has two ways.
class Fields {
 public:
  explicit Fields(const MessagePlan& plan) : plan_(plan) {}

  Result<const FieldPlan*> Take(const std::string& name, const std::string& what,
                                bool (*fits)(const FieldPlan&)) {
    const FieldPlan* field = plan_.Find(name);
    if (field == nullptr || field->map) return Bad("no field " + name + " for " + what);
    if (!fits(*field)) return Bad("the field " + name + " can't be " + what);
    if (!taken_.insert(name).second) return Bad("the field " + name + " is named twice");
    return field;
  }

 private:
  const MessagePlan& plan_;
  std::set<std::string> taken_;
};

Status Headers(const pb::RepeatedPtrField<options::v1::NamedField>& named, bool of_request,
               Fields& fields, std::vector<RestPlan::Named>& out) {
  std::set<std::string> seen;
  for (const auto& one : named) {
    const std::string lower = AsciiLower(one.name());
    const bool taken =
        of_request ? Contains(kNoRequestHeaders, lower) : Contains(kNoResponseHeaders, lower);
    if (!http::IsToken(one.name()) || taken)
      return Bad("\"" + one.name() + "\" can't be such a header");
    if (!seen.insert(lower).second) return Bad("the header " + one.name() + " is named twice");
    ASSIGN_OR_RETURN(const FieldPlan* field,
                     fields.Take(one.field(), "the header " + one.name(), IsPlain));
    out.push_back({one.name(), field, lower});
  }
  return {};
}

Result<RestPlan::SetCookie> CookieOf(const Cookie& cookie, Fields& fields) {
  const std::string what = "the cookie " + cookie.name();
  if (!http::IsToken(cookie.name()))
    return Bad("\"" + cookie.name() + "\" can't be a cookie's name");
  RestPlan::SetCookie plan;
  plan.name = cookie.name();
  ASSIGN_OR_RETURN(plan.field, fields.Take(cookie.field(), what, IsString));
  const std::string path = cookie.path().empty() ? "/" : cookie.path();
  if (!IsPath(path)) return Bad(what + " has a bad path");
  const std::string lower = AsciiLower(cookie.name());
  if (!cookie.secure() && (lower.starts_with("__secure-") || lower.starts_with("__host-")))
    return Bad(what + " has a name that browsers take with `secure` alone");
  if (lower.starts_with("__host-") && path != "/")
    return Bad(what + " has a name that browsers take with the path / alone");
  plan.attributes = "; Path=" + path;
  if (cookie.secure()) plan.attributes += "; Secure";
  if (cookie.http_only()) plan.attributes += "; HttpOnly";
  switch (cookie.same_site()) {
    case Cookie::SAME_SITE_STRICT: plan.attributes += "; SameSite=Strict"; break;
    case Cookie::SAME_SITE_LAX: plan.attributes += "; SameSite=Lax"; break;
    case Cookie::SAME_SITE_NONE:
      if (!cookie.secure()) return Bad(what + " is for other sites, and not `secure`");
      plan.attributes += "; SameSite=None";
      break;
    default: return Bad(what + " doesn't say its same_site");
  }
  if (!cookie.max_age_field().empty()) {
    const auto fits = [](const FieldPlan& field) { return !field.repeated && IsInteger(field); };
    ASSIGN_OR_RETURN(plan.max_age, fields.Take(cookie.max_age_field(), "a Max-Age", fits));
  }
  return plan;
}

// An answer that depends on who asks, or tells a client something of its own, is nobody else's.
Status CheckStorable(const Rest& rest) {
  if (rest.cache_control().empty()) return {};
  if (rest.request_headers_size() > 0 || rest.request_cookies_size() > 0)
    return Bad("cache_control, and an answer that depends on a header or a cookie");
  if (rest.response_cookies_size() > 0 || rest.has_redirect())
    return Bad("cache_control, and a cookie or a redirect");
  return {};
}

// Whether a text goes into a string field: protobuf would send nothing else.
Status CheckText(const FieldPlan& field, const std::string& value, const std::string& name) {
  if (field.kind != Kind::kString || IsUtf8(value)) return {};
  return Error::InvalidArgument("invalid_utf8", name + " isn't UTF-8.", name);
}

// As text; empty for an unset one.
std::string TextOf(const pb::Message& message, const FieldPlan& field) {
  const pb::Reflection& reflection = *message.GetReflection();
  if (field.presence && !reflection.HasField(message, field.field)) return {};
  if (field.kind == Kind::kString) return reflection.GetString(message, field.field);
  std::string text;
  AppendJsonField(message, field, text);
  if (field.kind == Kind::kEnum && text.size() > 2) text = text.substr(1, text.size() - 2);
  return text;
}

Error Unsendable(const FieldPlan& field, std::string_view what) {
  return Error::Internal("the field " + field.name + " has a value that can't be " +
                         std::string(what));
}

Status ReadCookies(const RestPlan& rest, const http::Request& request, pb::Message& message) {
  std::set<std::string_view> seen;
  for (const http::Header& header : request.headers) {
    if (header.name != "cookie") continue;
    std::string_view rest_of = header.value;
    while (!rest_of.empty()) {
      const std::size_t end = std::min(rest_of.find(';'), rest_of.size());
      const std::string_view pair = Trimmed(rest_of.substr(0, end));
      rest_of.remove_prefix(std::min(end + 1, rest_of.size()));
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      const auto found =
          std::find_if(rest.request_cookies.begin(), rest.request_cookies.end(),
                       [&](const auto& one) { return one.name == pair.substr(0, equals); });
      if (found == rest.request_cookies.end()) continue;  // another page's of this host
      // Which of two is ours, nobody can say: one may have been put beside it by another host.
      if (!seen.insert(found->name).second) {
        return Error::InvalidArgument(
            "duplicate_cookie", "The cookie " + found->name + " is given twice.", found->name);
      }
      const std::string value(pair.substr(equals + 1));
      if (value.empty()) continue;
      RETURN_IF_ERROR(CheckText(*found->field, value, found->name));
      RETURN_IF_ERROR(SetFromText(message, *found->field, value, found->name));
    }
  }
  return {};
}

}  // namespace

Result<RestPlan> RestPlan::Make(const Rest& rest, const MessagePlan& request,
                                const MessagePlan& response) {
  RestPlan plan;
  plan.form = rest.form();
  plan.ignore_unknown = rest.ignore_unknown();
  RETURN_IF_ERROR(CheckStorable(rest));
  Fields of_request(request);
  RETURN_IF_ERROR(Headers(rest.request_headers(), true, of_request, plan.request_headers));
  std::set<std::string> cookies;
  for (const auto& one : rest.request_cookies()) {
    if (!http::IsToken(one.name())) return Bad("\"" + one.name() + "\" can't be a cookie's name");
    if (!cookies.insert(one.name()).second)
      return Bad("the cookie " + one.name() + " is named twice");
    ASSIGN_OR_RETURN(const FieldPlan* field,
                     of_request.Take(one.field(), "the cookie " + one.name(), IsPlain));
    plan.request_cookies.push_back({one.name(), field, {}});
  }
  Fields of_response(response);
  RETURN_IF_ERROR(Headers(rest.response_headers(), false, of_response, plan.response_headers));
  cookies.clear();
  for (const Cookie& cookie : rest.response_cookies()) {
    ASSIGN_OR_RETURN(SetCookie set, CookieOf(cookie, of_response));
    if (!cookies.insert(set.name).second) return Bad("the cookie " + set.name + " is named twice");
    plan.response_cookies.push_back(std::move(set));
  }
  if (rest.has_redirect()) {
    plan.redirect_status = rest.redirect().status();
    if (plan.redirect_status != 302 && plan.redirect_status != 303 && plan.redirect_status != 307)
      return Bad("a redirect's status is 302, 303 or 307");
    ASSIGN_OR_RETURN(plan.location,
                     of_response.Take(rest.redirect().field(), "a Location", IsString));
    const bool twice = std::any_of(plan.response_headers.begin(), plan.response_headers.end(),
                                   [](const Named& one) { return one.lower == "location"; });
    if (twice) return Bad("a redirect, and another header Location");
  }
  plan.content_type = rest.content_type();
  if (!http::IsHeaderValue(plan.content_type)) return Bad("a bad content_type");
  if (!rest.status_field().empty()) {
    const auto fits = [](const FieldPlan& field) { return !field.repeated && IsInteger(field); };
    ASSIGN_OR_RETURN(plan.status, of_response.Take(rest.status_field(), "a status", fits));
    if (rest.success_status() == 204 || !rest.cache_control().empty())
      return Bad("a status_field, and 204 or cache_control");
  }
  plan.oauth_errors = rest.error_form() == options::v1::ERROR_FORM_OAUTH;
  plan.challenge = rest.challenge();
  if (!http::IsHeaderValue(plan.challenge)) return Bad("a bad challenge");
  return plan;
}

std::set<std::string> RestPlan::FieldsOfRequest() const {
  std::set<std::string> names;
  for (const auto* list : {&request_headers, &request_cookies}) {
    for (const Named& one : *list) names.insert(one.field->name);
  }
  return names;
}

std::set<std::string> RestPlan::FieldsOfResponse() const {
  std::set<std::string> names;
  for (const Named& one : response_headers) names.insert(one.field->name);
  for (const SetCookie& one : response_cookies) {
    names.insert(one.field->name);
    if (one.max_age != nullptr) names.insert(one.max_age->name);
  }
  for (const FieldPlan* one : {location, status}) {
    if (one != nullptr) names.insert(one->name);
  }
  return names;
}

Status ReadHeaders(const RestPlan& rest, const http::Request& request, pb::Message& message) {
  for (const auto& [name, field, lower] : rest.request_headers) {
    const std::string* value = request.Find(lower);
    if (value == nullptr) continue;
    if (request.Count(lower) != 1) {
      return Error::InvalidArgument("duplicate_header", "The header " + name + " is given twice.",
                                    name);
    }
    if (value->empty()) continue;
    RETURN_IF_ERROR(CheckText(*field, *value, name));
    RETURN_IF_ERROR(SetFromText(message, *field, *value, name));
  }
  return rest.request_cookies.empty() ? Status() : ReadCookies(rest, request, message);
}

Status WriteHeaders(const RestPlan& rest, const pb::Message& message, http::Response& response) {
  for (const auto& [name, field, lower] : rest.response_headers) {
    std::string value = TextOf(message, *field);
    if (value.empty()) continue;
    if (!http::IsHeaderValue(value)) return Unsendable(*field, "a header");
    response.headers.push_back({name, std::move(value)});
  }
  for (const auto& cookie : rest.response_cookies) {
    const FieldPlan& field = *cookie.field;
    const std::string value = TextOf(message, field);
    if (!IsCookieValue(value)) return Unsendable(field, "a cookie");
    const bool set = field.presence && message.GetReflection()->HasField(message, field.field);
    if (value.empty() && !set) continue;
    std::string text = cookie.name + "=" + value + cookie.attributes;
    const std::string max_age = value.empty()               ? "0"
                                : cookie.max_age == nullptr ? std::string()
                                                            : TextOf(message, *cookie.max_age);
    if (!max_age.empty()) text += "; Max-Age=" + max_age;
    response.headers.push_back({"Set-Cookie", std::move(text)});
  }
  return {};
}

Result<int> StatusOf(const RestPlan& rest, const pb::Message& message, int otherwise) {
  if (rest.status == nullptr) return otherwise;
  const std::string text = TextOf(message, *rest.status);
  if (text.empty() || text == "0") return otherwise;
  constexpr std::string_view kFirstDigits = "245";
  const bool good = text.size() == 3 && kFirstDigits.find(text[0]) != std::string_view::npos &&
                    text != "204" && text != "205";
  if (!good) return Unsendable(*rest.status, "a status");
  return std::stoi(text);
}

Result<bool> WriteRedirect(const RestPlan& rest, const pb::Message& message,
                           http::Response& response) {
  if (rest.location == nullptr) return false;
  std::string location = TextOf(message, *rest.location);
  if (location.empty()) return false;
  if (!IsUriReference(location)) return Unsendable(*rest.location, "a Location");
  response.status = rest.redirect_status;
  response.headers.push_back({"Location", std::move(location)});
  return true;
}

}  // namespace marquee::gateway
