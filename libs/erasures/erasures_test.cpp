#include <gtest/gtest.h>

#include <limits>

#include "erasures/erasure_consumer.h"
#include "marquee/events/v1/events.pb.h"

namespace marquee::erasures {
namespace {

const Time kThen{std::chrono::microseconds{1'700'000'000'123'456}};

TEST(ErasureEvents, ComeBackAsTheyWere) {
  const Erasure erasure{1'000'000'007, std::string(64, 'e'), kThen};
  const auto told = ToMessage(erasure);
  EXPECT_EQ(told.topic, "marquee.erasures.v1");
  EXPECT_EQ(told.key, "1000000007");
  EXPECT_EQ(*DecodeErasure(told.value), erasure);

  const Receipt receipt{1'000'000'007, "rating-ingest", kThen};
  const auto confirmed = ToMessage(receipt);
  EXPECT_EQ(confirmed.topic, "marquee.erasure-receipts.v1");
  EXPECT_EQ(confirmed.key, "1000000007");
  EXPECT_EQ(*DecodeReceipt(confirmed.value), receipt);
}

TEST(ErasureEvents, RefuseWhatNoneCanBe) {
  for (const Erasure& wrong :
       {Erasure{0, "e", kThen}, Erasure{7, "", kThen}, Erasure{7, std::string(65, 'e'), kThen},
        Erasure{7, "e", Time{std::chrono::seconds{-1}}}}) {
    EXPECT_EQ(DecodeErasure(ToMessage(wrong).value).error().reason, "undecodable");
  }
  for (const Receipt& wrong : {Receipt{-1, "reviews", kThen}, Receipt{7, "", kThen},
                               Receipt{7, std::string(33, 's'), kThen},
                               Receipt{7, "reviews", Time{std::chrono::seconds{-1}}}}) {
    EXPECT_EQ(DecodeReceipt(ToMessage(wrong).value).error().reason, "undecodable");
  }
  events::v1::PersonErased far;
  far.set_user_id(7);
  far.set_erasure_id("e");
  far.mutable_requested_at()->set_seconds(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(DecodeErasure(far.SerializeAsString()).error().reason, "undecodable");
  EXPECT_EQ(DecodeErasure("\xFF nonsense").error().reason, "undecodable");
  EXPECT_EQ(DecodeReceipt("\xFF nonsense").error().reason, "undecodable");
}

TEST(MetricName, HasNoHyphen) { EXPECT_EQ(MetricName("rating-ingest"), "rating_ingest"); }

}  // namespace
}  // namespace marquee::erasures
