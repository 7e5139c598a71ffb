#include "rating-ingest/consume/writer_steps.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace marquee::rating_ingest {
namespace {

constexpr std::chrono::seconds kDeadLetterTimeout{10};

// What was applied, and how fresh it was. The consumer's thread's.
class AppliedRatings {
 public:
  explicit AppliedRatings(metrics::Metrics& metrics)
      : freshness_(metrics.AddHistogram(
            "marquee_rating_ingest_freshness_seconds",
            "From a person's rating to its commit in PostgreSQL; imports aside", {},
            {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1'800})) {
    for (int half_stars = 1; half_stars <= kHalfStars; ++half_stars) {
      ratings_.push_back(metrics.AddCounter(
          "marquee_rating_ingest_applied_ratings_total",
          "Ratings that were applied, by value; repetitions included",
          {{"value", std::to_string(half_stars / 2) + (half_stars % 2 == 0 ? ".0" : ".5")}}));
    }
  }

  void Committed(std::span<const ratings::RatingChange> changes, Time now) {
    std::array<std::int64_t, kHalfStars> counts{};
    const auto now_us =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    for (const auto& change : changes) {
      // An event's value was checked when it was decoded: 0.5 to 5.0.
      if (change.value) ++counts[static_cast<std::size_t>(*change.value * 2) - 1];
      if (change.source == ratings::Source::kLive) {
        freshness_.Observe(
            std::max(0.0, static_cast<double>(now_us - change.occurred_at_us) / 1e6));
      }
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] > 0) ratings_[i].Increment(static_cast<double>(counts[i]));
    }
  }

 private:
  static constexpr int kHalfStars = 10;
  metrics::Histogram freshness_;
  std::vector<metrics::Counter> ratings_;
};

}  // namespace

ratings::RatingSteps WriterSteps(BatchSteps steps, const ratings::RatingConsumerConfig& config,
                                 kafka::Producer& dead_letters, AppliedPositions& applied,
                                 metrics::Metrics& metrics) {
  return {
      .apply = erasures::LeavingOutErased(std::move(steps.apply), metrics, config.service),
      .dead_letters = ratings::KafkaDeadLetters(dead_letters, config.service, config.consumer.topic,
                                                SystemClock(), kDeadLetterTimeout),
      .record_dead_letters = std::move(steps.count_dead_letters),
      .committed = [&applied, values = std::make_shared<AppliedRatings>(metrics)](
                       const ratings::StoredPositions& stored,
                       std::span<const ratings::RatingChange> changes) {
        applied.Advance(stored);
        values->Committed(changes, SystemClock().Now());
      }};
}

}  // namespace marquee::rating_ingest
