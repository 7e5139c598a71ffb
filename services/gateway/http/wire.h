// Answers as bytes.
#pragma once

#include <string>

#include "gateway/http/message.h"

namespace marquee::gateway::http {

// The reason phrase of a status: "Not Found".
const char* ReasonPhrase(int status);

// The whole answer. Headers that would not stay one (http::IsHeaderValue) are left out; a HEAD's
// answer has its length and no body; 204 and 304 have neither.
std::string Serialize(const Response& response, bool keep_alive, bool head_only);

}  // namespace marquee::gateway::http
