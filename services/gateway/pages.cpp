#include "gateway/pages.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "gateway/problem.h"
#include "gateway/transcode/transcoder.h"

namespace marquee::gateway {
namespace {

// No inline script or style: the site's Content-Security-Policy allows neither.
constexpr char kDocsPage[] = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Marquee API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript. The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/initializer.js"></script>
</body>
</html>
)";

constexpr char kInitializer[] = R"(window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    persistAuthorization: false,
    displayRequestDuration: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
});
)";

constexpr std::pair<const char*, const char*> kSwaggerFiles[] = {
    {"swagger-ui.css", "text/css; charset=utf-8"},
    {"swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
    {"favicon-32x32.png", "image/png"},
};

std::string_view PathOf(std::string_view target) { return target.substr(0, target.find('?')); }

http::Response Plain(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

}  // namespace

OwnPages::OwnPages(std::string openapi_json, std::function<Readiness()> readiness)
    : readiness_(std::move(readiness)) {
  Add("/openapi.json", "application/json", std::move(openapi_json), "public, max-age=60");
}

void OwnPages::Add(const std::string& path, std::string content_type, std::string body,
                   std::string cache_control) {
  std::string etag = StrongETag(body);
  pages_[path] = {std::move(content_type), std::move(body), std::move(cache_control),
                  std::move(etag)};
}

Status OwnPages::LoadSwagger(const std::string& directory) {
  for (const auto& [name, type] : kSwaggerFiles) {
    std::ifstream file(directory + "/" + name, std::ios::binary);
    if (!file) return Error::NotFound("no_swagger_ui", directory + "/" + name + " can't be read");
    Add(std::string("/docs/") + name, type, {std::istreambuf_iterator<char>(file), {}},
        "public, max-age=3600");
  }
  Add("/docs/initializer.js", "text/javascript; charset=utf-8", kInitializer,
      "public, max-age=3600");
  Add("/docs", "text/html; charset=utf-8", kDocsPage, "public, max-age=60");
  Add("/docs/", "text/html; charset=utf-8", kDocsPage, "public, max-age=60");
  return {};
}

std::optional<http::Response> OwnPages::Find(const http::Request& request,
                                             std::string_view trace_id) const {
  const std::string_view path = PathOf(request.target);
  if (request.method != http::Method::kGet && request.method != http::Method::kHead) {
    if (path != "/livez" && path != "/readyz" && !pages_.contains(path)) return std::nullopt;
    return MethodNotAllowed({"GET"}, trace_id);
  }
  if (path == "/livez") return Plain(200, R"({"status":"live"})");
  if (path == "/readyz") {
    const Readiness readiness =
        stopping_ ? Readiness{false, R"({"status":"stopping"})"} : readiness_();
    return Plain(readiness.ready ? 200 : 503, readiness.json);
  }
  const auto it = pages_.find(path);
  if (it == pages_.end()) return std::nullopt;
  const Page& page = it->second;
  http::Response response;
  response.headers = {{"Cache-Control", page.cache_control}, {"ETag", page.etag}};
  const std::string* known = request.Find("if-none-match");
  if (known != nullptr && MatchesETag(*known, page.etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = page.content_type;
  response.body = page.body;
  return response;
}

}  // namespace marquee::gateway
