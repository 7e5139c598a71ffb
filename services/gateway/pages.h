// The gateway's own pages: /openapi.json, Swagger UI at /docs, /livez and /readyz. Everything is
// read once at start.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "gateway/http/message.h"

namespace marquee::gateway {

class OwnPages {
 public:
  // `readiness` is asked at each /readyz: the body, and whether it is ready.
  struct Readiness {
    bool ready = true;
    std::string json;
  };
  OwnPages(std::string openapi_json, std::function<Readiness()> readiness);

  // Takes Swagger UI's files, those that /docs needs and no others, from npm's swagger-ui-dist.
  Status LoadSwagger(const std::string& directory);

  // Nothing when the path isn't one of ours.
  std::optional<http::Response> Find(const http::Request& request, std::string_view trace_id) const;
  void SetStopping() { stopping_ = true; }
  bool stopping() const { return stopping_; }

 private:
  void Add(const std::string& path, std::string content_type, std::string body,
           std::string cache_control);
  struct Page {
    std::string content_type;
    std::string body;
    std::string cache_control;
    std::string etag;
  };
  std::map<std::string, Page, std::less<>> pages_;
  std::function<Readiness()> readiness_;
  std::atomic<bool> stopping_{false};
};

}  // namespace marquee::gateway
