#include "gateway/problem.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace marquee::gateway {
namespace {

std::string HeaderOf(const http::Response& response, const std::string& name) {
  for (const auto& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

TEST(Problem, GivesEachCodeItsStatus) {
  const std::pair<Code, int> table[] = {
      {Code::kCancelled, 499},          {Code::kUnknown, 500},
      {Code::kInvalidArgument, 400},    {Code::kDeadlineExceeded, 504},
      {Code::kNotFound, 404},           {Code::kAlreadyExists, 409},
      {Code::kPermissionDenied, 403},   {Code::kResourceExhausted, 429},
      {Code::kFailedPrecondition, 409}, {Code::kAborted, 409},
      {Code::kOutOfRange, 400},         {Code::kUnimplemented, 501},
      {Code::kInternal, 500},           {Code::kUnavailable, 503},
      {Code::kDataLoss, 500},           {Code::kUnauthenticated, 401}};
  for (const auto& [code, status] : table) {
    const http::Response response = Problem({code, "some_reason", "A sentence.", "field"}, "abc");
    EXPECT_EQ(response.status, status) << Name(code);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto json = nlohmann::json::parse(response.body);
    EXPECT_EQ(json["status"], status);
    EXPECT_EQ(json["trace_id"], "abc");
    EXPECT_EQ(json["type"], "urn:marquee:problem:" + json["code"].get<std::string>());
    EXPECT_FALSE(json["title"].get<std::string>().empty());
    EXPECT_EQ(HeaderOf(response, "WWW-Authenticate"), status == 401 ? "Bearer" : "");
    EXPECT_EQ(HeaderOf(response, "Retry-After").empty(), status != 429 && status != 503);
  }
  EXPECT_EQ(HttpStatus(Error::InvalidArgument("body_too_large", "x")), 413);
  EXPECT_EQ(HttpStatus(Error::InvalidArgument("unsupported_media_type", "x")), 415);
}

TEST(Problem, ShowsWhatItIsToldAndEscapesIt) {
  const auto json = nlohmann::json::parse(
      Problem(Error::InvalidArgument("unknown_field", "There is no field \"a\nb\".",
                                     "ratings[2].movie_id"),
              "t")
          .body);
  EXPECT_EQ(json["code"], "unknown_field");
  EXPECT_EQ(json["detail"], "There is no field \"a\nb\".");
  EXPECT_EQ(json["field"], "ratings[2].movie_id");
}

TEST(Problem, SaysHowLongToWaitAsItIsTold) {
  Error wait = Error::ResourceExhausted("login_backoff", "x");
  EXPECT_EQ(HeaderOf(Problem(wait, "t"), "Retry-After"), "5");
  wait.retry_after = std::chrono::seconds{64};
  EXPECT_EQ(HeaderOf(Problem(wait, "t"), "Retry-After"), "64");
}

TEST(Problem, HidesInternalCauses) {
  for (const Code code : {Code::kInternal, Code::kUnknown, Code::kDataLoss}) {
    const http::Response response =
        Problem({code, "sql", "password=hunter2 at db.internal:5432", "secret"}, "t");
    EXPECT_EQ(response.body.find("hunter2"), std::string::npos);
    const auto json = nlohmann::json::parse(response.body);
    EXPECT_EQ(json["code"], "internal");
    EXPECT_FALSE(json.contains("field"));
  }
}

TEST(Problem, NamesTheMethodsOfAPath) {
  const http::Response response = MethodNotAllowed({"GET", "PUT"}, "t");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(HeaderOf(response, "Allow"), "GET, HEAD, PUT");
}

}  // namespace
}  // namespace marquee::gateway
