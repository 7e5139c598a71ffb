// The head of an HTTP/1.1 request (RFC 9112), read strictly: what two readers could understand
// differently is refused. That takes in chunked bodies (nginx has unpacked them), repeated
// Content-Length, folded headers, bare line feeds and control characters.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace marquee::gateway::http {

inline constexpr std::size_t kMaxHeadBytes = 32 * 1024;
inline constexpr std::size_t kMaxHeaders = 100;

struct Head {
  Request request;        // without its body
  std::size_t bytes = 0;  // of the head, with the empty line that ends it
  std::size_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
};

// Why a head is refused: a status and a word for people.
struct HeadError {
  int status = 400;
  std::string_view reason;
};

// Reads the head at the start of `in`. True: `head` is filled. False: `error` says why not, or,
// when it is empty, more bytes are needed.
bool ReadHead(std::string_view in, Head& head, std::optional<HeadError>& error);

}  // namespace marquee::gateway::http
