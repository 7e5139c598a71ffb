// HTTP through libcurl.
#pragma once

#include <string>

#include "auth/app/http_client.h"
#include "base/clock.h"

namespace marquee::auth {

// https, with the server's certificate verified; http on loopback addresses. An answer has 256 KiB and
// three seconds at most. A connection for each: sign-ins are few. Thread-safe.
class CurlHttp final : public HttpClient {
 public:
  // `ca_file` (PEM) is what certificates are verified by; empty: the system's.
  CurlHttp(std::string ca_file, const Clock& clock);
  Result<HttpResponse> Send(const HttpRequest& request, const CallContext& call) override;

 private:
  const std::string ca_file_;
  const Clock& clock_;
};

}  // namespace marquee::auth
