#include "gateway/pages.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace marquee::gateway {
namespace {

class PagesTest : public ::testing::Test {
 protected:
  PagesTest() : pages_("{}", [] { return OwnPages::Readiness{true, "{}"}; }) {
    directory_ =
        std::filesystem::path(::testing::TempDir()) / ("swagger" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
    for (const char* name :
         {"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "index.html"}) {
      std::ofstream(directory_ / name) << name;
    }
  }
  ~PagesTest() override { std::filesystem::remove_all(directory_); }

  int Status(const std::string& target, http::Method method = http::Method::kGet) const {
    const auto page = pages_.Find({method, target, {}, {}}, "trace");
    return page ? page->status : 0;
  }

  std::filesystem::path directory_;
  OwnPages pages_;
};

TEST_F(PagesTest, ServesSwaggerUiAndNothingElseOfItsFolder) {
  ASSERT_TRUE(pages_.LoadSwagger(directory_).ok());
  for (const char* path :
       {"/docs", "/docs/", "/docs?x=1", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js",
        "/docs/initializer.js", "/docs/favicon-32x32.png", "/openapi.json"}) {
    EXPECT_EQ(Status(path), 200) << path;
  }
  for (const char* path :
       {"/docs/index.html", "/docs/../pages.cpp", "/docs/%2e%2e/x", "/docs//swagger-ui.css",
        "/docs/swagger-ui.css/", "/etc/passwd", "/docs/package.json"}) {
    EXPECT_EQ(Status(path), 0) << path;
  }
  EXPECT_EQ(Status("/docs", http::Method::kPost), 405);
}

TEST_F(PagesTest, HasNoInlineScript) {
  ASSERT_TRUE(pages_.LoadSwagger(directory_).ok());
  const std::string body = pages_.Find({http::Method::kGet, "/docs", {}, {}}, "trace")->body;
  for (std::size_t at = body.find("<script"); at != std::string::npos;
       at = body.find("<script", at + 1)) {
    EXPECT_EQ(body.substr(at, 12), "<script src=");
  }
  EXPECT_EQ(body.find("style="), std::string::npos);
}

TEST_F(PagesTest, NeedsTheFiles) {
  std::filesystem::remove(directory_ / "swagger-ui.css");
  EXPECT_FALSE(pages_.LoadSwagger(directory_).ok());
}

TEST_F(PagesTest, IsNotReadyWhenStopping) {
  EXPECT_EQ(Status("/readyz"), 200);
  pages_.SetStopping();
  EXPECT_EQ(Status("/readyz"), 503);
  EXPECT_EQ(Status("/livez"), 200);
}

}  // namespace
}  // namespace marquee::gateway
