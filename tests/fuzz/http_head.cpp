// The head of a request, as it comes off the socket.
#include "fuzz/must.h"
#include "gateway/http/head.h"

using namespace marquee::gateway::http;  // NOLINT(google-build-using-namespace): a program of its
                                         // own

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto in = TextOf(data, size);
  Head head;
  std::optional<HeadError> error;
  if (!ReadHead(in, head, error)) {
    if (error) MUST(error->status >= 400 && error->status < 600 && !error->reason.empty());
    if (!error) MUST(size <= kMaxHeadBytes);  // nobody is waited for without end
    return 0;
  }
  MUST(!error && head.bytes <= size && head.bytes <= kMaxHeadBytes);
  MUST(head.request.headers.size() <= kMaxHeaders && head.request.body.empty());
  for (const auto& [name, value] : head.request.headers) {
    for (const char c : name) MUST(c > ' ' && c != ':' && !(c >= 'A' && c <= 'Z'));
    for (const char c : value) MUST(c != '\r' && c != '\n' && c != '\0');
  }
  for (const char c : head.request.target) MUST(c > ' ' && c != 0x7f);
  // What follows the head changes nothing in it, and without its last byte it isn't whole.
  Head again;
  MUST(ReadHead(in.substr(0, head.bytes), again, error));
  MUST(again.bytes == head.bytes && again.content_length == head.content_length &&
       again.keep_alive == head.keep_alive && again.request.target == head.request.target);
  Head early;
  MUST(!ReadHead(in.substr(0, head.bytes - 1), early, error) && !error);
  return 0;
}
