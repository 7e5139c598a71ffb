// libcurl's handles, owned. Internal to clients/.
#pragma once

#include <curl/curl.h>

#include <memory>

namespace marquee::auth {

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// Before the first handle, once for the program.
inline void StartCurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

inline Curl NewCurl() { return {curl_easy_init(), &curl_easy_cleanup}; }

}  // namespace marquee::auth
