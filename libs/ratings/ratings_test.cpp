#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "marquee/events/v1/events.pb.h"
#include "marquee/ratings/v1/ratings.pb.h"
#include "marquee/recommender/v1/recommender.pb.h"
#include "ratings/rating_consumer.h"
#include "ratings/rating_events.h"
#include "ratings/rating_rule.h"
#include "ratings/testing.h"
#include "rpc/service.h"
#include "rules/rating.h"

namespace marquee::ratings {
namespace {

RatingChange Live(std::optional<float> value, std::int64_t at = 1'000) {
  return {.event_id = TestEventId(1, "k"),
          .user_id = 1,
          .movie_id = 2,
          .value = value,
          .occurred_at_us = at,
          .source = Source::kLive};
}
RatingChange Import(std::optional<float> value, std::int64_t at = 1'000) {
  auto change = Live(value, at);
  change.source = Source::kImport;
  return change;
}

// The state after a sequence, and how many of it applied.
std::optional<RatingState> After(std::initializer_list<RatingChange> changes) {
  std::optional<RatingState> state;
  for (const auto& change : changes) {
    if (auto next = Apply(state, change)) state = next;
  }
  return state;
}

TEST(RatingRule, LiveEventsApplyInOrderWhateverTheirClocks) {
  const auto state = After({Live(3.0F, 9'000), Live(4.0F, 1'000)});
  EXPECT_EQ(state->value, 4.0F);
  EXPECT_EQ(state->rated_at_us, 1'000);
  EXPECT_EQ(state->revision, 2);
  EXPECT_EQ(After({Live(3.0F), Live(3.0F)})->revision, 2);
}

TEST(RatingRule, ImportsFillInAndReplaceImportsOnly) {
  EXPECT_EQ(After({Import(3.0F)})->value, 3.0F);
  EXPECT_EQ(After({Import(3.0F), Import(4.0F)})->value, 4.0F);
  EXPECT_EQ(After({Live(3.0F), Import(4.0F)})->value, 3.0F);
  EXPECT_EQ(After({Import(3.0F), Live(5.0F), Import(4.0F)})->value, 5.0F);
}

TEST(RatingRule, AnIdenticalImportChangesNothing) {
  EXPECT_EQ(After({Import(3.0F), Import(3.0F)})->revision, 1);
  EXPECT_EQ(After({Import(3.0F), Import(3.0F, 2'000)})->revision, 2);
}

TEST(RatingRule, AnImportNeverUndoesARetraction) {
  const auto state = After({Import(3.0F), Live(std::nullopt), Import(3.0F)});
  EXPECT_EQ(state->value, std::nullopt);
  EXPECT_EQ(state->revision, 2);
  EXPECT_EQ(After({Live(std::nullopt), Live(2.0F)})->value, 2.0F);
}

TEST(EventId, IsTheSameForTheSameThingOnly) {
  EXPECT_EQ(ImportEventId(1, 2, 3.5F, 4), ImportEventId(1, 2, 3.5F, 4));
  EXPECT_NE(ImportEventId(1, 2, 3.5F, 4), ImportEventId(1, 2, 3.0F, 4));
  EXPECT_NE(ImportEventId(12, 3, 3.5F, 4), ImportEventId(1, 23, 3.5F, 4));
}

TEST(RatingValue, IsTheSameByTheContractAndByTheRule) {
  // The contract refuses a person's rating, the rule an import's and an event's: there is one of
  // both.
  for (float value = -1; value <= 6; value += 1.0F / 32) {
    marquee::ratings::v1::PutRatingRequest put;
    put.set_movie_id(1);
    put.set_value(value);
    EXPECT_EQ(rpc::Validate(put).ok(), rules::IsRatingValue(value)) << value;
    recommender::v1::RecommendForRatingsRequest list;
    auto& rating = *list.add_ratings();
    rating.set_movie_id(1);
    rating.set_value(value);
    EXPECT_EQ(rpc::Validate(list).ok(), rules::IsRatingValue(value)) << value;
  }
  for (const float value : {std::nanf(""), HUGE_VALF, -HUGE_VALF, std::nextafterf(5, 6)}) {
    marquee::ratings::v1::PutRatingRequest put;
    put.set_movie_id(1);
    put.set_value(value);
    EXPECT_FALSE(rpc::Validate(put).ok() || rules::IsRatingValue(value)) << value;
  }
}

TEST(RatingEvents, ReadWhatTheyWrote) {
  for (const auto& change :
       {Live(4.5F, 1'700'000'000'123'456), Import(0.5F, -1), Live(std::nullopt, 0)}) {
    std::string bytes;
    EncodeRating(change, bytes);
    const auto back = DecodeRating("1", bytes);
    ASSERT_TRUE(back.ok()) << back.error().ToString();
    EXPECT_EQ(back->event_id, change.event_id);
    EXPECT_EQ(back->value, change.value);
    EXPECT_EQ(back->occurred_at_us, change.occurred_at_us);
    EXPECT_EQ(back->source, change.source);
  }
}

TEST(RatingEvents, NameWhatIsWrong) {
  const auto reason = [](auto change, const char* key = "1") {
    events::v1::RatingEvent event;
    std::string bytes;
    EncodeRating(Live(4.0F), bytes);
    event.ParseFromString(bytes);
    change(event);
    const auto decoded = DecodeRating(key, event.SerializeAsString());
    return decoded.ok() ? std::string("ok") : decoded.error().reason;
  };
  EXPECT_EQ(reason([](auto&) {}), "ok");
  EXPECT_EQ(reason([](auto&) {}, "2"), "key_mismatch");
  EXPECT_EQ(reason([](auto& event) { event.set_event_id("short"); }), "event_id_invalid");
  EXPECT_EQ(reason([](auto& event) { event.set_user_id(0); }), "user_id_invalid");
  EXPECT_EQ(reason([](auto& event) { event.set_movie_id(-1); }), "movie_id_invalid");
  EXPECT_EQ(reason([](auto& event) { event.set_value(5.5F); }), "rating_out_of_range");
  EXPECT_EQ(reason([](auto& event) { event.clear_change(); }), "change_missing");
  EXPECT_EQ(reason([](auto& event) { event.set_retracted(false); }), "change_missing");
  EXPECT_EQ(reason([](auto& event) { event.clear_occurred_at(); }), "time_out_of_range");
  EXPECT_EQ(reason([](auto& event) { event.mutable_occurred_at()->set_seconds(INT64_MAX); }),
            "time_out_of_range");
  EXPECT_EQ(reason([](auto& event) { event.clear_source(); }), "source_unknown");
  EXPECT_EQ(DecodeRating("1", "\xff\xff not proto").error().reason, "undecodable");
}

TEST(LongestKept, IsTheRetentionAndTheSegmentThatAnEventLiesIn) {
  using std::chrono::hours;
  const auto kept = [](const char* policy, const char* retention, const char* segment) {
    return LongestKept(
        {{"cleanup.policy", policy}, {"retention.ms", retention}, {"segment.ms", segment}});
  };
  EXPECT_EQ(kept("delete", "2592000000", "604800000"), hours(24 * (30 + 7 + 1)));
  EXPECT_EQ(kept("delete", "1", "1"), hours(25));
  EXPECT_EQ(kept("compact", "2592000000", "604800000"), hours::max());
  EXPECT_EQ(kept("delete", "-1", "604800000"), hours::max());
  EXPECT_EQ(kept("delete", "9223372036854775807", "604800000"), hours::max());
  EXPECT_EQ(LongestKept({}), hours::max());
}

}  // namespace
}  // namespace marquee::ratings
