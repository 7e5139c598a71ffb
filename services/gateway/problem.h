// Errors over HTTP: RFC 9457 problem details, and OAuth 2's. The one place where the gateway gives an error its
// status.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/http/message.h"

namespace marquee::gateway {

// The status of a code: an error of ours whose reason names a status of its own (413, 415) has that
// one.
int HttpStatus(const Error& error);

// application/problem+json with type, title, status, detail, code, trace_id and, when known, field;
// and the headers that belong to the status (WWW-Authenticate, Retry-After). What an INTERNAL,
// UNKNOWN or DATA_LOSS error says is for the log and not shown.
http::Response Problem(const Error& error, std::string_view trace_id);

// RFC 6749, section 5.2: application/json with `error` and `error_description`. A 401 asks for
// `challenge` (empty: Bearer); one that asks for a bearer says the error, too (RFC 6750, section 3),
// unless nobody had tried to be one.
http::Response OAuthProblem(const Error& error, std::string_view challenge);

// 405, with the methods that the path has.
http::Response MethodNotAllowed(const std::vector<std::string>& allowed, std::string_view trace_id);

// What people are told of an error whose text isn't known to be fit for them.
std::string_view GenericSentence(Code code);

}  // namespace marquee::gateway
