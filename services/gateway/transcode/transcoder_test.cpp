#include "gateway/transcode/transcoder.h"

#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "gateway/openapi/contract.h"
#include "gateway/testing/test_protos.h"
#include "gateway/transcode/json_writer.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

constexpr char kShop[] = R"(
  message Book { int64 book_id = 1; string title = 2; repeated string tags = 3; Author author = 4; }
  message Author { string name = 1; int32 born = 2; }
  message GetBookRequest { int64 book_id = 1; string lang = 2; repeated int32 pages = 3; Author author = 4;
                           google.protobuf.Timestamp at = 5; bool full = 6; }
  message GetBookResponse { Book book = 1; repeated string notes = 2; }
  message PutBookRequest { int64 book_id = 1; string title = 2; Author author = 3; }
  message PatchBookRequest { Book book = 1; google.protobuf.FieldMask update_mask = 2; bool dry_run = 3; }
  message PutScanRequest { int64 book_id = 1; google.api.HttpBody scan = 2; }
  message Empty {}
  message Scan { google.api.HttpBody scan = 1; }
  service Shop {
    rpc GetBook(GetBookRequest) returns (GetBookResponse) {
      option (google.api.http) = {
        get: "/v1/books/{book_id}" response_body: "book"
        additional_bindings { get: "/v1/authors/{author.name}/books/{book_id}" }
        additional_bindings { get: "/v1/notes/{book_id}" response_body: "notes" }
      };
      option (marquee.options.v1.rest) = {cache_control: "public, max-age=9"};
    }
    rpc PutBook(PutBookRequest) returns (Book) { option (google.api.http) = {put: "/v1/books/{book_id}" body: "*"}; }
    rpc PatchBook(PatchBookRequest) returns (Book) {
      option (google.api.http) = {patch: "/v1/books/{book.book_id}" body: "book"};
    }
    rpc DeleteBook(GetBookRequest) returns (Empty) {
      option (google.api.http) = {delete: "/v1/books/{book_id}"};
      option (marquee.options.v1.rest) = {success_status: 204};
    }
    rpc PutScan(PutScanRequest) returns (Empty) {
      option (google.api.http) = {put: "/v1/books/{book_id}/scan" body: "scan"};
    }
    rpc GetScan(GetBookRequest) returns (Scan) {
      option (google.api.http) = {get: "/v1/books/{book_id}/scan" response_body: "scan"};
    }
  }
)";

class TranscoderTest : public ::testing::Test {
 protected:
  TranscoderTest() : protos_(kShop), api_(*Api::Build(protos_.Services(), protos_.factory())) {}

  struct Call {
    http::Method method = http::Method::kGet;
    std::string target;
    std::string body;
    std::string content_type = "application/json";
  };

  // The request message as JSON, or "reason field".
  std::string Read(const Call& call) {
    http::Request request{call.method, call.target, {}, call.body};
    if (!call.content_type.empty()) request.headers.push_back({"content-type", call.content_type});
    const auto target = ParseTarget(request.target);
    if (!target.ok()) return target.error().reason;
    const auto route = api_.Find(call.method, target->segments);
    if (!route.ok() || route->binding == nullptr) return "no route";
    binding_ = route->binding;
    message_.reset(binding_->rpc->request->New(nullptr));
    const Status status =
        ReadRequest(*binding_, request, *target, route->captures, 1000, *message_);
    if (!status.ok())
      return status.error().reason +
             (status.error().field.empty() ? "" : " " + status.error().field);
    std::string out;
    AppendJson(*message_, *binding_->rpc->request, out);
    return out;
  }
  std::string Get(const std::string& target) { return Read({http::Method::kGet, target, {}, {}}); }

  testing::TestProtos protos_;
  Api api_;
  const Binding* binding_ = nullptr;
  std::unique_ptr<pb::Message> message_;
};

TEST_F(TranscoderTest, MapsPathAndQuery) {
  EXPECT_EQ(Get("/v1/books/7"), R"({"book_id":7,"lang":"","pages":[],"full":false})");
  EXPECT_EQ(
      Get("/v1/books/7?lang=de&pages=1&pages=2&full=true&author.born=1815&at=2024-01-01T00:00:00Z"),
      R"({"book_id":7,"lang":"de","pages":[1,2],"author":{"name":"","born":1815},)"
      R"("at":"2024-01-01T00:00:00Z","full":true})");
  EXPECT_EQ(
      Get("/v1/authors/Ada%20L%2e/books/3"),
      R"({"book_id":3,"lang":"","pages":[],"author":{"name":"Ada L.","born":0},"full":false})");
}

TEST_F(TranscoderTest, RefusesBadPathAndQuery) {
  const std::pair<const char*, const char*> table[] = {
      {"/v1/books/x", "wrong_type book_id"},
      {"/v1/books/9223372036854775808", "number_out_of_range book_id"},
      {"/v1/books/1.0", "wrong_type book_id"},
      {"/v1/books/+1", "wrong_type book_id"},
      {"/v1/books/7?nope=1", "unknown_parameter nope"},
      {"/v1/books/7?book_id=7", "unknown_parameter book_id"},
      {"/v1/books/7?lang=a&lang=b", "duplicate_parameter lang"},
      {"/v1/books/7?lang=a&lang=", "duplicate_parameter lang"},
      {"/v1/books/7?pages=1&pages=x", "wrong_type pages"},
      {"/v1/books/7?pages=99999999999", "number_out_of_range pages"},
      {"/v1/books/7?full=yes", "wrong_type full"},
      {"/v1/books/7?author=x", "unknown_parameter author"},
      {"/v1/books/7?author.nope=x", "unknown_parameter author.nope"},
      {"/v1/books/7?lang.x=1", "unknown_parameter lang.x"},
      {"/v1/books/7?at=yesterday", "invalid_timestamp at"},
      {"/v1/books/7?lang=%ff", "malformed_target"},
  };
  for (const auto& [target, expected] : table) EXPECT_EQ(Get(target), expected) << target;
}

TEST_F(TranscoderTest, MapsAWholeBody) {
  const auto put = [&](const std::string& body, const std::string& type = "application/json") {
    return Read({http::Method::kPut, "/v1/books/7", body, type});
  };
  EXPECT_EQ(put(R"({"title":"x","author":{"born":1}})"),
            R"({"book_id":7,"title":"x","author":{"name":"","born":1}})");
  EXPECT_EQ(put(""), R"({"book_id":7,"title":""})");
  EXPECT_EQ(put(R"({"book_id":7})"), R"({"book_id":7,"title":""})");
  EXPECT_EQ(put(R"({"book_id":8})"), "path_and_body_differ book_id");
  EXPECT_EQ(put(R"({"titel":"x"})"), "unknown_field titel");
  EXPECT_EQ(put("{}", "text/plain"), "unsupported_media_type");
  EXPECT_EQ(put("{}", "Application/JSON; charset=utf-8"), R"({"book_id":7,"title":""})");
  EXPECT_EQ(put("{}", ""), R"({"book_id":7,"title":""})");
  EXPECT_EQ(put(std::string(1001, ' ')), "body_too_large");
  EXPECT_EQ(Read({http::Method::kPut, "/v1/books/7?title=x", "{}"}), "unknown_parameter title");
}

TEST_F(TranscoderTest, MapsAFieldAsBodyAndFillsTheUpdateMask) {
  const auto patch = [&](const std::string& query, const std::string& body) {
    return Read({http::Method::kPatch, "/v1/books/7" + query, body});
  };
  EXPECT_EQ(
      patch("", R"({"title":"x","author":null})"),
      R"({"book":{"book_id":7,"title":"x","tags":[]},"update_mask":"title,author","dry_run":false})");
  EXPECT_EQ(
      patch("?update_mask=tags,title&dry_run=true", R"({"title":"x"})"),
      R"({"book":{"book_id":7,"title":"x","tags":[]},"update_mask":"tags,title","dry_run":true})");
  EXPECT_EQ(patch("?book.title=x", "{}"), "unknown_parameter book.title");
  EXPECT_EQ(patch("", R"({"author":{"name":1}})"), "wrong_type book.author.name");
}

TEST_F(TranscoderTest, TakesRawBodies) {
  EXPECT_EQ(
      Read({http::Method::kPut, "/v1/books/7/scan", std::string("\x89PNG\0\xFF", 6), "image/png"}),
      R"({"book_id":7,"scan":{"content_type":"image/png","data":"iVBORwD/"}})");
}

TEST_F(TranscoderTest, RefusesABodyWhereNoneBelongs) {
  EXPECT_EQ(Read({http::Method::kDelete, "/v1/books/7", "{}"}), "unexpected_body");
}

TEST_F(TranscoderTest, WritesTheResponseField) {
  Get("/v1/books/7");
  const std::unique_ptr<pb::Message> message(binding_->rpc->response->New(nullptr));
  http::Response response = *WriteResponse(*binding_, *message, nullptr);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"book_id":0,"title":"","tags":[]})");
  Get("/v1/notes/7");
  EXPECT_EQ(WriteResponse(*binding_, *message, nullptr)->body, "[]");
  Get("/v1/authors/x/books/7");
  EXPECT_EQ(WriteResponse(*binding_, *message, nullptr)->body, R"({"notes":[]})");
}

TEST_F(TranscoderTest, AnswersAKnownETagWithoutABody) {
  Get("/v1/books/7");
  const std::unique_ptr<pb::Message> message(binding_->rpc->response->New(nullptr));
  const auto header = [](const http::Response& response, const std::string& name) {
    for (const auto& h : response.headers) {
      if (h.name == name) return h.value;
    }
    return std::string();
  };
  const http::Response first = *WriteResponse(*binding_, *message, nullptr);
  const std::string etag = header(first, "ETag");
  EXPECT_EQ(etag.size(), 34U);
  EXPECT_EQ(header(first, "Cache-Control"), "public, max-age=9");
  const std::vector<std::string> lists{etag, "W/" + etag, "\"other\", " + etag, "*"};
  for (const std::string& list : lists) {
    const http::Response again = *WriteResponse(*binding_, *message, &list);
    EXPECT_EQ(again.status, 304) << list;
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(header(again, "ETag"), etag);
  }
  const std::string other = "\"other\"";
  EXPECT_EQ(WriteResponse(*binding_, *message, &other)->status, 200);
}

TEST_F(TranscoderTest, WritesNoBodyWith204AndRawBytesAsTheyAre) {
  Read({http::Method::kDelete, "/v1/books/7", ""});
  const std::unique_ptr<pb::Message> empty(binding_->rpc->response->New(nullptr));
  const http::Response gone = *WriteResponse(*binding_, *empty, nullptr);
  EXPECT_EQ(gone.status, 204);
  EXPECT_EQ(gone.body, "");
  EXPECT_EQ(gone.content_type, "");

  Get("/v1/books/7/scan");
  const std::unique_ptr<pb::Message> message(binding_->rpc->response->New(nullptr));
  pb::Message* scan =
      message->GetReflection()->MutableMessage(message.get(), binding_->response_field->field);
  const MessagePlan& plan = *binding_->response_field->message;
  plan.reflection->SetString(scan, plan.Find("content_type")->field, "image/png");
  plan.reflection->SetString(scan, plan.Find("data")->field, std::string("\0\xFF", 2));
  const http::Response raw = *WriteResponse(*binding_, *message, nullptr);
  EXPECT_EQ(raw.content_type, "image/png");
  EXPECT_EQ(raw.body, std::string("\0\xFF", 2));
}

TEST_F(TranscoderTest, CarriesFieldsOfTheSameNameOver) {
  Get("/v1/books/7?lang=de&author.name=Ada&full=true");
  const auto target = ParseTarget("/v1/books/1");
  const Binding* route = api_.Find(http::Method::kPut, target->segments)->binding;
  const std::unique_ptr<pb::Message> to(route->rpc->request->New(nullptr));
  CopyFieldsByName(*message_, *binding_->rpc->request, *to, *route->rpc->request);
  std::string out;
  AppendJson(*to, *route->rpc->request, out);
  EXPECT_EQ(out, R"({"book_id":7,"title":"","author":{"name":"Ada","born":0}})");
}

TEST(Api, RefusesRulesThatItCannotServe) {
  const std::pair<const char*, const char*> table[] = {
      {R"(get: "/v1/{nope}")", "no field for {nope}"},
      {R"(get: "/v1/{tags}")", "no field for {tags}"},
      {R"(get: "v1")", "doesn't start"},
      {R"(get: "/v1" body: "*")", "a GET with a body"},
      {R"(post: "/v1" body: "nope")", "no field for the body"},
      {R"(get: "/v1" response_body: "nope")", "no field for nope"},
      {R"(get: "/v1" additional_bindings { get: "/v1" })", "another rpc has GET /v1"},
      {R"(custom: {kind: "HEAD" path: "/v1"})", "without a known method"},
  };
  for (const auto& [rule, expected] : table) {
    std::string text = "message M { int64 id = 1; repeated string tags = 2; }\n";
    text += "service S { rpc Do(M) returns (M) { option (google.api.http) = {";
    text += rule;
    text += "}; } }";
    testing::TestProtos protos(text);
    const auto api = Api::Build(protos.Services(), protos.factory());
    ASSERT_FALSE(api.ok()) << rule;
    EXPECT_NE(api.error().message.find(expected), std::string::npos) << api.error().message;
  }
  testing::TestProtos stream(R"(message M {} service S { rpc Do(M) returns (stream M) {
    option (google.api.http) = {get: "/v1"}; } })");
  EXPECT_FALSE(Api::Build(stream.Services(), stream.factory()).ok());
  testing::TestProtos fallback(R"(message M {} service S { rpc Do(M) returns (M) {
    option (google.api.http) = {get: "/v1"}; option (marquee.options.v1.rest) = {fallback: "no.such.Rpc"}; } })");
  EXPECT_FALSE(Api::Build(fallback.Services(), fallback.factory()).ok());
}

TEST(Api, ServesEveryRuleOfOurs) {
  const auto contract = Contract::Load();
  ASSERT_TRUE(contract.ok());
  const auto api = Api::Build(contract->services(), *pb::MessageFactory::generated_factory());
  ASSERT_TRUE(api.ok()) << api.error().ToString();
  for (const Binding& binding : api->bindings()) {
    std::string path;  // each variable gets a value
    bool variable = false;
    for (const char c : binding.path) {
      if (c == '{') path += '7';
      variable = c == '{' || (variable && c != '}');
      if (!variable && c != '}') path += c;
    }
    const auto target = ParseTarget(path);
    ASSERT_TRUE(target.ok());
    const auto route = api->Find(binding.method, target->segments);
    ASSERT_TRUE(route.ok());
    EXPECT_EQ(route->binding, &binding) << binding.path;
    EXPECT_FALSE(binding.rpc->service.empty());
  }
  EXPECT_GT(api->bindings().size(), 40U);
}

}  // namespace
}  // namespace marquee::gateway
