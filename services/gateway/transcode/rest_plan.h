// What an rpc's option Rest says of headers, cookies, redirects and bodies, worked out and checked
// once at start; and the reading and writing by it. Everything from a message to a header goes
// through here.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/http/message.h"
#include "gateway/transcode/plan.h"

namespace marquee::options::v1 {
class Rest;
}

namespace marquee::gateway {

struct RestPlan {
  struct Named {
    std::string name = {};
    const FieldPlan* field = nullptr;
    std::string lower = {};  // the name, as a request has it
  };
  struct SetCookie {
    std::string name;
    const FieldPlan* field = nullptr;
    const FieldPlan* max_age = nullptr;  // null: of the browser's session
    std::string attributes = {};         // "; Path=/; Secure"
  };

  bool form = false;
  bool ignore_unknown = false;
  std::vector<Named> request_headers;
  std::vector<Named> request_cookies;
  std::vector<Named> response_headers;
  std::vector<SetCookie> response_cookies;
  int redirect_status = 0;  // 0: never
  const FieldPlan* location = nullptr;
  std::string content_type;           // empty: JSON, or what an HttpBody says
  const FieldPlan* status = nullptr;  // of an answer; null: success_status
  bool oauth_errors = false;          // else problem documents
  std::string challenge;              // empty: Bearer
  bool json_lines() const { return content_type == "application/jsonl"; }

  // INVALID_ARGUMENT with what is wrong.
  static Result<RestPlan> Make(const options::v1::Rest& rest, const MessagePlan& request,
                               const MessagePlan& response);

  // The names of the fields that travel by it.
  std::set<std::string> FieldsOfRequest() const;
  std::set<std::string> FieldsOfResponse() const;
};

// Sets the fields that come by headers and cookies. INVALID_ARGUMENT that names the header or the
// cookie: a wrong type, one that came twice, text that isn't UTF-8.
Status ReadHeaders(const RestPlan& rest, const http::Request& request,
                   google::protobuf::Message& message);

// Adds headers and cookies; INTERNAL, with the field's name, for a value that can't be one: a line
// break in it would begin another header.
Status WriteHeaders(const RestPlan& rest, const google::protobuf::Message& message,
                    http::Response& response);

// The status that the message says, or else `otherwise`; INTERNAL for one that no answer with a body
// has.
Result<int> StatusOf(const RestPlan& rest, const google::protobuf::Message& message, int otherwise);

// Makes the answer a redirect; false where the message says of none. INTERNAL for what is no URI.
Result<bool> WriteRedirect(const RestPlan& rest, const google::protobuf::Message& message,
                           http::Response& response);

}  // namespace marquee::gateway
