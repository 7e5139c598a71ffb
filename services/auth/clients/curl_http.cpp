#include "auth/clients/curl_http.h"

#include <algorithm>

#include "auth/clients/curl.h"
#include "auth/domain/identity.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectTime{2'000};
constexpr milliseconds kMostTime{3'000};
constexpr std::size_t kMostBytes = 256UL * 1024;

// Fewer bytes than it was given end the transfer.
std::size_t Take(char* data, std::size_t size, std::size_t count, void* body) {
  auto& text = *static_cast<std::string*>(body);
  const std::size_t bytes = size * count;
  if (text.size() + bytes > kMostBytes) return 0;
  text.append(data, bytes);
  return bytes;
}

Error Unavailable(std::string cause) {
  return Error::Unavailable("http_unavailable", std::move(cause));
}

void SetUp(CURL* curl, const HttpRequest& request, milliseconds left) {
  const bool loopback = IsLoopbackUrl(request.url);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, loopback ? "http" : "https");
  if (loopback) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  if (!request.form.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.form.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.form.size()));
  }
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTime.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(std::min(left, kMostTime).count()));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

}  // namespace

CurlHttp::CurlHttp(std::string ca_file, const Clock& clock)
    : ca_file_(std::move(ca_file)), clock_(clock) {
  StartCurl();
}

Result<HttpResponse> CurlHttp::Send(const HttpRequest& request, const CallContext& call) {
  const auto left = std::chrono::duration_cast<milliseconds>(call.deadline - clock_.Now());
  if (left.count() <= 0) return Unavailable("there was no time left");
  if (HasControls(request.authorization)) return Unavailable("a token that is none");
  const std::string authorization = "Authorization: " + request.authorization;
  const Curl owner = NewCurl();
  CurlList headers(curl_slist_append(nullptr, "Accept: application/json"), &curl_slist_free_all);
  if (!request.authorization.empty() && headers)
    headers.reset(curl_slist_append(headers.release(), authorization.c_str()));
  CURL* curl = owner.get();
  if (curl == nullptr || !headers) return Unavailable("there isn't enough memory");
  SetUp(curl, request, left);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  if (!ca_file_.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file_.c_str());
  HttpResponse response;
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_WRITE_ERROR) return Unavailable("the answer was too large");
  if (code != CURLE_OK) return Unavailable(curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  return response;
}

}  // namespace marquee::auth
