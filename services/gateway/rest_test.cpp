// The options of Rest through real HTTP: forms, redirects, cookies, headers, bodies of another
// type. The rpcs are a test's own, the service behind them answers with the JSON that the test
// gives it.
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "gateway/gateway.h"
#include "gateway/http/server.h"
#include "gateway/openapi/contract.h"
#include "gateway/openapi/document.h"
#include "gateway/pages.h"
#include "gateway/testing/fake_upstreams.h"
#include "gateway/testing/http_client.h"
#include "gateway/testing/test_protos.h"
#include "gateway/transcode/json_reader.h"
#include "gateway/transcode/json_writer.h"
#include "metrics/metrics.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;
using nlohmann::json;
using testing::Answer;

// What OAuth 2 and a web page with a session need.
constexpr char kSite[] = R"(
  message TokenRequest {
    string grant_type = 1 [(marquee.options.v1.field) = {required: true}];
    string code = 2; int32 lifetime = 3; repeated string scope = 4; Client client = 5; string authorization = 6;
  }
  message Client { string client_id = 1; }
  message TokenResponse { string access_token = 1; int64 expires_in = 2; string pragma = 3; }
  message AuthorizeRequest { string client_id = 1; string state = 2; string session = 3; string language = 4; int32 hits = 5; }
  message AuthorizeResponse { string location = 1; string page = 2; optional string session = 3; int64 session_seconds = 4; }
  message Lines { repeated Plain lines = 1; string next = 2; }
  message Upload { bytes data = 1; string name = 2; }
  message Plain { string text = 1; optional string etag_like = 2; bool flag = 3; int32 number = 4; }
  service Site {
    rpc Token(TokenRequest) returns (TokenResponse) {
      option (google.api.http) = {post: "/oauth2/token" body: "*"};
      option (marquee.options.v1.rest) = {
        form: true ignore_unknown: true
        request_headers: {name: "Authorization" field: "authorization"}
        response_headers: {name: "Pragma" field: "pragma"}
      };
    }
    rpc Authorize(AuthorizeRequest) returns (AuthorizeResponse) {
      option (google.api.http) = {get: "/oauth2/authorize" response_body: "page"
                                  additional_bindings {post: "/oauth2/authorize" body: "*" response_body: "page"}};
      option (marquee.options.v1.rest) = {
        form: true
        content_type: "text/html; charset=utf-8"
        redirect: {status: 303 field: "location"}
        request_headers: {name: "Accept-Language" field: "language"}
        request_cookies: {name: "__Host-session" field: "session"}
        request_cookies: {name: "hits" field: "hits"}
        response_cookies: {name: "__Host-session" field: "session" same_site: SAME_SITE_LAX secure: true http_only: true
                           max_age_field: "session_seconds"}
      };
    }
    rpc Form(TokenRequest) returns (Plain) {
      option (google.api.http) = {post: "/v1/form" body: "*"};
      option (marquee.options.v1.rest) = {form: true};
    }
    rpc Leave(Plain) returns (Plain) {
      option (google.api.http) = {post: "/v1/leave" body: "*"};
      option (marquee.options.v1.rest) = {
        success_status: 204
        response_cookies: {name: "theme" field: "etag_like" same_site: SAME_SITE_STRICT path: "/v1"}
        response_headers: {name: "X-Flag" field: "flag"}
        response_headers: {name: "X-Number" field: "number"}
      };
    }
    rpc Export(Plain) returns (Lines) {
      option (google.api.http) = {get: "/v1/export" response_body: "lines"};
      option (marquee.options.v1.rest) = {
        content_type: "application/jsonl"
        response_headers: {name: "Link" field: "next"}
      };
    }
    rpc Download(Plain) returns (Upload) {
      option (google.api.http) = {get: "/v1/download" response_body: "data"};
      option (marquee.options.v1.rest) = {
        content_type: "application/zip" cache_control: "public, max-age=60"
        response_headers: {name: "Content-Disposition" field: "name"}
      };
    }
    rpc Grant(TokenRequest) returns (Plain) {
      option (google.api.http) = {post: "/oauth2/grant" body: "*" response_body: "text"};
      option (marquee.options.v1.rest) = {
        form: true content_type: "text/html" status_field: "number"
        error_form: ERROR_FORM_OAUTH challenge: "Basic realm=\"clients\""
      };
    }
    rpc Person(Plain) returns (Plain) {
      option (google.api.http) = {get: "/oauth2/person"};
      option (marquee.options.v1.rest) = {error_form: ERROR_FORM_OAUTH};
    }
    rpc Private(Plain) returns (Plain) {
      option (google.api.http) = {get: "/v1/private"};
      option (marquee.options.v1.rest) = {challenge: "Basic realm=\"x\""};
    }
  }
)";

class RestTest : public ::testing::Test {
 protected:
  RestTest()
      : protos_(kSite),
        api_(*Api::Build(protos_.Services(), protos_.factory())),
        pages_("{}", [] { return OwnPages::Readiness{}; }),
        gateway_(api_, upstreams_, pages_, metrics_, {}),
        server_({}, [this](http::Request request, http::Responder respond) {
          gateway_.Handle(std::move(request), std::move(respond));
        }) {
    upstreams_.AnswerWith([this](const Rpc& rpc, const pb::Message& in, pb::Message& out) {
      asked_ = in.ShortDebugString();
      if (failure_) return Outcome{.error = failure_, .positions = {}};
      const auto* whole = out.GetDescriptor();
      PlanSet plans(protos_.factory());
      const Status read = ReadJson(answer_, out, **plans.Add(whole));
      EXPECT_TRUE(read.ok()) << rpc.path;
      return Outcome{};
    });
    EXPECT_TRUE(server_.Start().ok());
  }

  Answer Ask(std::string_view method, std::string_view target, std::string_view body = {},
             const std::string& headers = {}) {
    asked_.clear();
    testing::HttpClient client(server_.port());
    auto answer = client.Ask(method, target, body, headers);
    EXPECT_TRUE(answer) << method << " " << target;
    return answer ? *answer : Answer{};
  }
  Answer Post(std::string_view target, std::string_view form, const std::string& headers = {}) {
    return Ask("POST", target, form,
               "Content-Type: application/x-www-form-urlencoded\r\n" + headers);
  }
  // "code field" of a refusal that no service saw.
  std::string Refusal(const Answer& answer) {
    EXPECT_EQ(asked_, "");
    const json problem = json::parse(answer.body);
    return problem["code"].get<std::string>() +
           (problem.contains("field") ? " " + problem["field"].get<std::string>() : "");
  }

  testing::TestProtos protos_;
  Api api_;
  testing::FakeUpstreams upstreams_;
  OwnPages pages_;
  metrics::Metrics metrics_;
  Gateway gateway_;
  std::string answer_ = "{}";
  std::optional<Error> failure_;
  std::string asked_;  // the request that the service saw, in protobuf's text
  http::Server server_;
};

TEST_F(RestTest, TakesFormsAsRfc6749WritesThem) {
  answer_ = R"({"access_token":"t","expires_in":900,"pragma":"no-cache"})";
  const Answer answer =
      Post("/oauth2/token",
           "grant_type=authorization_code&code=a%2Fb+c%26&redirect_uri=https%3A%2F%2Fx&"
           "scope=read&scope=write&lifetime=60&client.client_id=me",
           "Authorization: Basic bWU6c2VjcmV0\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      asked_,
      R"(grant_type: "authorization_code" code: "a/b c&" lifetime: 60 scope: "read" scope: "write" )"
      R"(client { client_id: "me" } authorization: "Basic bWU6c2VjcmV0")");
  EXPECT_EQ(answer.body, R"({"access_token":"t","expires_in":900})") << "pragma goes as a header";
  EXPECT_EQ(answer.headers.at("pragma"), "no-cache");
  EXPECT_EQ(answer.headers.at("cache-control"), "no-store");
  // JSON says the same.
  EXPECT_EQ(Ask("POST", "/oauth2/token", R"({"grant_type":"x","lifetime":60})").status, 200);
  EXPECT_EQ(asked_, R"(grant_type: "x" lifetime: 60)");
  Post("/oauth2/token", "grant_type=x&lifetime=&code=");
  EXPECT_EQ(asked_, R"(grant_type: "x")") << "without a value is as if it weren't there";
  Post("/oauth2/token", "&&grant_type=x&");
  EXPECT_EQ(asked_, R"(grant_type: "x")");
  EXPECT_EQ(Ask("POST", "/oauth2/token", "grant_type=x",
                "Content-Type: Application/X-WWW-Form-Urlencoded ; charset=UTF-8\r\n")
                .status,
            200);
}

TEST_F(RestTest, TakesAFormWhereAnotherOfItsRoutesHasNoBody) {
  EXPECT_EQ(Post("/oauth2/authorize", "client_id=me").status, 200);
  EXPECT_EQ(asked_, R"(client_id: "me")");
  EXPECT_EQ(Ask("GET", "/oauth2/authorize?client_id=me").status, 200);
}

TEST_F(RestTest, WritesAListAsJsonLines) {
  answer_ =
      R"({"lines":[{"text":"a\nb","number":7},{"text":"c"}],"next":"</v1/export?x>; rel=\"next\""})";
  const Answer answer = Ask("GET", "/v1/export");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "application/jsonl");
  EXPECT_EQ(answer.headers.at("link"), R"(</v1/export?x>; rel="next")");
  EXPECT_EQ(answer.body, R"({"text":"a\nb","flag":false,"number":7})"
                         "\n"
                         R"({"text":"c","flag":false,"number":0})"
                         "\n");
  answer_ = "{}";
  const Answer nothing = Ask("GET", "/v1/export");
  EXPECT_EQ(nothing.body, "");
  EXPECT_FALSE(nothing.headers.contains("link"));
}

TEST_F(RestTest, RefusesFormsInTheWordsOfJson) {
  const std::pair<std::string, const char*> table[] = {
      {"grant_type=a&grant_type=b", "duplicate_field grant_type"},
      {"grant_type=&grant_type=b", "duplicate_field grant_type"},
      {"client.client_id=a&client.client_id=b", "duplicate_field client.client_id"},
      {"nope=1", "unknown_field nope"},
      {"client=x", "unknown_field client"},
      {"client.nope=x", "unknown_field client.nope"},
      {"lifetime=soon", "wrong_type lifetime"},
      {"lifetime=99999999999", "number_out_of_range lifetime"},
      {"code=%zz", "malformed_form"},
      {"code=%", "malformed_form"},
      {"code=%FF", "malformed_form"},
      {"code=%ED%A0%80", "malformed_form"},
      {"code=%00", "malformed_form"},
      {std::string("code=\xff"), "malformed_form"},
      {std::string("code=a\0b", 8), "malformed_form"},
      {"a%00=1", "malformed_form"},
      {R"({"grant_type":"x"})", R"(unknown_field {"grant_type":"x"})"},
  };
  for (const auto& [form, expected] : table)
    EXPECT_EQ(Refusal(Post("/v1/form", form)), expected) << form;
  EXPECT_EQ(Refusal(Ask("POST", "/v1/form", R"({"nope":1})")), "unknown_field nope");
  std::string many;
  for (int i = 0; i <= 500; ++i) many += "scope=x&";
  EXPECT_EQ(Refusal(Post("/v1/form", many)), "malformed_form");
  const Answer large = Post("/v1/form", "code=" + std::string(64 << 10, 'x'));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(Post("/v1/form", "code=" + std::string((64 << 10) - 5, 'x')).status, 200);
  // A form is taken where the rpc says so alone.
  EXPECT_EQ(Post("/v1/leave", "text=x").status, 415);
  EXPECT_EQ(Ask("POST", "/v1/form", "<a/>", "Content-Type: text/xml\r\n").status, 415);
}

TEST_F(RestTest, LetsNothingElseSetWhatAHeaderOrACookieSets) {
  EXPECT_EQ(Refusal(Ask("POST", "/oauth2/token", R"({"authorization":"Basic x"})")),
            "unknown_field authorization");
  Post("/oauth2/token", "grant_type=x&authorization=Basic+x");
  EXPECT_EQ(asked_, R"(grant_type: "x")") << "it is as unknown as anything";
  EXPECT_EQ(Refusal(Ask("GET", "/oauth2/authorize?session=stolen")), "unknown_parameter session");
  EXPECT_EQ(Refusal(Ask("GET", "/oauth2/authorize?language=de")), "unknown_parameter language");
}

TEST_F(RestTest, ReadsHeadersAndCookies) {
  Ask("GET", "/oauth2/authorize?client_id=me", {},
      "ACCEPT-LANGUAGE: de\r\nCookie: other=1; __Host-session=s3cr=t;hits=7; =; x\r\n");
  EXPECT_EQ(asked_, R"(client_id: "me" session: "s3cr=t" language: "de" hits: 7)");
  Ask("GET", "/oauth2/authorize", {}, "Cookie: a=b\r\nCookie: __Host-session=x\r\n");
  EXPECT_EQ(asked_, R"(session: "x")") << "HTTP/2 sends several";
  Ask("GET", "/oauth2/authorize", {}, "Accept-Language: \r\nCookie: __Host-session=; hits=\r\n");
  EXPECT_EQ(asked_, "");
  const std::pair<std::string, const char*> table[] = {
      {"Cookie: __Host-session=a; __Host-session=b", "duplicate_cookie __Host-session"},
      {"Cookie: hits=1\r\nCookie: hits=2", "duplicate_cookie hits"},
      {"Cookie: hits=many", "wrong_type hits"},
      {"Cookie: __Host-session=\xff", "invalid_utf8 __Host-session"},
      {"Accept-Language: a\r\nAccept-Language: b", "duplicate_header Accept-Language"},
      {"Accept-Language: \xc3\x28", "invalid_utf8 Accept-Language"},
  };
  for (const auto& [header, expected] : table)
    EXPECT_EQ(Refusal(Ask("GET", "/oauth2/authorize", {}, header + "\r\n")), expected) << header;
}

TEST_F(RestTest, RedirectsWhereTheAnswerSaysSo) {
  answer_ =
      R"({"location":"https://client.example/cb?code=x&state=%C3%A9","page":"<p>","session":"abc","session_seconds":600})";
  const Answer sent = Ask("GET", "/oauth2/authorize?client_id=me");
  EXPECT_EQ(sent.status, 303);
  EXPECT_EQ(sent.headers.at("location"), "https://client.example/cb?code=x&state=%C3%A9");
  EXPECT_EQ(sent.headers.at("set-cookie"),
            "__Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600");
  EXPECT_EQ(sent.headers.at("cache-control"), "no-store");
  EXPECT_EQ(sent.headers.at("content-length"), "0");
  EXPECT_EQ(sent.headers.count("content-type"), 0U);
  EXPECT_EQ(sent.body, "");
  EXPECT_EQ(sent.headers.at("x-trace-id").size(), 32U);

  answer_ = R"({"page":"<h1>«Sign in»</h1>"})";
  const Answer page = Ask("GET", "/oauth2/authorize?client_id=me");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.body, "<h1>«Sign in»</h1>");
  EXPECT_EQ(page.headers.count("location") + page.headers.count("set-cookie"), 0U);
  answer_ = R"({"location":"/relative"})";
  EXPECT_EQ(Ask("HEAD", "/oauth2/authorize").status, 303);
}

TEST_F(RestTest, SetsAndRemovesCookies) {
  answer_ = R"({"etag_like":"dark","flag":true,"number":-7})";
  const Answer set = Ask("POST", "/v1/leave", "{}");
  EXPECT_EQ(set.status, 204);
  EXPECT_EQ(set.headers.at("set-cookie"), "theme=dark; Path=/v1; SameSite=Strict");
  EXPECT_EQ(set.headers.at("x-flag"), "true");
  EXPECT_EQ(set.headers.at("x-number"), "-7");
  answer_ = R"({"etag_like":""})";
  EXPECT_EQ(Ask("POST", "/v1/leave", "{}").headers.at("set-cookie"),
            "theme=; Path=/v1; SameSite=Strict; Max-Age=0");
  answer_ = "{}";
  EXPECT_EQ(Ask("POST", "/v1/leave", "{}").headers.count("set-cookie"), 0U);
}

TEST_F(RestTest, LetsNoFieldBeginAnotherHeader) {
  const std::string values[] = {R"(a\r\nSet-Cookie: stolen=1)", R"(a\nX: y)", R"(a\rX: y)",
                                R"(\u0001)", R"(a\u007f)"};
  for (const std::string& value : values) {
    for (const std::string field : {"location", "session"}) {
      answer_ = R"({")" + field + R"(":")" + value + R"("})";
      const Answer answer = Ask("GET", "/oauth2/authorize");
      EXPECT_EQ(answer.status, 500) << field << " " << value;
      EXPECT_EQ(answer.headers.count("set-cookie") + answer.headers.count("location") +
                    answer.headers.count("x"),
                0U);
      EXPECT_EQ(json::parse(answer.body)["code"], "internal");
    }
    answer_ = R"({"access_token":"t","pragma":")" + value + R"("})";
    const Answer answer = Post("/oauth2/token", "grant_type=x");
    EXPECT_EQ(answer.status, 500) << value;
    EXPECT_EQ(answer.body.find("access_token"), std::string::npos);
  }
  // What is a header, and no URI or cookie.
  for (const char* value : {"https://x/a b", "https://x/é", "<script>"}) {
    answer_ = R"({"location":")" + std::string(value) + R"("})";
    EXPECT_EQ(Ask("GET", "/oauth2/authorize").status, 500) << value;
  }
  for (const char* value : {"a b", "a;Path=/", "a,b", "é"}) {
    answer_ = R"({"session":")" + std::string(value) + R"("})";
    EXPECT_EQ(Ask("GET", "/oauth2/authorize").status, 500) << value;
  }
}

TEST_F(RestTest, SendsBytesAsTheirType) {
  answer_ = R"({"data":"AAH/","name":"attachment; filename=\"é.zip\""})";
  const Answer answer = Ask("GET", "/v1/download");
  EXPECT_EQ(answer.headers.at("content-type"), "application/zip");
  EXPECT_EQ(answer.body, std::string("\0\x01\xFF", 3));
  EXPECT_EQ(answer.headers.at("content-disposition"), "attachment; filename=\"é.zip\"");
  EXPECT_EQ(answer.headers.at("cache-control"), "public, max-age=60");
  EXPECT_EQ(
      Ask("GET", "/v1/download", {}, "If-None-Match: " + answer.headers.at("etag") + "\r\n").status,
      304);
}

TEST_F(RestTest, GivesAnAnswerTheStatusThatItSays) {
  answer_ = R"({"text":"<p>No.</p>","number":403})";
  const Answer page = Post("/oauth2/grant", "grant_type=x");
  EXPECT_EQ(page.status, 403);
  EXPECT_EQ(page.body, "<p>No.</p>");
  EXPECT_EQ(page.headers.at("content-type"), "text/html");
  EXPECT_EQ(page.headers.at("cache-control"), "no-store");
  answer_ = R"({"text":"<p>"})";
  EXPECT_EQ(Post("/oauth2/grant", "grant_type=x").status, 200);
  for (const char* status : {"1", "99", "101", "204", "303", "600", "-400"}) {
    answer_ = R"({"number":)" + std::string(status) + "}";
    EXPECT_EQ(Post("/oauth2/grant", "grant_type=x").status, 500) << status;
  }
}

TEST_F(RestTest, RefusesInOAuthsFormWhereTheRpcSaysSo) {
  const auto refused = [&](Error error) {
    failure_ = std::move(error);
    const Answer answer = Post("/oauth2/grant", "grant_type=x");
    EXPECT_EQ(answer.headers.at("content-type"), "application/json");
    EXPECT_EQ(answer.headers.at("cache-control"), "no-store");
    const json body = json::parse(answer.body);
    EXPECT_EQ(body.size(), 2U) << body;
    return std::to_string(answer.status) + " " + body["error"].get<std::string>() + ": " +
           body["error_description"].get<std::string>();
  };
  EXPECT_EQ(refused(Error::InvalidArgument("invalid_grant", "A \"code\" \\ is spent\u00e9.\n")),
            "400 invalid_grant: A 'code' / is spent.");
  EXPECT_EQ(refused(Error::InvalidArgument("missing_field", "What?", "grant_type")),
            "400 invalid_request: What?");
  EXPECT_EQ(refused(Error::Unauthenticated("invalid_client", "Who?")), "401 invalid_client: Who?");
  EXPECT_EQ(refused(Error::Unavailable("x", "Later.")), "503 temporarily_unavailable: Later.");
  EXPECT_EQ(
      refused(Error::Internal("a password")),
      "500 server_error: Something went wrong on our side. Quote the trace id when you report "
      "it.");
  const Answer late = Post("/oauth2/grant", "grant_type=x");
  EXPECT_EQ(late.headers.count("www-authenticate"), 0U);
  failure_ = Error::Unauthenticated("invalid_client", "Who?");
  EXPECT_EQ(Post("/oauth2/grant", "grant_type=x").headers.at("www-authenticate"),
            R"(Basic realm="clients")");
  // What the gateway refuses itself has the same form.
  EXPECT_EQ(json::parse(Post("/oauth2/grant", "grant_type=a&grant_type=b").body)["error"],
            "invalid_request");
}

TEST_F(RestTest, ChallengesBearersWithTheError) {
  const auto challenge = [&](Error error) {
    failure_ = std::move(error);
    const Answer answer = Ask("GET", "/oauth2/person");
    const auto found = answer.headers.find("www-authenticate");
    return std::to_string(answer.status) + " " +
           (found == answer.headers.end() ? std::string() : found->second);
  };
  EXPECT_EQ(challenge(Error::Unauthenticated("token_missing", "Sign in.")), "401 Bearer");
  EXPECT_EQ(challenge(Error::Unauthenticated("token_expired", "It has expired.")),
            R"(401 Bearer error="invalid_token", error_description="It has expired.")");
  EXPECT_EQ(challenge(Error::PermissionDenied("insufficient_scope", "No.")),
            R"(403 Bearer error="insufficient_scope", error_description="No.")");
  EXPECT_EQ(challenge(Error::PermissionDenied("user_required", "No.")), "403 ");
  failure_ = Error::Unauthenticated("token_missing", "Sign in.");
  const Answer problem = Ask("GET", "/v1/private");
  EXPECT_EQ(problem.headers.at("www-authenticate"), R"(Basic realm="x")");
  EXPECT_EQ(json::parse(problem.body)["code"], "token_missing");
}

TEST_F(RestTest, IsInTheDocument) {
  const json document = json::parse(OpenApiDocument(api_, *Contract::FromSet(""), "1"));
  const json& token = document["paths"]["/oauth2/token"]["post"];
  EXPECT_TRUE(token["requestBody"]["content"].contains("application/x-www-form-urlencoded"));
  EXPECT_TRUE(token["requestBody"]["content"].contains("application/json"));
  const auto parameter = [](const json& operation, const std::string& name) {
    for (const auto& one : operation["parameters"]) {
      if (one.value("name", "") == name) return one.value("in", "");
    }
    return std::string();
  };
  EXPECT_EQ(parameter(token, "Authorization"), "header");
  const auto schema = [&](const std::string& reference) {
    return document.at(json::json_pointer(reference.substr(1)));
  };
  const json body = schema(token["requestBody"]["content"]["application/json"]["schema"]["$ref"]);
  EXPECT_FALSE(body["properties"].contains("authorization"));
  EXPECT_TRUE(body["properties"].contains("code"));
  const json& ok = token["responses"]["200"];
  EXPECT_TRUE(ok["headers"].contains("Pragma"));
  EXPECT_FALSE(
      schema(ok["content"]["application/json"]["schema"]["$ref"])["properties"].contains("pragma"));
  const json& authorize = document["paths"]["/oauth2/authorize"]["get"];
  EXPECT_EQ(parameter(authorize, "__Host-session"), "cookie");
  EXPECT_EQ(parameter(authorize, "Accept-Language"), "header");
  EXPECT_EQ(parameter(authorize, "client_id"), "query");
  EXPECT_TRUE(authorize["responses"]["303"]["headers"].contains("Location"));
  EXPECT_TRUE(authorize["responses"]["200"]["headers"].contains("Set-Cookie"));
  EXPECT_TRUE(authorize["responses"]["200"]["content"].contains("text/html; charset=utf-8"));
  EXPECT_EQ(document["paths"]["/v1/download"]["get"]["responses"]["200"]["content"]
                    ["application/zip"]["schema"]["format"],
            "binary");
}

// The headers that rpcs read, and that nginx would not pass on.
std::vector<std::string> LostAtTheEdge(const Api& api) {
  std::ifstream file("deploy/edge/nginx.conf.template");
  const std::string edge{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> lost;
  const auto look = [&](const std::string& name) {
    if (edge.find("proxy_set_header " + name + " ") == std::string::npos) lost.push_back(name);
  };
  for (const Rpc& rpc : api.rpcs()) {
    for (const auto& header : rpc.rest.request_headers) look(header.name);
    if (!rpc.rest.request_cookies.empty()) look("Cookie");
  }
  return lost;
}

TEST_F(RestTest, SeesWhatIsLostAtTheEdge) {
  EXPECT_EQ(LostAtTheEdge(api_), std::vector<std::string>{"Accept-Language"});
  const auto contract = Contract::Load();
  const auto ours = Api::Build(contract->services(), *pb::MessageFactory::generated_factory());
  EXPECT_EQ(LostAtTheEdge(*ours), std::vector<std::string>())
      << "deploy/edge/nginx.conf.template needs a proxy_set_header for each";
}

TEST(Rest, IsCheckedAtTheStart) {
  const std::pair<const char*, const char*> table[] = {
      {R"(request_headers: {name: "X" field: "nope"})", "no field nope"},
      {R"(request_headers: {name: "X Y" field: "a"})", "can't be such a header"},
      {R"(request_headers: {name: "Cookie" field: "a"})", "can't be such a header"},
      {R"(request_headers: {name: "content-LENGTH" field: "a"})", "can't be such a header"},
      {R"(request_headers: {name: "X" field: "list"})", "can't be the header X"},
      {R"(request_headers: {name: "X" field: "child"})", "can't be the header X"},
      {R"(request_headers: {name: "X" field: "a"} request_headers: {name: "x" field: "b"})",
       "named twice"},
      {R"(request_headers: {name: "X" field: "a"} request_cookies: {name: "x" field: "a"})",
       "named twice"},
      {R"(request_headers: {name: "X" field: "id"})", "no field for {id}"},
      {R"(request_cookies: {name: "a;b" field: "a"})", "can't be a cookie's name"},
      {R"(request_cookies: {name: "x" field: "a"} cache_control: "public")", "cache_control"},
      {R"(request_headers: {name: "X" field: "a"} cache_control: "public")", "cache_control"},
      {R"(response_headers: {name: "Set-Cookie" field: "a"})", "can't be such a header"},
      {R"(response_headers: {name: "X\r\nY" field: "a"})", "can't be such a header"},
      {R"(response_headers: {name: "X" field: "list"})", "can't be the header X"},
      {R"(response_cookies: {name: "x" field: "a"})", "same_site"},
      {R"(response_cookies: {name: "x" field: "a" same_site: SAME_SITE_NONE})", "not `secure`"},
      {R"(response_cookies: {name: "__Host-x" field: "a" same_site: SAME_SITE_LAX})",
       "`secure` alone"},
      {R"(response_cookies: {name: "__Host-x" field: "a" same_site: SAME_SITE_LAX secure: true path: "/x"})",
       "path / alone"},
      {R"(response_cookies: {name: "x" field: "a" same_site: SAME_SITE_LAX path: "/;x"})",
       "a bad path"},
      {R"(response_cookies: {name: "x" field: "a" same_site: SAME_SITE_LAX max_age_field: "b"})",
       "can't be a Max-Age"},
      {R"(response_cookies: {name: "x" field: "a" same_site: SAME_SITE_LAX} cache_control: "public")",
       "a cookie"},
      {R"(redirect: {status: 301 field: "a"})", "302, 303 or 307"},
      {R"(redirect: {status: 302 field: "number"})", "can't be a Location"},
      {R"(redirect: {status: 302 field: "a"} cache_control: "public")", "a redirect"},
      {R"(redirect: {status: 302 field: "a"} response_headers: {name: "location" field: "b"})",
       "another header Location"},
      {R"(content_type: "text/html")", "a response_body that is a string or bytes"},
      {R"(content_type: "text/html\r\nX: y")", "a bad content_type"},
      {R"(content_type: "application/jsonl")", "a list of messages"},
      {R"(form: true)", "a form needs the body"},
      {R"(status_field: "a")", "can't be a status"},
      {R"(status_field: "number" success_status: 204)", "a status_field, and 204"},
      {R"(challenge: "Basic\r\nX: y")", "a bad challenge"},
  };
  for (const auto& [options, expected] : table) {
    const std::string text = std::string(R"(
      message M { int64 id = 1; string a = 2; string b = 3; repeated string list = 4; M child = 5; int32 number = 6; }
      service S { rpc Do(M) returns (M) {
        option (google.api.http) = {get: "/v1/{id}"}; option (marquee.options.v1.rest) = {)") +
                             options + "}; } }";
    testing::TestProtos protos(text);
    const auto api = Api::Build(protos.Services(), protos.factory());
    ASSERT_FALSE(api.ok()) << options;
    EXPECT_NE(api.error().message.find(expected), std::string::npos) << api.error().message;
    EXPECT_EQ(api.error().message.rfind("marquee.test.v1.S.Do: ", 0), 0U) << api.error().message;
  }
}

}  // namespace
}  // namespace marquee::gateway
