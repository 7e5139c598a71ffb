#include "gateway/transcode/api.h"

#include <google/api/annotations.pb.h>
#include <google/api/http.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "marquee/options/v1/options.pb.h"
#include "rpc/idempotency.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

Error Bad(const pb::MethodDescriptor& method, const std::string& what) {
  return Error::FailedPrecondition("bad_http_rule", method.full_name() + ": " + what);
}

// "catalog" of "marquee.catalog.v1".
std::string ServiceKey(const std::string& package) {
  const std::size_t first = package.find('.');
  const std::size_t second = package.find('.', first + 1);
  return first == std::string::npos ? package : package.substr(first + 1, second - first - 1);
}

bool Pattern(const google::api::HttpRule& rule, http::Method& method, std::string& path) {
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet:
      method = http::Method::kGet;
      path = rule.get();
      return true;
    case google::api::HttpRule::kPut:
      method = http::Method::kPut;
      path = rule.put();
      return true;
    case google::api::HttpRule::kPost:
      method = http::Method::kPost;
      path = rule.post();
      return true;
    case google::api::HttpRule::kDelete:
      method = http::Method::kDelete;
      path = rule.delete_();
      return true;
    case google::api::HttpRule::kPatch:
      method = http::Method::kPatch;
      path = rule.patch();
      return true;
    case google::api::HttpRule::kCustom:
    case google::api::HttpRule::PATTERN_NOT_SET: return false;
  }
  return false;
}

// What Rest says of bodies, for one of the rpc's rules.
Status CheckBodies(const pb::MethodDescriptor& method, const Binding& binding) {
  const RestPlan& rest = binding.rpc->rest;
  if (rest.form && binding.body == Binding::Body::kField)
    return Bad(method, "a form needs the body \"*\"");
  if (rest.content_type.empty()) return {};
  const FieldPlan* field = binding.response_field;
  if (rest.json_lines()) {
    const bool list = field != nullptr && field->repeated && !field->map &&
                      field->kind == Kind::kMessage &&
                      field->message->well_known == WellKnown::kNone;
    return list ? Status()
                : Bad(method, "JSON Lines need a response_body that is a list of messages");
  }
  const bool text = field != nullptr && !field->repeated &&
                    (field->kind == Kind::kString || field->kind == Kind::kBytes);
  if (!text) return Bad(method, "content_type needs a response_body that is a string or bytes");
  return {};
}

const FieldPlan* UpdateMask(const Rpc& rpc) {
  const FieldPlan* field = rpc.request->Find("update_mask");
  const bool fits = field != nullptr && field->kind == Kind::kMessage && !field->repeated &&
                    field->message->well_known == WellKnown::kFieldMask;
  return fits ? field : nullptr;
}

}  // namespace

std::vector<const FieldPlan*> FindFieldPath(const MessagePlan& plan, std::string_view path) {
  std::vector<const FieldPlan*> steps;
  const MessagePlan* at = &plan;
  while (true) {
    const std::size_t dot = path.find('.');
    const FieldPlan* field = at->Find(path.substr(0, dot));
    if (field == nullptr) return {};
    steps.push_back(field);
    if (dot == std::string_view::npos) return steps;
    const bool steps_into = field->kind == Kind::kMessage && !field->repeated &&
                            field->message != nullptr &&
                            field->message->well_known == WellKnown::kNone;
    if (!steps_into) return {};
    at = field->message;
    path.remove_prefix(dot + 1);
  }
}

Api::Api() = default;
Api::Api(Api&&) noexcept = default;
Api& Api::operator=(Api&&) noexcept = default;
Api::~Api() = default;

Result<Api> Api::Build(const std::vector<const pb::ServiceDescriptor*>& services,
                       pb::MessageFactory& factory) {
  Api api;
  api.plans_ = std::make_unique<PlanSet>(factory);
  for (const pb::ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const pb::MethodDescriptor& method = *service->method(i);
      if (method.options().HasExtension(google::api::http))
        RETURN_IF_ERROR(api.AddRules(method, *api.plans_));
    }
  }
  RETURN_IF_ERROR(api.ResolveFallbacks(*api.plans_));
  return api;
}

Result<Rpc*> Api::AddRpc(const pb::MethodDescriptor& method, PlanSet& plans) {
  if (method.client_streaming() || method.server_streaming())
    return Bad(method, "a stream has no REST form");
  Rpc& rpc = rpcs_.emplace_back();
  rpc.index = rpcs_.size() - 1;
  rpc.method = &method;
  rpc.path = "/" + method.service()->full_name() + "/" + method.name();
  rpc.service = ServiceKey(method.file()->package());
  ASSIGN_OR_RETURN(rpc.request, plans.Add(method.input_type()));
  ASSIGN_OR_RETURN(rpc.response, plans.Add(method.output_type()));
  const auto& rest = method.options().GetExtension(options::v1::rest);
  auto planned = RestPlan::Make(rest, *rpc.request, *rpc.response);
  if (!planned.ok()) return Bad(method, planned.error().message);
  rpc.rest = std::move(planned).value();
  rpc.request = plans.Without(*rpc.request, rpc.rest.FieldsOfRequest());
  rpc.response = plans.Without(*rpc.response, rpc.rest.FieldsOfResponse());
  if (rest.success_status() != 0) rpc.success_status = rest.success_status();
  if (rpc.success_status < 200 || rpc.success_status > 299)
    return Bad(method, "success_status isn't a success");
  rpc.cache_control = rest.cache_control();
  by_name_.emplace(method.full_name(), &rpc);
  return &rpc;
}

Status Api::AddRules(const pb::MethodDescriptor& method, PlanSet& plans) {
  ASSIGN_OR_RETURN(Rpc * rpc, AddRpc(method, plans));
  bool takes_forms = false;
  const google::api::HttpRule& main = method.options().GetExtension(google::api::http);
  std::vector<const google::api::HttpRule*> rules{&main};
  for (const auto& more : main.additional_bindings()) rules.push_back(&more);
  for (const google::api::HttpRule* rule : rules) {
    Binding& binding = bindings_.emplace_back();
    binding.rpc = rpc;
    binding.primary = rule == &main;
    if (!Pattern(*rule, binding.method, binding.path))
      return Bad(method, "a rule without a known method");
    if (binding.primary) {
      rpc->reads_only = !rpc::TakesIdempotencyKey(method);
      rpc->repeatable =
          rpc->reads_only || method.options().idempotency_level() == pb::MethodOptions::IDEMPOTENT;
    }
    auto path = PathTemplate::Parse(binding.path);
    if (!path.ok()) return Bad(method, path.error().message);
    for (const auto& variable : path->variables) {
      auto steps = FindFieldPath(*rpc->request, variable.field_path);
      if (steps.empty() || steps.back()->repeated)
        return Bad(method, "no field for {" + variable.field_path + "}");
      binding.variables.push_back(std::move(steps));
    }
    if (rule->body() == "*") {
      binding.body = Binding::Body::kWhole;
    } else if (!rule->body().empty()) {
      binding.body = Binding::Body::kField;
      binding.body_field = rpc->request->Find(rule->body());
      if (binding.body_field == nullptr)
        return Bad(method, "no field for the body " + rule->body());
      if (binding.method == http::Method::kPatch) binding.update_mask = UpdateMask(*rpc);
    }
    takes_forms = takes_forms || binding.body == Binding::Body::kWhole;
    const bool has_body = binding.body != Binding::Body::kNone;
    if (has_body && binding.method == http::Method::kGet) return Bad(method, "a GET with a body");
    if (!rule->response_body().empty()) {
      binding.response_field = rpc->response->Find(rule->response_body());
      if (binding.response_field == nullptr)
        return Bad(method, "no field for " + rule->response_body());
    }
    RETURN_IF_ERROR(CheckBodies(method, binding));
    const std::string verb{http::Name(binding.method)};
    if (!table_.Add(std::move(*path), verb, static_cast<int>(bindings_.size()) - 1).ok()) {
      return Bad(method, "another rpc has " + verb + " " + binding.path);
    }
  }
  if (rpc->rest.form && !takes_forms) return Bad(method, "a form needs the body \"*\"");
  return {};
}

Status Api::ResolveFallbacks(PlanSet& plans) {
  for (std::size_t i = 0, count = rpcs_.size(); i < count; ++i) {
    Rpc& rpc = rpcs_[i];
    const std::string& name = rpc.method->options().GetExtension(options::v1::rest).fallback();
    if (name.empty()) continue;
    const auto it = by_name_.find(name);
    if (it != by_name_.end()) {
      rpc.fallback = it->second;
      continue;
    }
    const pb::MethodDescriptor* method = rpc.method->file()->pool()->FindMethodByName(name);
    if (method == nullptr) return Bad(*rpc.method, "no rpc " + name + " to fall back to");
    ASSIGN_OR_RETURN(rpc.fallback, AddRpc(*method, plans));
  }
  return {};
}

Result<Api::Route> Api::Find(http::Method method,
                             const std::vector<std::string_view>& segments) const {
  if (method == http::Method::kHead) method = http::Method::kGet;
  ASSIGN_OR_RETURN(PathTable::Found found, table_.Find(segments, http::Name(method)));
  Route route;
  route.allowed = std::move(found.allowed);
  if (found.binding >= 0) {
    route.binding = &bindings_[static_cast<std::size_t>(found.binding)];
    route.captures = std::move(found.captures);
  }
  return route;
}

}  // namespace marquee::gateway
