// HTTP as the gateway sees it: a request comes in, one response goes out, at any time, from any
// thread. What carries them (Pistache) is known to http/server.cpp alone.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::gateway::http {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

std::string_view Name(Method method);  // "GET", …
Method ParseMethod(std::string_view name);

// Whether it is a token (RFC 9110, section 5.6.2): a header's or a cookie's name.
bool IsToken(std::string_view text);
// Whether it can stand as a header's value: no control character but the tab, so that it stays one.
bool IsHeaderValue(std::string_view text);

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  Method method = Method::kGet;
  std::string target;           // as it stood in the request line: nothing decoded, nothing dropped
  std::vector<Header> headers;  // names in lower case, in order of arrival
  std::string body;

  // The header's value; nullptr when it is absent. `name` in lower case.
  const std::string* Find(std::string_view name) const;
  // How often the header came.
  int Count(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type;  // none is sent when empty
  std::vector<Header>
      headers;  // beside Content-Type, Content-Length and Connection, which the server writes
  std::string body;
};

// Answers the request that it was handed out for: once, from any thread; a call after the first
// does nothing. When the client has gone, the answer is dropped.
using Responder = std::function<void(Response)>;
// Runs on the server's thread and must not block.
using Handler = std::function<void(Request, Responder)>;

}  // namespace marquee::gateway::http
