// A whole request to our own API: the method and the target (the first line), the content type (the
// second), the body.
#include <google/protobuf/message.h>

#include <memory>

#include "fuzz/must.h"
#include "gateway/openapi/contract.h"
#include "gateway/transcode/api.h"
#include "gateway/transcode/target.h"
#include "gateway/transcode/transcoder.h"

using namespace marquee::gateway;  // NOLINT(google-build-using-namespace): a program of its own

namespace {

struct Ours {
  Contract contract = *Contract::Load();
  Api api =
      *Api::Build(contract.services(), *google::protobuf::MessageFactory::generated_factory());
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Ours ours;
  auto rest = TextOf(data, size);
  const auto next = [&](char until) {
    const auto end = std::min(rest.find(until), rest.size());
    const auto taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
  };
  http::Request request;
  request.method = http::ParseMethod(next(' '));
  request.target = std::string(next('\n'));
  if (const auto type = next('\n'); !type.empty())
    request.headers.push_back({"content-type", std::string(type)});
  request.body = std::string(rest);
  const auto target = ParseTarget(request.target);
  if (!target.ok()) return 0;
  const auto route = ours.api.Find(request.method, target->segments);
  if (!route.ok() || route->binding == nullptr) return 0;
  const std::unique_ptr<google::protobuf::Message> message(
      route->binding->rpc->request->New(nullptr));
  const auto read =
      ReadRequest(*route->binding, request, *target, route->captures, 1 << 20, *message);
  if (!read.ok()) {
    MUST(read.error().code == marquee::Code::kInvalidArgument && !read.error().message.empty());
    return 0;
  }
  std::string bytes;
  MUST(message->SerializeToString(
      &bytes));  // valid UTF-8 wherever it is text, or gRPC would refuse it
  return 0;
}
