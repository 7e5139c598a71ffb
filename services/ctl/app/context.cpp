#include "ctl/app/context.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "ctl/clients/rest.h"

namespace marquee::ctl {
namespace {

// A path or a file's text may be no UTF-8: that is shown, and is no reason to fail.
std::string Dump(const nlohmann::json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

int Fail(const Context& context, const Error& error) {
  if (context.json) {
    const nlohmann::json value{{"error",
                                {{"code", Name(error.code)},
                                 {"reason", error.reason},
                                 {"message", error.message},
                                 {"field", error.field}}}};
    std::printf("%s\n", Dump(value).c_str());
  } else {
    const std::string field = error.field.empty() ? "" : " [" + error.field + "]";
    std::fprintf(stderr, "marqueectl: %s (%s)%s\n", error.message.c_str(), error.reason.c_str(),
                 field.c_str());
  }
  switch (error.code) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kPermissionDenied:
    case Code::kUnauthenticated:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange: return 2;
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
    case Code::kResourceExhausted:
    case Code::kAborted: return 3;
    case Code::kCancelled:
    case Code::kUnknown:
    case Code::kUnimplemented:
    case Code::kInternal:
    case Code::kDataLoss: return 1;
  }
  return 1;
}

int Show(const Context& context, const nlohmann::json& value, const std::string& text) {
  std::fputs(context.json ? (Dump(value) + "\n").c_str() : text.c_str(), stdout);
  return 0;
}

RestClient Rest(const Context& context) {
  return {context.server, context.credentials_file, context.api_key};
}

std::string Text(const nlohmann::json& object, const char* key) {
  return object.value(key, std::string());
}

std::string TitleOf(const nlohmann::json& movie) {
  const int year = movie.value("year", 0);
  return Text(movie, "title") + (year != 0 ? " (" + std::to_string(year) + ")" : "");
}

}  // namespace marquee::ctl
