#include "gateway/problem.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "gateway/http/wire.h"
#include "gateway/transcode/json_writer.h"

namespace marquee::gateway {
namespace {

// After a refusal that doesn't say how long it holds; 0: another try would be of no use.
std::chrono::seconds UsualWait(int status, std::string_view code) {
  if (status == 429) return std::chrono::seconds{5};
  return std::chrono::seconds{status == 503 || code == "idempotency_key_in_use" ? 1 : 0};
}

// Those of a refusal in whatever form.
void AddHeaders(std::string_view code, std::chrono::seconds retry_after, http::Response& response) {
  response.headers.push_back({"Cache-Control", "no-store"});
  if (code == "unsupported_content_encoding")
    response.headers.push_back({"Accept-Encoding", "identity"});
  if (retry_after.count() == 0) retry_after = UsualWait(response.status, code);
  if (retry_after.count() > 0)
    response.headers.push_back({"Retry-After", std::to_string(retry_after.count())});
}

http::Response Document(int status, std::string_view code, std::string_view detail,
                        std::string_view field, std::string_view trace_id,
                        std::chrono::seconds retry_after = {}) {
  http::Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  std::string& out = response.body;
  out = R"({"type":)";
  AppendJsonString("urn:marquee:problem:" + std::string(code), out);
  out += R"(,"title":)";
  AppendJsonString(http::ReasonPhrase(status), out);
  out += R"(,"status":)" + std::to_string(status) + R"(,"detail":)";
  AppendJsonString(detail, out);
  out += R"(,"code":)";
  AppendJsonString(code, out);
  if (!field.empty()) {
    out += R"(,"field":)";
    AppendJsonString(field, out);
  }
  out += R"(,"trace_id":)";
  AppendJsonString(trace_id, out);
  out += '}';
  AddHeaders(code, retry_after, response);
  if (status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

// Where HTTP has a status of its own for what gRPC has one code for.
constexpr std::pair<std::string_view, int> kStatusOfReason[] = {
    {"body_too_large", 413},         {"poster_too_large", 413},
    {"unsupported_media_type", 415}, {"unsupported_content_encoding", 415},
    {"idempotency_key_reused", 422}, {"header_too_large", 431},
    {"target_too_long", 414},
};

// The words of RFC 6749 (sections 4.1.2.1 and 5.2), 6750, 7009 and 8628, for who isn't sent back to a
// client's own page.
constexpr std::array<std::string_view, 15> kOAuthErrors{"access_denied",
                                                        "authorization_pending",
                                                        "expired_token",
                                                        "insufficient_scope",
                                                        "invalid_client",
                                                        "invalid_grant",
                                                        "invalid_request",
                                                        "invalid_scope",
                                                        "invalid_token",
                                                        "server_error",
                                                        "slow_down",
                                                        "temporarily_unavailable",
                                                        "unauthorized_client",
                                                        "unsupported_grant_type",
                                                        "unsupported_token_type"};

std::string_view OAuthWord(const Error& error, bool for_bearers) {
  const auto* const word = std::ranges::find(kOAuthErrors, error.reason);
  if (word != kOAuthErrors.end()) return *word;
  switch (error.code) {
    case Code::kUnauthenticated: return for_bearers ? "invalid_token" : "invalid_client";
    case Code::kPermissionDenied: return "access_denied";
    case Code::kResourceExhausted:
    case Code::kAborted:
    case Code::kCancelled:
    case Code::kUnavailable:
    case Code::kDeadlineExceeded: return "temporarily_unavailable";
    case Code::kUnknown:
    case Code::kUnimplemented:
    case Code::kInternal:
    case Code::kDataLoss: return "server_error";
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition: return "invalid_request";
  }
  return "server_error";
}

// RFC 6749, section 5.2: printable ASCII without the quotation mark and the backslash.
std::string OAuthDescription(std::string_view text) {
  std::string out = PrintableAscii(text, text.size());
  std::ranges::replace(out, '"', '\'');
  std::ranges::replace(out, '\\', '/');
  return out;
}

bool Hidden(Code code) {
  return code == Code::kInternal || code == Code::kUnknown || code == Code::kDataLoss;
}

// "NOT_FOUND" → "not_found": the slug of an error that came without one.
std::string Slug(Code code) {
  std::string out(Name(code));
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

int HttpStatus(const Error& error) {
  for (const auto& [reason, status] : kStatusOfReason) {
    if (error.reason == reason) return status;
  }
  switch (error.code) {
    case Code::kInvalidArgument:
    case Code::kOutOfRange: return 400;
    case Code::kUnauthenticated: return 401;
    case Code::kPermissionDenied: return 403;
    case Code::kNotFound: return 404;
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kAborted: return 409;
    case Code::kResourceExhausted: return 429;
    case Code::kCancelled: return 499;
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss: return 500;
    case Code::kUnimplemented: return 501;
    case Code::kUnavailable: return 503;
    case Code::kDeadlineExceeded: return 504;
  }
  return 500;
}

std::string_view GenericSentence(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kOutOfRange: return "The request isn't valid.";
    case Code::kUnauthenticated: return "A valid access token is needed.";
    case Code::kPermissionDenied: return "You may not do this.";
    case Code::kNotFound: return "There is no such thing.";
    case Code::kAlreadyExists: return "It exists already.";
    case Code::kFailedPrecondition:
    case Code::kAborted: return "It can't be done in the present state; look again and retry.";
    case Code::kResourceExhausted: return "Too many requests; retry later.";
    case Code::kCancelled: return "The request was given up.";
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss:
      return "Something went wrong on our side. Quote the trace id when you report it.";
    case Code::kUnimplemented: return "This isn't available.";
    case Code::kUnavailable: return "The service is unavailable for the moment; retry shortly.";
    case Code::kDeadlineExceeded: return "The service took too long to answer.";
  }
  return "Something went wrong on our side. Quote the trace id when you report it.";
}

http::Response Problem(const Error& error, std::string_view trace_id) {
  const bool hidden = Hidden(error.code);
  const std::string code = hidden                 ? "internal"
                           : error.reason.empty() ? Slug(error.code)
                                                  : error.reason;
  const std::string_view detail =
      hidden || error.message.empty() ? GenericSentence(error.code) : error.message;
  return Document(HttpStatus(error), code, detail, hidden ? std::string_view() : error.field,
                  trace_id, error.retry_after);
}

http::Response OAuthProblem(const Error& error, std::string_view challenge) {
  http::Response response;
  response.status = HttpStatus(error);
  response.content_type = "application/json";
  const bool for_bearers = challenge.empty();
  const std::string_view word = OAuthWord(error, for_bearers);
  const std::string description = OAuthDescription(
      Hidden(error.code) || error.message.empty() ? GenericSentence(error.code) : error.message);
  response.body = R"({"error":)";
  AppendJsonString(word, response.body);
  response.body += R"(,"error_description":)";
  AppendJsonString(description, response.body);
  response.body += '}';
  AddHeaders(error.reason, error.retry_after, response);
  const bool out_of_scope = for_bearers && word == "insufficient_scope";
  if (response.status != 401 && !out_of_scope) return response;
  std::string asked(for_bearers ? "Bearer" : challenge);
  if (for_bearers && error.reason != "token_missing")
    asked += " error=\"" + std::string(word) + "\", error_description=\"" + description + '"';
  response.headers.push_back({"WWW-Authenticate", std::move(asked)});
  return response;
}

http::Response MethodNotAllowed(const std::vector<std::string>& allowed,
                                std::string_view trace_id) {
  std::string list;
  for (const std::string& method : allowed) {
    if (!list.empty()) list += ", ";
    list += method;
    if (method == "GET") list += ", HEAD";
  }
  http::Response response =
      Document(405, "method_not_allowed", "This path takes " + list + ".", {}, trace_id);
  response.headers.push_back({"Allow", list});
  return response;
}

}  // namespace marquee::gateway
