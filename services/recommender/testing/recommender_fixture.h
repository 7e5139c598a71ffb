// The use cases over small models, a catalogue, and one person's ratings.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "recommender/app/recommender.h"
#include "recommender/testing/fixtures.h"

namespace marquee::recommender::testing_ {

class RecommenderTest : public testing::Test {
 protected:
  RecommenderTest()
      : store_({}, SystemClock()),
        source_([this](const CallContext&) -> Result<StoredHistory> {
          if (ratings_down_) return Error::Unavailable("ratings_down", "down");
          if (signed_out_) return Error::Unauthenticated("session_ended", "ended");
          return StoredHistory{.position = {0, 0, 0}, .ratings = history_};
        }),
        histories_(store_, source_, log_, {}, SystemClock(), metrics_),
        recommender_(serving_, histories_, SystemClock(), metrics_) {}

  static CallContext Asking() { return CallOf(7); }
  void InstallAll() {
    serving_.Install("ranking", MakeRanking(3, Ids(1, 60), 1));
    serving_.Install("rating", MakeRating(5, Ids(1, 60), 1));
    serving_.Install(MakeCatalogue(Ids(1, 70)));
  }
  static std::vector<std::int64_t> Movies(const RecommendationList& list) {
    std::vector<std::int64_t> ids;
    for (const auto& movie : list.movies) ids.push_back(list.serving->catalogue()->Id(movie.row));
    return ids;
  }

  metrics::Metrics metrics_;
  ServingHolder serving_;
  HistoryStore store_;
  FakeLog log_;
  std::vector<Rated> history_ = {{1, 5.0F}, {2, 4.0F}, {3, 3.5F}, {4, 1.0F}, {65, 5.0F}};
  bool ratings_down_ = false;
  bool signed_out_ = false;
  FakeSource source_;
  Histories histories_;
  Recommender recommender_;
};

}  // namespace marquee::recommender::testing_
