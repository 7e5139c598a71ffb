#include "gateway/transcode/transcoder.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cctype>

#include "base/digest.h"
#include "base/hex.h"
#include "base/text.h"
#include "gateway/transcode/json_reader.h"
#include "gateway/transcode/json_writer.h"
#include "gateway/transcode/scalar.h"
#include "gateway/transcode/well_known.h"
#include "marquee/options/v1/options.pb.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

constexpr std::size_t kMaxFormBytes = std::size_t{64} << 10;

// The message that holds the last of `steps`, made on the way where it is unset.
pb::Message& Descend(pb::Message& message, const std::vector<const FieldPlan*>& steps) {
  pb::Message* at = &message;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    at = at->GetReflection()->MutableMessage(at, steps[i]->field);
  }
  return *at;
}

std::string Dotted(const std::vector<const FieldPlan*>& steps) {
  std::string out;
  for (const FieldPlan* step : steps) {
    if (!out.empty()) out += '.';
    out += step->name;
  }
  return out;
}

// "application/json" of "Application/JSON; charset=utf-8".
std::string MediaType(std::string_view content_type) {
  std::string type = AsciiLower(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type;
}

// "application/json" or "application/merge-patch+json".
bool IsJson(std::string_view media_type) {
  return media_type == "application/json" ||
         (media_type.starts_with("application/") && media_type.ends_with("+json"));
}

// The field that a parameter's name says, with the steps to it; empty where there is none that a
// parameter can set.
std::vector<const FieldPlan*> FindParameter(const MessagePlan& plan, std::string_view name) {
  auto steps = FindFieldPath(plan, name);
  if (steps.empty()) return {};
  const FieldPlan& field = *steps.back();
  const bool object =
      field.kind == Kind::kMessage &&
      (field.map || field.message == nullptr || field.message->well_known == WellKnown::kNone);
  return object ? std::vector<const FieldPlan*>() : steps;
}

bool IsHttpBody(const FieldPlan* field) {
  return field != nullptr && !field->repeated && field->kind == Kind::kMessage &&
         field->message != nullptr && field->message->well_known == WellKnown::kHttpBody;
}

void SetHttpBody(pb::Message& body, const MessagePlan& plan, const http::Request& request) {
  const std::string* type = request.Find("content-type");
  if (type != nullptr) plan.reflection->SetString(&body, plan.Find("content_type")->field, *type);
  plan.reflection->SetString(&body, plan.Find("data")->field, request.body);
}

// Bodies are taken as they are (RFC 9110, section 8.4): nothing is unpacked here, so that a small
// body is small.
Status CheckEncoding(const http::Request& request) {
  const std::string* encoding = request.Find("content-encoding");
  if (encoding == nullptr || AsciiLower(*encoding) == "identity") return {};
  return Error::InvalidArgument("unsupported_content_encoding",
                                "The body must come without a Content-Encoding.",
                                "Content-Encoding");
}

Status ReadForm(const Rpc& rpc, std::string_view body, pb::Message& message,
                std::vector<std::string>& keys) {
  ASSIGN_OR_RETURN(const auto pairs, ParseForm(body));
  std::vector<std::string_view> seen;
  for (const auto& [name, value] : pairs) {
    const auto steps = FindParameter(*rpc.request, name);
    if (steps.empty()) {
      if (rpc.rest.ignore_unknown) continue;
      return Error::InvalidArgument("unknown_field", "There is no field " + name + ".", name);
    }
    const FieldPlan& field = *steps.back();
    if (!field.repeated && std::find(seen.begin(), seen.end(), name) != seen.end())
      return Error::InvalidArgument("duplicate_field", name + " is given twice.", name);
    seen.push_back(name);
    if (value.empty()) continue;
    keys.push_back(steps.front()->name);
    RETURN_IF_ERROR(SetFromText(Descend(message, steps), field, value, name));
  }
  return {};
}

Error UnsupportedMediaType(const Rpc& rpc) {
  return Error::InvalidArgument("unsupported_media_type",
                                rpc.rest.form ? "The body must be application/json or "
                                                "application/x-www-form-urlencoded."
                                              : "The body must be application/json.");
}

Status ReadBody(const Binding& binding, const http::Request& request, std::size_t max_json_bytes,
                pb::Message& message, std::vector<std::string>& keys) {
  if (binding.body == Binding::Body::kNone) {
    if (request.body.empty()) return {};
    return Error::InvalidArgument("unexpected_body", "This request takes no body.");
  }
  RETURN_IF_ERROR(CheckEncoding(request));
  const pb::Reflection* reflection = message.GetReflection();
  if (IsHttpBody(binding.body_field)) {
    pb::Message* body = reflection->MutableMessage(&message, binding.body_field->field);
    SetHttpBody(*body, *binding.body_field->message, request);
    return {};
  }
  if (binding.body == Binding::Body::kWhole &&
      binding.rpc->request->well_known == WellKnown::kHttpBody) {
    SetHttpBody(message, *binding.rpc->request, request);
    return {};
  }
  if (request.body.empty()) return {};  // the service says what it misses
  const std::string* type = request.Find("content-type");
  const std::string media_type = type == nullptr ? "application/json" : MediaType(*type);
  const bool form = binding.rpc->rest.form && media_type == "application/x-www-form-urlencoded";
  const std::size_t most = form ? std::min(kMaxFormBytes, max_json_bytes) : max_json_bytes;
  if (request.body.size() > most) {
    return Error::InvalidArgument("body_too_large",
                                  (form ? "A form has at most " : "A JSON body has at most ") +
                                      std::to_string(most) + " bytes.");
  }
  if (form) return ReadForm(*binding.rpc, request.body, message, keys);
  if (!IsJson(media_type)) return UnsupportedMediaType(*binding.rpc);
  if (binding.body == Binding::Body::kWhole)
    return ReadJson(request.body, message, *binding.rpc->request, &keys);
  return ReadJsonField(request.body, message, *binding.body_field, &keys);
}

Status ReadPath(const Binding& binding, const Captures& captures,
                const std::vector<std::string>& keys, pb::Message& message) {
  for (std::size_t i = 0; i < captures.size(); ++i) {
    const auto& steps = binding.variables[i];
    const std::string name = Dotted(steps);
    const bool in_body = binding.body == Binding::Body::kWhole &&
                         std::find(keys.begin(), keys.end(), steps.front()->name) != keys.end();
    std::string from_body;
    if (in_body) AppendJsonField(Descend(message, steps), *steps.back(), from_body);
    RETURN_IF_ERROR(SetFromText(Descend(message, steps), *steps.back(), captures[i], name));
    if (!in_body) continue;
    std::string from_path;
    AppendJsonField(Descend(message, steps), *steps.back(), from_path);
    if (from_path != from_body) {
      return Error::InvalidArgument("path_and_body_differ",
                                    name + " has one value in the path and another in the body.",
                                    name);
    }
  }
  return {};
}

Error UnknownParameter(const std::string& name) {
  return Error::InvalidArgument("unknown_parameter", "There is no query parameter " + name + ".",
                                name);
}

// A path variable or the body's field can't be given again in the query.
bool TakenElsewhere(const Binding& binding, const std::vector<const FieldPlan*>& steps) {
  if (binding.body == Binding::Body::kWhole || steps.front() == binding.body_field) return true;
  return std::any_of(binding.variables.begin(), binding.variables.end(),
                     [&](const auto& variable) { return variable == steps; });
}

Status ReadQuery(const Binding& binding, const Target& target, pb::Message& message) {
  std::vector<std::string_view> seen;
  for (const auto& [name, value] : target.query) {
    const auto steps = FindParameter(*binding.rpc->request, name);
    if (steps.empty() || TakenElsewhere(binding, steps)) {
      if (binding.rpc->rest.ignore_unknown) continue;
      return UnknownParameter(name);
    }
    const FieldPlan& field = *steps.back();
    if (!field.repeated && std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return Error::InvalidArgument("duplicate_parameter",
                                    "The query parameter " + name + " is given twice.", name);
    }
    seen.push_back(name);
    RETURN_IF_ERROR(SetFromText(Descend(message, steps), field, value, name));
  }
  return {};
}

// Whether the key names what only we write: it may come back in a body that was read before, and
// changes nothing.
bool IsReadOnly(const Binding& binding, const std::string& key) {
  const MessagePlan* body =
      binding.body_field != nullptr ? binding.body_field->message : binding.rpc->request;
  const FieldPlan* field = body == nullptr ? nullptr : body->Find(key);
  return field != nullptr && field->field->options().GetExtension(options::v1::field).read_only();
}

// What the body's outermost keys name is what is to change.
void FillUpdateMask(const Binding& binding, const std::vector<std::string>& keys,
                    pb::Message& message) {
  if (binding.update_mask == nullptr || keys.empty()) return;
  const pb::Reflection* reflection = message.GetReflection();
  if (reflection->HasField(message, binding.update_mask->field)) return;
  pb::Message* mask = reflection->MutableMessage(&message, binding.update_mask->field);
  const pb::FieldDescriptor* paths = mask->GetDescriptor()->FindFieldByNumber(1);
  for (const std::string& key : keys) {
    if (!IsReadOnly(binding, key)) mask->GetReflection()->AddString(mask, paths, key);
  }
}

void WriteLines(const pb::Message& message, const FieldPlan& list, std::string& out) {
  const pb::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, list.field); ++i) {
    AppendJson(reflection.GetRepeatedMessage(message, list.field, i), *list.message, out);
    out += '\n';
  }
}

void WriteBody(const Binding& binding, const pb::Message& message, http::Response& response) {
  const pb::Message* source = &message;
  const MessagePlan* plan = binding.rpc->response;
  const FieldPlan* field = binding.response_field;
  if (field != nullptr && field->kind == Kind::kMessage && !field->repeated) {
    source = &plan->reflection->GetMessage(message, field->field);
    plan = field->message;
    field = nullptr;
  }
  if (field == nullptr && plan->well_known == WellKnown::kHttpBody) {
    const pb::Reflection* r = plan->reflection;
    response.content_type = r->GetString(*source, plan->Find("content_type")->field);
    response.body = r->GetString(*source, plan->Find("data")->field);
    if (response.content_type.empty()) response.content_type = "application/octet-stream";
    return;
  }
  if (const RestPlan& rest = binding.rpc->rest; field != nullptr && !rest.content_type.empty()) {
    response.content_type = rest.content_type;
    if (rest.json_lines()) return WriteLines(*source, *field, response.body);
    response.body = plan->reflection->GetString(*source, field->field);
    return;
  }
  response.content_type = "application/json";
  response.body.reserve(1024);
  if (field != nullptr) {
    AppendJsonField(*source, *field, response.body);
  } else if (plan->well_known == WellKnown::kNone) {
    AppendJson(*source, *plan, response.body);
  } else {
    response.body += '"';
    AppendWellKnown(*source, plan->well_known, response.body);
    response.body += '"';
  }
}

}  // namespace

Status ReadRequest(const Binding& binding, const http::Request& request, const Target& target,
                   const Captures& captures, std::size_t max_json_bytes, pb::Message& message) {
  std::vector<std::string> keys;
  RETURN_IF_ERROR(ReadBody(binding, request, max_json_bytes, message, keys));
  RETURN_IF_ERROR(ReadPath(binding, captures, keys, message));
  RETURN_IF_ERROR(ReadQuery(binding, target, message));
  RETURN_IF_ERROR(ReadHeaders(binding.rpc->rest, request, message));
  FillUpdateMask(binding, keys, message);
  return {};
}

Result<http::Response> WriteResponse(const Binding& binding, const pb::Message& message,
                                     const std::string* if_none_match) {
  http::Response response;
  const Rpc& rpc = *binding.rpc;
  ASSIGN_OR_RETURN(response.status, StatusOf(rpc.rest, message, rpc.success_status));
  RETURN_IF_ERROR(WriteHeaders(rpc.rest, message, response));
  ASSIGN_OR_RETURN(const bool redirected, WriteRedirect(rpc.rest, message, response));
  if (redirected || response.status == 204) {
    response.headers.push_back({"Cache-Control", "no-store"});
    return response;
  }
  WriteBody(binding, message, response);
  const bool storable =
      !rpc.cache_control.empty() && binding.method == http::Method::kGet && response.status == 200;
  response.headers.push_back({"Cache-Control", storable ? rpc.cache_control : "no-store"});
  if (!storable) return response;
  std::string etag = StrongETag(response.body);
  if (if_none_match != nullptr && MatchesETag(*if_none_match, etag)) {
    response.status = 304;
    response.body.clear();
    response.content_type.clear();
  }
  response.headers.push_back({"ETag", std::move(etag)});
  return response;
}

void CopyFieldsByName(const pb::Message& from, const MessagePlan& from_plan, pb::Message& to,
                      const MessagePlan& to_plan) {
  for (const FieldPlan& source : from_plan.fields) {
    const FieldPlan* target = to_plan.Find(source.name);
    if (target == nullptr || source.repeated || target->repeated || source.kind != target->kind)
      continue;
    if (!from_plan.reflection->HasField(from, source.field)) continue;
    const pb::Reflection& in = *from_plan.reflection;
    const pb::Reflection& out = *to_plan.reflection;
    switch (source.kind) {
      case Kind::kBool: out.SetBool(&to, target->field, in.GetBool(from, source.field)); break;
      case Kind::kInt32: out.SetInt32(&to, target->field, in.GetInt32(from, source.field)); break;
      case Kind::kInt64: out.SetInt64(&to, target->field, in.GetInt64(from, source.field)); break;
      case Kind::kUint32:
        out.SetUInt32(&to, target->field, in.GetUInt32(from, source.field));
        break;
      case Kind::kUint64:
        out.SetUInt64(&to, target->field, in.GetUInt64(from, source.field));
        break;
      case Kind::kFloat: out.SetFloat(&to, target->field, in.GetFloat(from, source.field)); break;
      case Kind::kDouble:
        out.SetDouble(&to, target->field, in.GetDouble(from, source.field));
        break;
      case Kind::kString:
      case Kind::kBytes: out.SetString(&to, target->field, in.GetString(from, source.field)); break;
      case Kind::kEnum:
        out.SetEnumValue(&to, target->field, in.GetEnumValue(from, source.field));
        break;
      case Kind::kMessage:
        if (source.message == target->message) {
          out.MutableMessage(&to, target->field)->CopyFrom(in.GetMessage(from, source.field));
        }
        break;
    }
  }
}

std::string StrongETag(std::string_view content) {
  constexpr std::size_t kBytes = 16;
  return '"' + ToHex(Sha256(content).substr(0, kBytes)) + '"';
}

bool MatchesETag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == etag) return true;
  }
  return false;
}

}  // namespace marquee::gateway
