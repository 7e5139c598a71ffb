// The REST API as the descriptors tell it: every rpc with a google.api.http rule, its routes, and
// the plans of its messages. Built once at start; immutable and thread-safe after. Nothing here
// knows any one rpc.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "gateway/http/message.h"
#include "gateway/transcode/path_template.h"
#include "gateway/transcode/plan.h"
#include "gateway/transcode/rest_plan.h"

namespace google::protobuf {
class MethodDescriptor;
class ServiceDescriptor;
}  // namespace google::protobuf

namespace marquee::gateway {

struct Rpc {
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::string path;     // "/marquee.catalog.v1.CatalogService/GetMovie"
  std::string service;  // "catalog": of the proto package marquee.catalog.v1
  // Of the path, the query and the bodies: without the fields of `rest`.
  const MessagePlan* request = nullptr;
  const MessagePlan* response = nullptr;
  RestPlan rest;
  int success_status = 200;
  std::string cache_control;      // empty: not to be stored
  const Rpc* fallback = nullptr;  // answers in this one's stead when it is unavailable
  bool reads_only = false;        // changes nothing: takes no Idempotency-Key
  bool repeatable = false;        // may be sent again when a connection ended under it
  std::size_t index = 0;          // counts the Api's rpcs from 0
};

struct Binding {
  const Rpc* rpc = nullptr;
  http::Method method = http::Method::kGet;
  std::string path;  // the template's text
  // Where each captured variable goes: a field, through messages.
  std::vector<std::vector<const FieldPlan*>> variables;
  enum class Body { kNone, kWhole, kField } body = Body::kNone;
  const FieldPlan* body_field = nullptr;      // kField
  const FieldPlan* response_field = nullptr;  // response_body; null: the whole response
  const FieldPlan* update_mask = nullptr;     // of a PATCH whose body is a field
  bool primary = false;                       // not one of additional_bindings
};

class Api {
 public:
  // Takes the rpcs with rules of `services`. INVALID_ARGUMENT or FAILED_PRECONDITION, naming the
  // rpc, for a rule that can't be served: an unknown field, a stream, a route given twice, a
  // fallback that doesn't exist, an option of Rest that makes no sense.
  static Result<Api> Build(const std::vector<const google::protobuf::ServiceDescriptor*>& services,
                           google::protobuf::MessageFactory& factory);
  Api(Api&&) noexcept;
  Api& operator=(Api&&) noexcept;
  ~Api();

  struct Route {
    const Binding* binding = nullptr;  // null when there is none
    std::vector<std::string> allowed;  // the path's methods, when it is known but not with this one
    Captures captures;
  };
  // HEAD is found as GET.
  Result<Route> Find(http::Method method, const std::vector<std::string_view>& segments) const;

  const std::deque<Binding>& bindings() const { return bindings_; }
  const std::deque<Rpc>& rpcs() const { return rpcs_; }

 private:
  Api();
  Result<Rpc*> AddRpc(const google::protobuf::MethodDescriptor& method, PlanSet& plans);
  Status AddRules(const google::protobuf::MethodDescriptor& method, PlanSet& plans);
  Status ResolveFallbacks(PlanSet& plans);

  std::unique_ptr<PlanSet> plans_;
  std::deque<Rpc> rpcs_;
  std::deque<Binding> bindings_;
  std::unordered_map<std::string, Rpc*> by_name_;
  PathTable table_;
};

// The field that a dotted path names, as the steps to it; empty when there is none. Every step but
// the last is a singular message.
std::vector<const FieldPlan*> FindFieldPath(const MessagePlan& plan, std::string_view path);

}  // namespace marquee::gateway
