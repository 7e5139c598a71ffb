#include "gateway/openapi/document.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "gateway/http/wire.h"
#include "gateway/openapi/schemas.h"
#include "marquee/options/v1/options.pb.h"
#include "rules/scope.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;
using Json = Schemas::Json;

constexpr char kIntroduction[] =
    "Browse and rate movies, and get recommendations that already know the rating you gave a "
    "second ago.\n\n"
    "Refusals are RFC 9457 problem documents with a stable `code`. Unknown fields and query "
    "parameters are refused. A field that may be left out may be `null` as well, which says the "
    "same; in a `PATCH` whose body is the thing itself, it empties the field. Numbers are JSON "
    "numbers, and ids at most 2^53 \u2212 1, so that every language has them whole. Texts have no "
    "U+0000. Answers may have further fields in later versions.\n\n"
    "Requests that change something may carry an `Idempotency-Key`. What was written may be "
    "answered with the header `Marquee-Position`: a read that sends it back sees that write. "
    "Every answer has the header `X-Trace-Id`.\n\n"
    "Answers to a person or an API key have `RateLimit-Policy` and `RateLimit`: how many requests "
    "(`q`) may be made in how many seconds (`w`), how many of them are left (`r`), and in how many "
    "seconds (`t`) all of them will be. Who has none left is answered 429, with `Retry-After`.\n\n"
    "HEAD is taken wherever GET is; any other method is answered 405, with those that the path "
    "has in `Allow`.";

std::string ToLower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

const options::v1::Policy& PolicyOf(const Rpc& rpc) {
  return rpc.method->options().GetExtension(options::v1::policy);
}

bool IsHttpBody(const MessagePlan& plan) { return plan.well_known == WellKnown::kHttpBody; }

// "/v1/movies/{movie_id=*}" → "/v1/movies/{movie_id}".
std::string PathOf(const std::string& path) {
  std::string out;
  bool pattern = false;
  for (const char c : path) {
    if (c == '=') pattern = true;
    if (c == '}') pattern = false;
    if (!pattern) out += c;
  }
  return out;
}

// Whether its successes carry an ETag, and so may be asked for by If-None-Match.
bool IsStorable(const Binding& binding) {
  return binding.method == http::Method::kGet && !binding.rpc->cache_control.empty();
}

// Whether it promises what an Idempotency-Key does. A page's form takes one as well, but the browser
// that posts it sends no header.
bool PromisesKey(const Rpc& rpc) {
  return !rpc.reads_only && !rpc.rest.content_type.starts_with("text/html");
}

bool HasSecret(const MessagePlan& message) {
  return std::any_of(message.fields.begin(), message.fields.end(), [](const FieldPlan& field) {
    return field.field->options().GetExtension(options::v1::field).secret();
  });
}

// The statuses of an operation's problems. Whatever it is, the edge and the gateway refuse what
// isn't well-formed, too much or too long, and an Authorization header that no token is in; the
// rest follows from the route, the policy and the fields, and what the rpc adds itself.
std::set<int> Refusals(const Binding& binding) {
  const Rpc& rpc = *binding.rpc;
  std::set<int> statuses{400, 401, 408, 413, 414, 429, 431, 500, 503, 504};
  const bool open = PolicyOf(rpc).access() == options::v1::ACCESS_PUBLIC;
  if (!open || HasSecret(*rpc.request)) statuses.insert(403);
  if (!binding.variables.empty()) statuses.insert(404);
  if (PromisesKey(rpc)) statuses.insert({409, 422});  // of the Idempotency-Key, at the least
  if (binding.body != Binding::Body::kNone) statuses.insert(415);
  const auto& more = rpc.method->options().GetExtension(options::v1::rest).refusals();
  statuses.insert(more.begin(), more.end());
  return statuses;
}

std::string Dotted(const std::vector<const FieldPlan*>& steps) {
  std::string out;
  for (const FieldPlan* step : steps) out += (out.empty() ? "" : ".") + step->name;
  return out;
}

class Builder {
 public:
  Builder(const Api& api, const Contract& contract)
      : api_(api), contract_(contract), schemas_(contract) {
    for (const Rpc& rpc : api.rpcs()) schemas_.Written(*rpc.response);
  }

  Json Build(const std::string& version) {
    Json paths = Json::object();
    for (const Binding& binding : api_.bindings()) {
      paths[PathOf(binding.path)][ToLower(http::Name(binding.method))] = Operation(binding);
    }
    Json document = {{"openapi", "3.1.0"},
                     {"info",
                      {{"title", "Marquee"},
                       {"version", version},
                       {"summary", "A movie recommender"},
                       {"description", kIntroduction},
                       {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
                     {"servers", Json::array({{{"url", "/"}}})},
                     {"tags", Tags()},
                     {"paths", std::move(paths)}};
    document["components"] = Components();
    return document;
  }

 private:
  Json Operation(const Binding& binding) {
    const Rpc& rpc = *binding.rpc;
    const std::string text = contract_.Comment(rpc.method->full_name());
    const std::size_t sentence = text.find(". ");
    Json operation = {{"operationId", OperationId(rpc)}, {"tags", Json::array({TagOf(rpc)})}};
    if (!text.empty())
      operation["summary"] =
          text.substr(0, sentence == std::string::npos ? sentence : sentence + 1);
    operation["description"] = Description(rpc, text);
    if (Json parameters = Parameters(binding); !parameters.empty())
      operation["parameters"] = std::move(parameters);
    if (Json body = Body(binding); !body.is_null()) operation["requestBody"] = std::move(body);
    operation["responses"] = Responses(binding);
    const auto& policy = PolicyOf(rpc);
    if (policy.access() == options::v1::ACCESS_PUBLIC) {
      operation["security"] = Json::array();
    } else {
      operation["security"] = Json::array({{{"bearer", Json::array()}}});
      // Any one of them suffices: OpenAPI's lists are of what is needed together.
      for (const std::string& scope : policy.scopes()) {
        if (rules::FindScope(scope) != nullptr)
          operation["security"].push_back({{"apiKey", Json::array({scope})}});
        operation["security"].push_back({{"oauth2", Json::array({scope})}});
      }
    }
    return operation;
  }

  // The rpc's name, camel-cased; with its service's name where two have it, and numbered for
  // further routes.
  std::string OperationId(const Rpc& rpc) {
    std::string id = rpc.method->name();
    id[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(id[0])));
    if (ids_.contains(id)) id = rpc.service + rpc.method->name();
    for (int n = 2; !ids_.insert(id).second; ++n)
      id = rpc.service + rpc.method->name() + std::to_string(n);
    return id;
  }

  std::string TagOf(const Rpc& rpc) {
    const std::string& tag = rpc.method->options().GetExtension(options::v1::rest).tag();
    const std::string name = tag.empty() ? rpc.service : tag;
    // What a service's comment says goes to its first tag.
    if (std::none_of(tags_.begin(), tags_.end(),
                     [&](const auto& known) { return known.first == name; })) {
      const std::string& service = rpc.method->service()->full_name();
      const bool first = described_.insert(service).second;
      tags_.emplace_back(name, first ? contract_.Comment(service) : std::string());
    }
    return name;
  }

  std::string Description(const Rpc& rpc, std::string text) const {
    const auto paragraph = [&](const std::string& more) {
      text += (text.empty() ? "" : "\n\n") + more;
    };
    const auto& policy = PolicyOf(rpc);
    if (policy.roles_size() > 0 || !policy.owner().empty()) {
      std::string who;
      for (const std::string& role : policy.roles())
        who += (who.empty() ? "`" : ", `") + role + "`";
      if (!policy.owner().empty())
        who += (who.empty() ? "" : ", or ") + std::string("the user `") + policy.owner() + "`";
      paragraph("Who may: " + who + ".");
    }
    if (policy.access() != options::v1::ACCESS_PUBLIC) {
      std::string scopes;
      for (const std::string& scope : policy.scopes())
        scopes += (scopes.empty() ? "`" : " or `") + scope + "`";
      paragraph(scopes.empty()
                    ? "Not with an API key, nor by an application that a person let in."
                    : "API keys and applications (OAuth 2) need the scope " + scopes + ".");
    }
    if (rpc.fallback != nullptr) {
      paragraph("When the service is unavailable, " + rpc.fallback->method->name() +
                " answers in its stead, with `degraded: true`.");
    }
    return text.empty() ? rpc.method->name() : text;
  }

  Json Parameter(const FieldPlan& field, const std::string& name, const std::string& in) {
    Json parameter = {{"name", name}, {"in", in}};
    if (const std::string text = contract_.Comment(field.field->full_name()); !text.empty()) {
      parameter["description"] = text;
    }
    parameter["required"] = in == "path" || Schemas::Required(field);
    parameter["schema"] = schemas_.Constraints(field, Use::kRequest);
    if (Json example = Schemas::Example(field); !example.is_null())
      parameter["example"] = std::move(example);
    return parameter;
  }

  Json Parameters(const Binding& binding) {
    Json parameters = Json::array();
    std::set<std::string> taken;
    for (const auto& steps : binding.variables) {
      parameters.push_back(Parameter(*steps.back(), Dotted(steps), "path"));
      taken.insert(Dotted(steps));
    }
    if (binding.body_field != nullptr) taken.insert(binding.body_field->name);
    if (binding.body != Binding::Body::kWhole)
      Query(*binding.rpc->request, "", taken, 0, parameters);
    const RestPlan& rest = binding.rpc->rest;
    for (const auto& one : rest.request_headers)
      parameters.push_back(Parameter(*one.field, one.name, "header"));
    for (const auto& one : rest.request_cookies)
      parameters.push_back(Parameter(*one.field, one.name, "cookie"));
    if (PromisesKey(*binding.rpc))
      parameters.push_back({{"$ref", "#/components/parameters/IdempotencyKey"}});
    if (IsStorable(binding))
      parameters.push_back({{"$ref", "#/components/parameters/IfNoneMatch"}});
    return parameters;
  }

  // Every field that a query can set: scalars, lists of them, and those in messages by dotted
  // names.
  void Query(const MessagePlan& message, const std::string& prefix,
             const std::set<std::string>& taken, int depth, Json& parameters) {
    for (const FieldPlan& field : message.fields) {
      const std::string name = prefix + field.name;
      if (taken.contains(name) || field.map) continue;
      const bool object =
          field.kind == Kind::kMessage && field.message->well_known == WellKnown::kNone;
      if (!object) {
        parameters.push_back(Parameter(field, name, "query"));
      } else if (!field.repeated && depth < 3) {
        Query(*field.message, name + ".", taken, depth + 1, parameters);
      }
    }
  }

  // As a form carries a message: like a query, and so without null.
  Json Form(const Binding& binding, const std::set<std::string>& elsewhere) {
    Json fields = Json::array();
    Query(*binding.rpc->request, "", elsewhere, 0, fields);
    Json schema = {{"type", "object"}, {"properties", Json::object()}};
    for (Json& field : fields) {
      const std::string name = field["name"];
      Json& property = schema["properties"][name] = std::move(field["schema"]);
      if (field.contains("description")) property["description"] = std::move(field["description"]);
      if (field["required"]) schema["required"].push_back(name);
    }
    if (!binding.rpc->rest.ignore_unknown) schema["additionalProperties"] = false;
    return schemas_.Named(binding.rpc->method->name() + "Form", std::move(schema));
  }

  Json Body(const Binding& binding) {
    const auto binary = [] {
      return Json{{"required", true},
                  {"content", {{"*/*", {{"schema", {{"type", "string"}, {"format", "binary"}}}}}}}};
    };
    const auto json = [](Json schema, bool required) {
      return Json{{"required", required},
                  {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
    };
    const MessagePlan& request = *binding.rpc->request;
    switch (binding.body) {
      case Binding::Body::kNone: return nullptr;
      case Binding::Body::kField: {
        const FieldPlan& field = *binding.body_field;
        const bool message = field.kind == Kind::kMessage && !field.repeated;
        if (message && IsHttpBody(*field.message)) return binary();
        if (!message)
          return json(schemas_.Constraints(field, Use::kRequest), Schemas::Required(field));
        const auto& needs = field.field->options().GetExtension(options::v1::field).needs();
        return json(schemas_.Body(*field.message, binding.rpc->method->name() + "Input", {},
                                  {needs.begin(), needs.end()}),
                    Schemas::Required(field));
      }
      case Binding::Body::kWhole: {
        if (IsHttpBody(request)) return binary();
        std::set<std::string> elsewhere = binding.rpc->rest.FieldsOfRequest();
        for (const auto& steps : binding.variables) {
          if (steps.size() == 1) elsewhere.insert(steps.front()->name);
        }
        const bool required =
            std::any_of(request.fields.begin(), request.fields.end(), [&](const FieldPlan& field) {
              return Schemas::Required(field) && !elsewhere.contains(field.name);
            });
        Json body =
            json(schemas_.Body(request, request.descriptor->name(), elsewhere, {}), required);
        if (binding.rpc->rest.form)
          body["content"]["application/x-www-form-urlencoded"] = {
              {"schema", Form(binding, elsewhere)}};
        return body;
      }
    }
    return nullptr;
  }

  Json Responses(const Binding& binding) {
    Json responses = Json::object();
    responses[std::to_string(binding.rpc->success_status)] = Success(binding);
    if (IsStorable(binding)) {
      responses["304"] = {{"description", "What `If-None-Match` names is current."},
                          {"headers", Headers(binding)}};
    }
    if (const int status = binding.rpc->rest.redirect_status; status != 0) {
      Json headers = Headers(binding);
      headers["Location"] = Header(*binding.rpc->rest.location, true);
      responses[std::to_string(status)] = {{"description", http::ReasonPhrase(status)},
                                           {"headers", std::move(headers)}};
    }
    const RestPlan& rest = binding.rpc->rest;
    for (const int status : Refusals(binding)) {
      Json& response = responses[std::to_string(status)];
      if (rest.oauth_errors) {
        response = OAuthErrorResponse(status, rest.challenge.empty());
        if (rest.status != nullptr)
          response["content"][rest.content_type] = {{"schema", {{"type", "string"}}}};
        continue;
      }
      problems_.insert(status);
      response = {{"$ref", "#/components/responses/Problem" + std::to_string(status)}};
    }
    return responses;
  }

  // Of a success.
  Json Headers(const Binding& binding) {
    Json headers = {{"X-Trace-Id", {{"$ref", "#/components/headers/TraceId"}}}};
    if (IsStorable(binding)) {
      headers["ETag"] = {{"$ref", "#/components/headers/ETag"}};
      headers["Cache-Control"] = {{"$ref", "#/components/headers/CacheControl"}};
    }
    for (const auto& one : binding.rpc->rest.response_headers)
      headers[one.name] = Header(*one.field, false);
    std::string cookies;
    for (const auto& one : binding.rpc->rest.response_cookies)
      cookies += (cookies.empty() ? "The cookie `" : ", `") + one.name + "`";
    if (!cookies.empty())
      headers["Set-Cookie"] = {{"description", cookies + "."}, {"schema", {{"type", "string"}}}};
    return headers;
  }

  Json Header(const FieldPlan& field, bool required) {
    Json header = Json::object();
    if (const std::string text = contract_.Comment(field.field->full_name()); !text.empty())
      header["description"] = text;
    header["required"] = required;
    header["schema"] = schemas_.Constraints(field, Use::kAnswer);
    return header;
  }

  Json Success(const Binding& binding) {
    const Rpc& rpc = *binding.rpc;
    Json response = {{"description", http::ReasonPhrase(rpc.success_status)}};
    response["headers"] = Headers(binding);
    if (rpc.success_status == 204) return response;
    const FieldPlan* field = binding.response_field;
    const bool message = field == nullptr || (field->kind == Kind::kMessage && !field->repeated);
    const MessagePlan& plan = field != nullptr && message ? *field->message : *rpc.response;
    if (message && IsHttpBody(plan)) {
      response["content"] = {{"*/*", {{"schema", {{"type", "string"}, {"format", "binary"}}}}}};
      return response;
    }
    if (const std::string& type = rpc.rest.content_type; !type.empty()) {
      Json schema = {{"type", "string"}};
      if (rpc.rest.json_lines())
        schema["description"] = "JSON Lines: each a " + field->message->descriptor->name();
      if (field->kind == Kind::kBytes) schema["format"] = "binary";
      response["content"] = {{type, {{"schema", std::move(schema)}}}};
      return response;
    }
    const auto elsewhere = field == nullptr ? rpc.rest.FieldsOfResponse() : std::set<std::string>();
    Json schema = message ? schemas_.Answer(plan, plan.descriptor->name(), elsewhere)
                          : schemas_.Constraints(*field, Use::kAnswer);
    if (rpc.fallback != nullptr) {
      schema = {
          {"anyOf", Json::array({std::move(schema),
                                 schemas_.Reference(*rpc.fallback->response, Use::kAnswer)})}};
    }
    response["content"] = {{"application/json", {{"schema", std::move(schema)}}}};
    return response;
  }

  Json Tags() const {
    Json tags = Json::array();
    for (const auto& [name, text] : tags_) {
      Json tag = {{"name", name}};
      if (!text.empty()) tag["description"] = text;
      tags.push_back(std::move(tag));
    }
    return tags;
  }

  static Json ProblemSchema() {
    return {{"type", "object"},
            {"description",
             "Why a request was refused or failed (RFC 9457): `type`, `title`, `status` and "
             "`detail` are "
             "the RFC's, the others ours. There may be further members."},
            {"required", {"type", "title", "status", "detail", "code", "trace_id"}},
            {"properties",
             {{"type",
               {{"type", "string"},
                {"format", "uri"},
                {"description", "Names the kind of problem: `urn:marquee:problem:` and the code."},
                {"examples", {"urn:marquee:problem:unknown_field"}}}},
              {"title",
               {{"type", "string"},
                {"description", "The status in words."},
                {"examples", {"Bad Request"}}}},
              {"status",
               {{"type", "integer"}, {"minimum", 400}, {"maximum", 599}, {"examples", {400}}}},
              {"detail",
               {{"type", "string"},
                {"description", "What is wrong with this request: for people."},
                {"examples", {"There is no field ratings[2].movei_id."}}}},
              {"code",
               {{"type", "string"},
                {"pattern", "^[a-z][a-z0-9_]*$"},
                {"description", "Stable: for programs."},
                {"examples", {"unknown_field"}}}},
              {"field",
               {{"type", "string"},
                {"description", "The offending input, where it is one."},
                {"examples", {"ratings[2].movei_id"}}}},
              {"trace_id",
               {{"type", "string"},
                {"pattern", "^[0-9a-f]{32}$"},
                {"description", "Finds this request in the logs."},
                {"examples", {"4bf92f3577b34da6a3ce929d0e0e4736"}}}}}}};
  }

  static Json ProblemResponse(int status) {
    const auto header = [](const char* name) {
      return Json{{"$ref", std::string("#/components/headers/") + name}};
    };
    Json headers = {{"X-Trace-Id", header("TraceId")}};
    if (status == 401) headers["WWW-Authenticate"] = header("WWWAuthenticate");
    if (status == 429 || status == 503) headers["Retry-After"] = header("RetryAfter");
    return {
        {"description", Meaning(status)},
        {"headers", std::move(headers)},
        {"content",
         {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
  }

  // What nginx refuses itself is a problem document here, too.
  static Json OAuthErrorResponse(int status, bool for_bearers) {
    Json response = ProblemResponse(status);
    response["content"]["application/json"] = {
        {"schema", {{"$ref", "#/components/schemas/OAuthError"}}}};
    if (status == 401 && !for_bearers)
      response["description"] = "The client isn't known, or its secret is wrong.";
    return response;
  }

  static Json OAuthErrorSchema() {
    return {{"type", "object"},
            {"description", "Why an OAuth 2 request was refused (RFC 6749, section 5.2)."},
            {"required", {"error", "error_description"}},
            {"properties",
             {{"error", {{"type", "string"}, {"examples", {"invalid_grant"}}}},
              {"error_description", {{"type", "string"}, {"description", "For developers."}}}}}};
  }

  // RFC 6749; OpenAPI 3.1 has no word for the device flow (RFC 8628).
  static Json OAuthFlows() {
    Json scopes = Json::object();
    for (const auto& scope : rules::kScopes) scopes[std::string(scope.name)] = scope.meaning;
    Json all = scopes;
    for (const auto& scope : rules::kIdentityScopes) all[std::string(scope.name)] = scope.meaning;
    constexpr char kToken[] = "/oauth2/token";
    return {{"authorizationCode",
             {{"authorizationUrl", "/oauth2/authorize"},
              {"tokenUrl", kToken},
              {"refreshUrl", kToken},
              {"scopes", std::move(all)}}},
            {"clientCredentials", {{"tokenUrl", kToken}, {"scopes", std::move(scopes)}}}};
  }

  static std::string Meaning(int status) {
    switch (status) {
      case 400: return "The request isn't valid: `field` says which part of it.";
      case 401:
        return "The access token is missing, expired or none of ours, or what the caller signs in "
               "with is wrong. Where no token is asked for, only a malformed Authorization header "
               "is refused.";
      case 403: return "The caller may not do this.";
      case 404: return "There is no such thing.";
      case 408: return "The request took too long to arrive.";
      case 409:
        return "It can't be done in the present state, or the first request with the same "
               "`Idempotency-Key` is under way.";
      case 413: return "The body is larger than is taken.";
      case 414: return "The path and query are longer than is taken.";
      case 415: return "The body is of another media type or encoding than is taken.";
      case 422: return "The `Idempotency-Key` was used for another request.";
      case 429: return "Too many requests: try again later.";
      case 431: return "The headers are larger than is taken.";
      case 500: return "Something went wrong on our side.";
      case 501: return "The operator has left this off.";
      case 503: return "Unavailable for the moment: try again shortly.";
      case 504: return "It took too long.";
      default: return http::ReasonPhrase(status);
    }
  }

  Json Components() const {
    Json schemas = schemas_.All();
    schemas["Problem"] = ProblemSchema();
    schemas["OAuthError"] = OAuthErrorSchema();
    Json responses = Json::object();
    for (const int status : problems_)
      responses["Problem" + std::to_string(status)] = ProblemResponse(status);
    const auto text = [](const char* pattern = nullptr) {
      Json schema = {{"type", "string"}};
      if (pattern != nullptr) schema["pattern"] = pattern;
      return schema;
    };
    return {{"securitySchemes",
             {{"bearer",
               {{"type", "http"},
                {"scheme", "bearer"},
                {"bearerFormat", "JWT"},
                {"description",
                 "The access token of a session, or an API key in its stead. Either this or "
                 "X-API-Key: both are refused."}}},
              {"apiKey",
               {{"type", "apiKey"},
                {"in", "header"},
                {"name", "X-API-Key"},
                {"description",
                 "An API key (`POST /v1/me/api-keys`): what it may do is said by its scopes, of "
                 "which an operation names those that it takes."}}},
              {"oauth2",
               {{"type", "oauth2"},
                {"flows", OAuthFlows()},
                {"description",
                 "The access token of an application, for who let it in: code with PKCE, refresh, "
                 "client credentials and the device flow. `docs/oauth.md` leads through it; "
                 "`/.well-known/openid-configuration` says the rest."}}}}},
            {"parameters",
             {{"IdempotencyKey",
               {{"name", "Idempotency-Key"},
                {"in", "header"},
                {"description",
                 "Names this change, for 24 hours: the same request under the same key is carried "
                 "out once and answered alike, another request under it is refused (422), and "
                 "while the first is under way the answer is 409. Choose a random one, such as a "
                 "UUID, for each change. An empty one is none."},
                {"required", false},
                {"schema", text("^[!-~]{0,128}$")}}},
              {"IfNoneMatch",
               {{"name", "If-None-Match"},
                {"in", "header"},
                {"description",
                 "The `ETag` of an answer that is at hand: when it is current, the answer is 304 "
                 "and empty."},
                {"required", false},
                {"schema", text()}}}}},
            {"headers",
             {{"TraceId",
               {{"description", "Finds this request in the logs."},
                {"required", true},
                {"schema", text("^[0-9a-f]{32}$")}}},
              {"ETag", {{"required", true}, {"schema", text()}}},
              {"CacheControl", {{"required", true}, {"schema", text()}}},
              {"RetryAfter",
               {{"description", "Seconds to wait before the next attempt."},
                {"required", true},
                {"schema", {{"type", "integer"}, {"minimum", 0}}}}},
              {"WWWAuthenticate", {{"required", true}, {"schema", text()}}}}},
            {"responses", std::move(responses)},
            {"schemas", std::move(schemas)}};
  }

  const Api& api_;
  const Contract& contract_;
  Schemas schemas_;
  std::vector<std::pair<std::string, std::string>> tags_;
  std::set<std::string> described_;
  std::set<std::string> ids_;
  std::set<int> problems_;
};

}  // namespace

std::string OpenApiDocument(const Api& api, const Contract& contract, const std::string& version) {
  return Builder(api, contract).Build(version).dump();
}

}  // namespace marquee::gateway
