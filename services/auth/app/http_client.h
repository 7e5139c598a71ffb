// HTTP as a client, as far as OpenID providers need it. clients/ implements it.
#pragma once

#include <string>

#include "base/call_context.h"
#include "base/result.h"

namespace marquee::auth {

struct HttpRequest {
  std::string url;
  std::string form = {};  // sent by POST as application/x-www-form-urlencoded; empty: a GET
  std::string authorization = {};  // the header of that name; empty: none
};

struct HttpResponse {
  int status = 0;
  std::string body = {};
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // An answer of whatever status; redirects aren't followed. Unavailable "http_unavailable", with
  // the cause for the log and nothing of the request in it. Thread-safe.
  virtual Result<HttpResponse> Send(const HttpRequest& request, const CallContext& call) = 0;
};

}  // namespace marquee::auth
