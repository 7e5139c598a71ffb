// JSON to a message with every kind of field, and back.
#include <google/protobuf/message.h>

#include <memory>

#include "fuzz/must.h"
#include "gateway/testing/test_protos.h"
#include "gateway/transcode/json_reader.h"
#include "gateway/transcode/json_writer.h"

using namespace marquee::gateway;  // NOLINT(google-build-using-namespace): a program of its own

namespace {

struct Everything {
  testing::TestProtos protos{R"(
    enum Mood { MOOD_UNSPECIFIED = 0; MOOD_FINE = 1; MOOD_BAD = 2; }
    message All {
      bool a_bool = 1; int32 an_int32 = 2; int64 an_int64 = 3; uint32 a_uint32 = 4; uint64 a_uint64 = 5;
      float a_float = 6; double a_double = 7; string a_string = 8; bytes some_bytes = 9; Mood mood = 10;
      All inner = 11; repeated All many = 12; repeated int64 numbers = 13; repeated string words = 14;
      map<string, int64> by_name = 15; map<int32, All> by_number = 16;
      google.protobuf.Timestamp at = 17; google.protobuf.Duration lasts = 18; google.protobuf.FieldMask mask = 19;
      optional int32 perhaps = 20; oneof choice { string one = 21; int32 other = 22; } repeated Mood moods = 23;
    })"};
  PlanSet plans{protos.factory()};
  const MessagePlan& plan = **plans.Add(protos.Type("All"));
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Everything everything;
  const auto& plan = everything.plan;
  const std::unique_ptr<google::protobuf::Message> message(plan.New(nullptr));
  if (!ReadJson(TextOf(data, size), *message, plan).ok()) return 0;
  std::string first;
  AppendJson(*message, plan, first);
  const std::unique_ptr<google::protobuf::Message> again(plan.New(nullptr));
  MUST(ReadJson(first, *again, plan).ok());
  std::string second;
  AppendJson(*again, plan, second);
  MUST(first == second);
  return 0;
}
