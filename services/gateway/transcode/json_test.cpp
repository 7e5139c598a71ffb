#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "gateway/openapi/contract.h"
#include "gateway/testing/test_protos.h"
#include "gateway/transcode/api.h"
#include "gateway/transcode/json_reader.h"
#include "gateway/transcode/json_writer.h"
#include "gateway/transcode/target.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

constexpr char kEverything[] = R"(
  enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
  message Inner { int64 id = 1; string name = 2; Inner inner = 3; repeated Inner inners = 4; }
  message Everything {
    bool b = 1; int32 i32 = 2; int64 i64 = 3; uint32 u32 = 4; uint64 u64 = 5; float f = 6; double d = 7;
    string s = 8; bytes y = 9; Color e = 10; Inner m = 11;
    repeated int64 i64s = 12; repeated string ss = 13; repeated Inner ms = 14; repeated Color es = 15;
    optional int32 oi = 16; optional string os = 17; oneof choice { string cs = 18; int64 ci = 19; }
    map<string, double> numbers = 20; map<int64, Inner> inners = 21; map<bool, string> flags = 22;
    google.protobuf.Timestamp t = 23; google.protobuf.Duration dur = 24; google.protobuf.FieldMask mask = 25;
    repeated google.protobuf.Timestamp ts = 26; sint64 si = 27; fixed32 fx = 28; sfixed64 sfx = 29;
    repeated float fs = 30; repeated bool bs = 31; repeated bytes ys = 32;
  }
)";

class JsonTest : public ::testing::Test {
 protected:
  JsonTest()
      : protos_(kEverything),
        plans_(protos_.factory()),
        plan_(**plans_.Add(protos_.Type("Everything"))) {}

  std::string Write(const pb::Message& message) const {
    std::string out;
    AppendJson(message, plan_, out);
    return out;
  }

  // "" or "reason field".
  std::string Read(std::string_view text, pb::Message& message) const {
    const Status status = ReadJson(text, message, plan_);
    if (status.ok()) return "";
    EXPECT_EQ(status.error().code, Code::kInvalidArgument);
    EXPECT_FALSE(status.error().message.empty());
    return status.error().reason + (status.error().field.empty() ? "" : " " + status.error().field);
  }

  std::unique_ptr<pb::Message> New() const {
    return std::unique_ptr<pb::Message>(plan_.New(nullptr));
  }

  // What reading `text` and writing it again gives, of the one field that it names.
  std::string Field(const std::string& text) const {
    auto message = New();
    const std::string error = Read(text, *message);
    if (!error.empty()) return error;
    const auto all = nlohmann::ordered_json::parse(Write(*message));
    const std::string key = nlohmann::ordered_json::parse(text).begin().key();
    return all.contains(key) ? all[key].dump() : "(absent)";
  }

  testing::TestProtos protos_;
  PlanSet plans_;
  const MessagePlan& plan_;
};

TEST_F(JsonTest, ReadsAndWritesEveryKind) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"b":true})", "true"},
      {R"({"i32":-2147483648})", "-2147483648"},
      {R"({"i64":9223372036854775807})", "9223372036854775807"},
      {R"({"i64":-9223372036854775808})", "-9223372036854775808"},
      {R"({"u32":4294967295})", "4294967295"},
      {R"({"u64":18446744073709551615})", "18446744073709551615"},
      {R"({"i64":-0})", "0"},
      {R"({"i64":-0.0})", "0"},
      {R"({"i64":0e5})", "0"},
      {R"({"i64":1693.0})", "1693"},
      {R"({"i64":1E3})", "1000"},
      {R"({"i64":0.5e1})", "5"},
      {R"({"i64":-12.50e+1})", "-125"},
      {R"({"i64":1200e-2})", "12"},
      {R"({"i64":9223372036854775807.000})", "9223372036854775807"},
      {R"({"u64":1.8446744073709551615e19})", "18446744073709551615"},
      {R"({"u64":-0})", "0"},
      {R"({"f":4.5})", "4.5"},
      {R"({"f":0.1})", "0.1"},
      {R"({"d":-1.5e-7})", "-1.5e-07"},
      {R"({"d":1E+2})", "100"},
      {R"({"s":"a\"\\\/\b\f\n\r\t\u00e9\ud83c\udfac"})", R"("a\"\\/\b\f\n\r\té🎬")"},
      {R"({"y":"AAEC/w=="})", R"("AAEC/w==")"},
      {R"({"y":"AAEC_w"})", R"("AAEC/w==")"},
      {R"({"e":"COLOR_RED"})", R"("COLOR_RED")"},
      {R"({"m":{"id":1,"inner":{"name":"x"}}})",
       R"({"id":1,"name":"","inner":{"id":0,"name":"x","inners":[]},"inners":[]})"},
      {R"({"i64s":[1,2,3]})", "[1,2,3]"},
      {R"({"ss":[]})", "[]"},
      {R"({"es":["COLOR_RED","COLOR_UNSPECIFIED"]})", R"(["COLOR_RED","COLOR_UNSPECIFIED"])"},
      {R"({"oi":0})", "0"},
      {R"({"oi":null})", "(absent)"},
      {R"({"cs":""})", R"("")"},
      {R"({"m":null})", "(absent)"},
      {R"({"i64":null})", "0"},
      {R"({"numbers":{"ndcg":0.5}})", R"({"ndcg":0.5})"},
      {R"({"inners":{"-5":{"id":7}}})", R"({"-5":{"id":7,"name":"","inners":[]}})"},
      {R"({"flags":{"true":"x"}})", R"({"true":"x"})"},
      {R"({"numbers":{"d":4,"b":2,"e":5,"a":1,"c":3}})", R"({"a":1,"b":2,"c":3,"d":4,"e":5})"},
      {R"({"inners":{"10":{},"9":{},"-1":{}}})",
       R"({"-1":{"id":0,"name":"","inners":[]},"9":{"id":0,"name":"","inners":[]},)"
       R"("10":{"id":0,"name":"","inners":[]}})"},
      {R"({"t":"2024-02-29T12:34:56Z"})", R"("2024-02-29T12:34:56Z")"},
      {R"({"t":"2024-02-29t12:34:56.5+02:00"})", R"("2024-02-29T10:34:56.500Z")"},
      {R"({"t":"1969-12-31T23:59:59.000001Z"})", R"("1969-12-31T23:59:59.000001Z")"},
      {R"({"t":"0001-01-01T00:00:00Z"})", R"("0001-01-01T00:00:00Z")"},
      {R"({"t":"9999-12-31T23:59:59.999999999Z"})", R"("9999-12-31T23:59:59.999999999Z")"},
      {R"({"dur":"-3.5s"})", R"("-3.500s")"},
      {R"({"mask":"title,genres"})", R"("title,genres")"},
      {" {\n\t\"s\" : \"x\" }\r\n", R"("x")"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(Field(text), expected) << text;
}

TEST_F(JsonTest, RefusesWithTheFieldsPath) {
  const std::pair<std::string, const char*> table[] = {
      {"", "malformed_json"},
      {"{", "malformed_json"},
      {"null", "wrong_type"},
      {"[]", "wrong_type"},
      {"\"x\"", "wrong_type"},
      {"{}x", "malformed_json"},
      {"{} {}", "malformed_json"},
      {R"({"s":"x",})", "malformed_json"},
      {R"({,"s":"x"})", "malformed_json"},
      {R"({"s" "x"})", "malformed_json"},
      {R"({s:"x"})", "malformed_json"},
      {R"({'s':"x"})", "malformed_json"},
      {R"({"s":"x" /* c */})", "malformed_json"},
      {R"({"i64s":[1,]})", "malformed_json"},
      {R"({"i64s":[1 2]})", "malformed_json"},
      {R"({"i64":01})", "malformed_json"},
      {R"({"i64":+1})", "malformed_json"},
      {R"({"d":1.})", "malformed_json"},
      {R"({"d":.5})", "malformed_json"},
      {R"({"d":1e})", "malformed_json"},
      {R"({"d":NaN})", "malformed_json"},
      {R"({"d":Infinity})", "malformed_json"},
      {R"({"d":"NaN"})", "wrong_type d"},
      {R"({"b":tru})", "wrong_type b"},
      {R"({"b":"true"})", "wrong_type b"},
      {R"({"b":1})", "wrong_type b"},
      {R"({"s":"abc)", "malformed_json"},
      {R"({"s":"\x"})", "malformed_json"},
      {R"({"s":"\ud83c"})", "malformed_json"},
      {R"({"s":"\udfac\ud83c"})", "malformed_json"},
      {R"({"s":"\u12"})", "malformed_json"},
      {R"({"s":"\u0000"})", "malformed_json"},
      {"{\"s\":\"a\nb\"}", "malformed_json"},
      {"{\"s\":\"\xFF\"}", "invalid_utf8"},
      {"{\"s\":\"\xC0\x80\"}", "invalid_utf8"},
      {"{\"s\xFF\":1}", "invalid_utf8"},
      {R"({"nope":1})", "unknown_field nope"},
      {R"({"i64S":1})", "unknown_field i64S"},
      {R"({"":1})", "unknown_field"},
      {R"({"m":{"nope":1}})", "unknown_field m.nope"},
      {R"({"ms":[{},{},{"inner":{"nope":1}}]})", "unknown_field ms[2].inner.nope"},
      {R"({"s":"a","s":"b"})", "duplicate_field s"},
      {R"({"m":{"id":1,"id":1}})", "duplicate_field m.id"},
      {R"({"numbers":{"a":1,"a":2}})", "duplicate_field numbers.a"},
      {R"({"i32":2147483648})", "number_out_of_range i32"},
      {R"({"i64":9223372036854775808})", "number_out_of_range i64"},
      {R"({"u32":-1})", "number_out_of_range u32"},
      {R"({"u64":18446744073709551616})", "number_out_of_range u64"},
      {R"({"f":1e39})", "number_out_of_range f"},
      {R"({"d":1e999})", "number_out_of_range d"},
      {R"({"i64":1.5})", "wrong_type i64"},
      {R"({"i64":15e-1})", "wrong_type i64"},
      {R"({"i64":0.1})", "wrong_type i64"},
      {R"({"i64":-0.05e1})", "wrong_type i64"},
      {R"({"i64":1e-2147483648})", "wrong_type i64"},
      {R"({"i64":1e99999999999})", "wrong_type i64"},
      {R"({"i64":1e21})", "wrong_type i64"},
      {R"({"i64":9223372036854775808.0})", "number_out_of_range i64"},
      {R"({"i32":1e10})", "number_out_of_range i32"},
      {R"({"i64":"1"})", "wrong_type i64"},
      {R"({"i64s":[1,"2"]})", "wrong_type i64s[1]"},
      {R"({"i64":""})", "wrong_type i64"},
      {R"({"i64":[1]})", "wrong_type i64"},
      {R"({"s":1})", "wrong_type s"},
      {R"({"s":{}})", "wrong_type s"},
      {R"({"y":"!!"})", "wrong_type y"},
      {R"({"y":"A"})", "wrong_type y"},
      {R"({"e":"COLOR_BLUE"})", "unknown_enum_value e"},
      {R"({"e":1})", "wrong_type e"},
      {R"({"es":["COLOR_RED","x"]})", "unknown_enum_value es[1]"},
      {R"({"m":[]})", "wrong_type m"},
      {R"({"m":"x"})", "wrong_type m"},
      {R"({"i64s":1})", "wrong_type i64s"},
      {R"({"i64s":[1,"x"]})", "wrong_type i64s[1]"},
      {R"({"i64s":[null]})", "wrong_type i64s[0]"},
      {R"({"ms":[{},{"id":"x"}]})", "wrong_type ms[1].id"},
      {R"({"numbers":{"a":"x"}})", "wrong_type numbers.a"},
      {R"({"inners":{"x":{}}})", "wrong_type inners.x"},
      {R"({"t":"2024-02-30T00:00:00Z"})", "invalid_timestamp t"},
      {R"({"t":"2024-01-01"})", "invalid_timestamp t"},
      {R"({"t":"2024-01-01T00:00:00"})", "invalid_timestamp t"},
      {R"({"t":"2024-01-01T24:00:00Z"})", "invalid_timestamp t"},
      {R"({"t":"2024-01-01T00:00:00.Z"})", "invalid_timestamp t"},
      {R"({"t":"0001-01-01T00:00:00+01:00"})", "invalid_timestamp t"},
      {R"({"t":1700000000})", "wrong_type t"},
      {R"({"ts":["2024-01-01T00:00:00Z","x"]})", "invalid_timestamp ts[1]"},
      {R"({"dur":"3"})", "invalid_duration dur"},
      {R"({"dur":"s"})", "invalid_duration dur"},
      {R"({"mask":"a,,b"})", "invalid_field_mask mask"},
  };
  for (const auto& [text, expected] : table) {
    auto message = New();
    EXPECT_EQ(Read(text, *message), expected) << text;
  }
}

TEST_F(JsonTest, BoundsDepthAndSize) {
  const auto nested = [](int depth) {
    std::string text = R"({"m":)";
    for (int i = 0; i < depth; ++i) text += R"({"inner":)";
    text += "{}";
    return text + std::string(static_cast<std::size_t>(depth), '}') + "}";
  };
  auto message = New();
  EXPECT_EQ(Read(nested(20), *message), "");
  message = New();
  EXPECT_TRUE(Read(nested(40), *message).starts_with("body_too_complex"));
  message = New();
  EXPECT_TRUE(Read(nested(100'000), *message).starts_with("body_too_complex"));
  message = New();
  EXPECT_TRUE(Read("{\"s\":" + std::string(100'000, '['), *message).starts_with("wrong_type"));
  std::string many = R"({"i64s":[0)";
  for (int i = 0; i < 100'001; ++i) many += ",0";
  message = New();
  EXPECT_EQ(Read(many + "]}", *message), "body_too_complex i64s[100000]");
}

TEST_F(JsonTest, TellsTheOutermostKeys) {
  auto message = New();
  std::vector<std::string> keys;
  ASSERT_TRUE(ReadJson(R"({"s":"x","m":{"id":1},"i64":null})", *message, plan_, &keys).ok());
  EXPECT_EQ(keys, (std::vector<std::string>{"s", "m", "i64"}));
  keys.clear();
  ASSERT_TRUE(
      ReadJsonField(R"({"id":1,"inner":{"name":"x"}})", *message, *plan_.Find("m"), &keys).ok());
  EXPECT_EQ(keys, (std::vector<std::string>{"id", "inner"}));
  const Status status = ReadJsonField(R"({"nope":1})", *message, *plan_.Find("m"));
  EXPECT_EQ(status.error().field, "m.nope");
}

TEST_F(JsonTest, NeverWritesWhatJsonLacks) {
  auto message = New();
  const auto* r = plan_.reflection;
  r->SetDouble(message.get(), plan_.Find("d")->field, std::numeric_limits<double>::quiet_NaN());
  r->SetFloat(message.get(), plan_.Find("f")->field, -std::numeric_limits<float>::infinity());
  r->SetString(message.get(), plan_.Find("y")->field, std::string("\0\xFF", 2));
  const auto json = nlohmann::json::parse(Write(*message));
  EXPECT_TRUE(json["d"].is_null());
  EXPECT_TRUE(json["f"].is_null());
  std::string text;
  AppendJsonString(
      "a\x01\x7F\xFF"
      "b\xC3(\xE2\x82\"",
      text);
  EXPECT_EQ(nlohmann::json::parse(text).get<std::string>(),
            "a\x01\x7F\xEF\xBF\xBD"
            "b\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

// --- against protobuf's own
// -------------------------------------------------------------------------------------

std::string RandomText(std::mt19937& random) {
  static const char* kPieces[] = {"a", "Toy Story", "é",    "\U0001F3AC", "\"", "\\",
                                  "/", "\n",        "\x01", "<b>",        "0",  "€"};
  std::string out;
  for (auto n = random() % 4; n > 0; --n) out += kPieces[random() % std::size(kPieces)];
  return out;
}

void FillRandomly(pb::Message& message, const MessagePlan& plan, std::mt19937& random, int depth) {
  const pb::Reflection& r = *message.GetReflection();
  if (plan.well_known == WellKnown::kTimestamp || plan.well_known == WellKnown::kDuration) {
    const auto seconds =
        static_cast<std::int64_t>(random()) - (plan.well_known == WellKnown::kTimestamp ? 0 : 0);
    r.SetInt64(&message, message.GetDescriptor()->FindFieldByNumber(1), seconds);
    r.SetInt32(&message, message.GetDescriptor()->FindFieldByNumber(2),
               static_cast<std::int32_t>(random() % 1000) * (random() % 2 ? 1'000'000 : 1));
    return;
  }
  if (plan.well_known == WellKnown::kFieldMask) {
    r.AddString(&message, message.GetDescriptor()->FindFieldByNumber(1), "title");
    return;
  }
  for (const FieldPlan& field : plan.fields) {
    if (random() % 3 == 0 || (depth > 3 && field.kind == Kind::kMessage)) continue;
    const int times = field.map ? 1 : field.repeated ? static_cast<int>(random() % 4) : 1;
    for (int i = 0; i < times; ++i) {
      const auto bits = (static_cast<std::uint64_t>(random()) << 32 | random()) >> (random() % 64);
#define PUT(Type, value)                                       \
  field.repeated ? r.Add##Type(&message, field.field, (value)) \
                 : r.Set##Type(&message, field.field, (value))
      switch (field.kind) {
        case Kind::kBool: PUT(Bool, bits % 2 == 0); break;
        case Kind::kInt32: PUT(Int32, static_cast<std::int32_t>(bits)); break;
        case Kind::kInt64: PUT(Int64, static_cast<std::int64_t>(bits)); break;
        case Kind::kUint32: PUT(UInt32, static_cast<std::uint32_t>(bits)); break;
        case Kind::kUint64: PUT(UInt64, bits); break;
        case Kind::kFloat:
          PUT(Float, static_cast<float>(static_cast<std::int64_t>(bits)) / 1000.0F);
          break;
        case Kind::kDouble:
          PUT(Double, static_cast<double>(static_cast<std::int64_t>(bits)) / 1000.0);
          break;
        case Kind::kString: PUT(String, RandomText(random)); break;
        case Kind::kBytes: PUT(String, std::string("\0\x01\xFF", random() % 4)); break;
        case Kind::kEnum: {
          const auto* type = field.field->enum_type();
          PUT(Enum,
              type->value(static_cast<int>(random() % static_cast<unsigned>(type->value_count()))));
          break;
        }
        case Kind::kMessage:
          if (field.message == nullptr) break;
          FillRandomly(field.repeated ? *r.AddMessage(&message, field.field)
                                      : *r.MutableMessage(&message, field.field),
                       *field.message, random, depth + 1);
          break;
      }
#undef PUT
    }
  }
}

// protobuf writes int64 as strings, and floats with as many digits: brought to one form.
void Normalize(nlohmann::json& json, const MessagePlan& plan);

void NormalizeValue(nlohmann::json& value, const FieldPlan& field) {
  if ((field.kind == Kind::kInt64 || field.kind == Kind::kUint64) && value.is_number())
    value = value.dump();
  if (field.kind == Kind::kFloat && value.is_number())
    value = static_cast<double>(value.get<float>());
  if (field.kind == Kind::kDouble && value.is_number()) value = value.get<double>();
  if (field.kind == Kind::kMessage && value.is_object()) Normalize(value, *field.message);
}

void Normalize(nlohmann::json& json, const MessagePlan& plan) {
  for (const FieldPlan& field : plan.fields) {
    const auto it = json.find(field.name);
    if (it == json.end()) continue;
    if (field.map) {
      for (auto& entry : *it) NormalizeValue(entry, field.message->fields[1]);
    } else if (field.repeated) {
      for (auto& element : *it) NormalizeValue(element, field);
    } else {
      NormalizeValue(*it, field);
    }
  }
}

void CheckAgainstProtobuf(const MessagePlan& plan, std::mt19937& random) {
  const std::unique_ptr<pb::Message> message(plan.New(nullptr));
  FillRandomly(*message, plan, random, 0);
  std::string ours;
  AppendJson(*message, plan, ours);

  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string theirs;
  ASSERT_TRUE(pb::util::MessageToJsonString(*message, &theirs, options).ok());
  auto left = nlohmann::json::parse(ours);
  auto right = nlohmann::json::parse(theirs);
  // What goes as a header is in no body.
  for (auto it = right.begin(); it != right.end();)
    it = plan.Find(it.key()) == nullptr ? right.erase(it) : std::next(it);
  Normalize(left, plan);
  Normalize(right, plan);
  ASSERT_EQ(left, right) << ours << "\n" << theirs;

  const std::unique_ptr<pb::Message> again(plan.New(nullptr));
  const Status status = ReadJson(ours, *again, plan);
  ASSERT_TRUE(status.ok()) << status.error().ToString() << "\n" << ours;
  ASSERT_TRUE(pb::util::MessageDifferencer::Equals(*message, *again)) << ours;
}

TEST_F(JsonTest, AgreesWithProtobufOnEveryKind) {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) CheckAgainstProtobuf(plan_, random);
}

TEST(Json, AgreesWithProtobufOnEveryMessageOfOurs) {
  const auto contract = Contract::Load();
  ASSERT_TRUE(contract.ok());
  const auto api = Api::Build(contract->services(), *pb::MessageFactory::generated_factory());
  ASSERT_TRUE(api.ok()) << api.error().ToString();
  std::mt19937 random(2);
  for (const Rpc& rpc : api->rpcs()) {
    for (const MessagePlan* plan : {rpc.request, rpc.response}) {
      // What goes by headers and cookies is in no JSON of ours, and in all of protobuf's.
      if (plan->fields.size() != static_cast<std::size_t>(plan->descriptor->field_count()))
        continue;
      bool has_http_body = false;  // never written as JSON
      for (const FieldPlan& field : plan->fields) {
        has_http_body |=
            field.message != nullptr && field.message->well_known == WellKnown::kHttpBody;
      }
      for (int i = 0; i < 50 && !has_http_body; ++i) CheckAgainstProtobuf(*plan, random);
    }
  }
}

// --- bytes that nobody sane sends
// -------------------------------------------------------------------------------

TEST_F(JsonTest, SurvivesRandomBytes) {
  std::mt19937 random(3);
  static constexpr char kAlphabet[] =
      "{}[]\",:\\0123456789.-+eEtruefalsn u\"\"\"{{sbimdft_643 \x80\xC3\xFF\n";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 60; n > 0; --n) {
      text += random() % 8 == 0 ? static_cast<char>(random())
                                : kAlphabet[random() % (sizeof kAlphabet - 1)];
    }
    auto message = New();
    // What it takes must be JSON to another reader, too.
    if (Read(text, *message).empty()) {
      EXPECT_TRUE(nlohmann::json::accept(text)) << text;
    }
  }
}

TEST_F(JsonTest, SurvivesDamagedDocuments) {
  const std::string good =
      R"({"b":true,"i64":9007199254740993,"d":-1.5e-3,"s":"\u00e9\n","ms":[{"id":1,"inner":{"name":"x"}},{}],)"
      R"("numbers":{"a":1},"t":"2024-01-01T00:00:00Z","y":"AAEC","e":"COLOR_RED"})";
  std::mt19937 random(4);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (auto n = 1 + random() % 3; n > 0; --n) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, 1 + random() % 5); break;
        case 2: text.insert(at, 1, text[random() % text.size()]); break;
        default: text.resize(at); break;
      }
      if (text.empty()) break;
    }
    auto message = New();
    if (Read(text, *message).empty()) {
      EXPECT_TRUE(nlohmann::json::accept(text)) << text;
    }
  }
}

}  // namespace
}  // namespace marquee::gateway
