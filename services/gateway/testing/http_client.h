// An HTTP/1.1 client for tests that hides nothing: bytes out, one parsed answer in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::gateway::testing {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(int port);  // connects; ends the test program when it can't
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void Send(std::string_view bytes);
  // The next answer; nothing when the connection ended or five seconds passed first. After a HEAD
  // there is no body.
  std::optional<Answer> Read(bool head = false);
  // Whether the server has closed: waits for it up to five seconds.
  bool AtEnd();
  void Abort();  // RST

  // A whole request with `Connection: keep-alive`, and its answer.
  std::optional<Answer> Ask(std::string_view method, std::string_view target,
                            std::string_view body = {}, std::string_view headers = {});

 private:
  bool Fill();
  int fd_;
  std::string buffer_;
};

}  // namespace marquee::gateway::testing
