#include "recommender/domain/history_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace marquee::recommender {
namespace {

using ratings::RatingChange;
using ratings::RatingState;
using ratings::Source;
using Outcome = HistoryStore::Outcome;
using Ratings = std::vector<Rated>;

RatingChange Live(std::int64_t user, std::int64_t movie, std::optional<float> value) {
  return {.event_id = Uuid::V7(SystemClock().Now()),
          .user_id = user,
          .movie_id = movie,
          .value = value,
          .occurred_at_us = 1,
          .source = Source::kLive};
}

RatingChange Import(std::int64_t user, std::int64_t movie, float value) {
  RatingChange change = Live(user, movie, value);
  change.source = Source::kImport;
  return change;
}

class HistoryStoreTest : public testing::Test {
 protected:
  HistoryStore Make(std::size_t max_bytes = 1 << 20, std::size_t events_kept = 100) {
    return HistoryStore(
        {.max_bytes = max_bytes, .events_kept = events_kept, .max_age = std::chrono::hours{1}},
        clock_);
  }
  ManualClock clock_;
};

TEST_F(HistoryStoreTest, AppliesWhatComesAfterTheFillOnce) {
  auto store = Make();
  store.Follow({0, 10, 0});
  const auto before = Live(7, 1, 3.0F);
  store.Apply({0, 10 + 1, 0}, &before);  // the database has it: next_offset below is 11
  const auto after = Live(7, 2, 4.0F);
  store.Apply({0, 11 + 1, 0}, &after);  // the database doesn't
  const auto filled = store.Fill(7, {.position = {0, 11, 0}, .ratings = {{1, 3.0F}}});
  EXPECT_EQ(filled.outcome, Outcome::kKept);
  EXPECT_EQ(filled.ratings, (Ratings{{1, 3.0F}, {2, 4.0F}}));
  const auto again = Live(7, 1, std::nullopt);
  store.Apply({0, 12 + 1, 0}, &again);
  EXPECT_EQ(store.Find(7), (Ratings{{2, 4.0F}}));
}

TEST_F(HistoryStoreTest, ForgetsTheErasedForGood) {
  auto store = Make();
  store.Follow({0, 10, 0});
  const auto kept = Live(7, 1, 3.0F);
  store.Apply({0, 11, 0}, &kept);
  ASSERT_EQ(store.Fill(7, {.position = {0, 10, 0}}).ratings, (Ratings{{1, 3.0F}}));
  ASSERT_EQ(store.Fill(8, {.position = {0, 10, 0}, .ratings = {{1, 2.0F}}}).outcome,
            Outcome::kKept);
  store.Erase(7);
  EXPECT_EQ(store.Find(7), std::nullopt);
  EXPECT_EQ(store.Find(8), (Ratings{{1, 2.0F}}));
  EXPECT_EQ(store.stats().users, 1U);
  const auto in_flight = Live(7, 2, 4.0F);
  store.Apply({0, 12, 0}, &in_flight);
  store.Apply({0, 13, 0}, &kept);  // said again
  // Neither from the kept events nor from a database that hasn't heard yet.
  EXPECT_EQ(store.Fill(7, {.position = {0, 10, 0}, .ratings = {{3, 1.0F}}}).ratings, Ratings{});
  EXPECT_EQ(store.Find(7), std::nullopt);
  EXPECT_EQ(store.stats().users, 1U);
}

TEST_F(HistoryStoreTest, RemembersTheLatestOfTheErased) {
  HistoryStore store({.max_erased = 2}, clock_);
  for (const std::int64_t user : {7, 8, 9}) store.Erase(user);
  EXPECT_EQ(store.stats().erased, 2U);
  store.Follow({0, 0, 0});
  EXPECT_EQ(store.Fill(9, {.ratings = {{1, 2.0F}}}).ratings, Ratings{});
}

TEST_F(HistoryStoreTest, KeepsWhatWasRatedTooLongAgoToCount) {
  auto store = Make();
  store.Follow({0, 10, 0});
  const auto filled =
      store.Fill(7, {.position = {0, 10, 0}, .ratings = {{3, 4.0F}, {1, 0}, {2, 0}, {4, 0}}});
  EXPECT_EQ(filled.outcome, Outcome::kKept);
  EXPECT_EQ(filled.ratings, (Ratings{{1, 0}, {2, 0}, {3, 4.0F}, {4, 0}}));
  const auto again = Live(7, 1, 2.5F);
  store.Apply({0, 10 + 1, 0}, &again);
  const auto back = Live(7, 2, std::nullopt);
  store.Apply({0, 11 + 1, 0}, &back);
  const auto imported = Import(7, 4, 5.0F);  // rated before and after
  store.Apply({0, 12 + 1, 0}, &imported);
  EXPECT_EQ(store.Find(7), (Ratings{{1, 2.5F}, {3, 4.0F}, {4, 0}}));
}

TEST_F(HistoryStoreTest, LeavesOutEventsThatTheDatabaseAlreadyHas) {
  auto store = Make();
  store.Follow({0, 5, 0});
  // The database is ahead of us: it has seen the rating being given (5) and taken back (6).
  store.Fill(7, {.position = {0, 7, 0}, .ratings = {}});
  const auto given = Live(7, 1, 3.0F);
  store.Apply({0, 5 + 1, 0}, &given);
  EXPECT_EQ(store.Find(7), Ratings{});
}

TEST_F(HistoryStoreTest, KnowsALogByItsRecords) {
  auto store = Make(1 << 20, 2);
  store.Follow({0, 5, 105});
  EXPECT_EQ(store.Fill(7, {.position = {0, 5, 105}}).outcome, Outcome::kKept);
  EXPECT_EQ(store.Fill(7, {.position = {0, 5, 0}}).outcome, Outcome::kKept) << "not known: trusted";
  EXPECT_EQ(store.Fill(7, {.position = {0, 5, 999}}).outcome, Outcome::kOtherLog);
  EXPECT_EQ(store.Fill(7, {.position = {0, 6, 106}}).outcome, Outcome::kAhead);
  for (int offset = 5; offset < 9; ++offset) {
    const auto change = Live(8, offset, 3.0F);
    store.Apply({0, offset + 1, static_cast<std::uint64_t>(100 + offset + 1)}, &change);
  }
  for (std::int64_t next = 7; next <= 9; ++next) {
    const auto right = static_cast<std::uint64_t>(100 + next);
    EXPECT_EQ(store.Fill(7, {.position = {0, next, right}}).outcome, Outcome::kKept) << next;
    EXPECT_EQ(store.Fill(7, {.position = {0, next, 999}}).outcome, Outcome::kOtherLog) << next;
  }
  const auto behind = store.Fill(7, {.position = {0, 6, 106}});
  EXPECT_EQ(behind.outcome, Outcome::kBehind);
  EXPECT_EQ(behind.needed, (LogPosition{0, 7, 107}));
}

TEST_F(HistoryStoreTest, AnotherLogDropsThePartitionsUsersOnlyAndCountsFromItsBeginning) {
  auto store = Make();
  store.Follow({0, 100, 1});
  store.Follow({1, 0, 0});
  store.Fill(7, {.position = {0, 100, 1}, .ratings = {{1, 3.0F}}});
  store.Fill(8, {.position = {1, 0, 0}, .ratings = {{1, 3.0F}}});
  store.FollowAnother({0, 0, 0});
  EXPECT_EQ(store.Find(7), std::nullopt);
  EXPECT_NE(store.Find(8), std::nullopt);
  store.Fill(7, {.position = {0, 0, 0}, .ratings = {{1, 3.0F}}});
  const auto change = Live(7, 2, 4.0F);
  store.Apply({0, 1, 9}, &change);
  EXPECT_EQ(store.Find(7), (Ratings{{1, 3.0F}, {2, 4.0F}}));
  EXPECT_EQ(store.stats().other_logs, 1);
  EXPECT_EQ(store.stats().gaps, 0);
}

// The topic has more partitions than it had, and the user's events go on in another one.
TEST_F(HistoryStoreTest, DropsAHistoryWhoseEventsComeInAnotherPartition) {
  auto store = Make();
  store.Follow({0, 100, 0});
  store.Follow({1, 0, 0});
  store.Fill(7, {.position = {0, 100, 0}, .ratings = {{1, 3.0F}}});
  const auto change = Live(7, 2, 4.0F);
  store.Apply({1, 1, 0}, &change);
  EXPECT_EQ(store.Find(7), std::nullopt);
}

TEST_F(HistoryStoreTest, DoesNotKeepWhatItCannotFollow) {
  auto store = Make();
  const auto filled = store.Fill(7, {.position = {0, 3, 0}, .ratings = {{1, 3.0F}}});
  EXPECT_EQ(filled.outcome, Outcome::kNotFollowed);
  EXPECT_EQ(filled.ratings, (Ratings{{1, 3.0F}}));
  EXPECT_EQ(store.Find(7), std::nullopt);
}

TEST_F(HistoryStoreTest, AsksAgainWhenEventsBetweenAreGone) {
  auto store = Make(1 << 20, 2);
  store.Follow({0, 0, 0});
  for (int offset = 0; offset < 5; ++offset) {
    const auto change = Live(7, offset + 1, 3.0F);
    store.Apply({0, offset + 1, 0}, &change);
  }
  const auto behind = store.Fill(7, {.position = {0, 1, 0}, .ratings = {{1, 3.0F}}});
  EXPECT_EQ(behind.outcome, Outcome::kBehind);
  EXPECT_EQ(behind.needed.next_offset, 3);
  EXPECT_EQ(behind.ratings, (Ratings{{1, 3.0F}, {4, 3.0F}, {5, 3.0F}}));  // the best that is known
  EXPECT_EQ(store.Find(7), std::nullopt);
}

TEST_F(HistoryStoreTest, AGapDropsThePartitionsUsersOnly) {
  auto store = Make();
  store.Follow({0, 0, 0});
  store.Follow({1, 0, 0});
  store.Fill(7, {.position = {0, 0, 0}, .ratings = {{1, 3.0F}}});
  store.Fill(8, {.position = {1, 0, 0}, .ratings = {{1, 3.0F}}});
  const auto change = Live(9, 1, 3.0F);
  store.Apply({0, 4 + 1, 0}, &change);  // 0 to 3 were lost
  EXPECT_EQ(store.Find(7), std::nullopt);
  EXPECT_NE(store.Find(8), std::nullopt);
  EXPECT_EQ(store.stats().gaps, 1);
  // A fill from before the gap must not hide it.
  EXPECT_EQ(store.Fill(7, {.position = {0, 2, 0}, .ratings = {}}).outcome, Outcome::kBehind);
}

TEST_F(HistoryStoreTest, RepetitionsOfAnEventChangeNothing) {
  auto store = Make();
  store.Follow({0, 0, 0});
  store.Fill(7, {.position = {0, 0, 0}, .ratings = {}});
  const auto first = Live(7, 1, 5.0F);
  const auto second = Live(7, 1, 2.0F);
  store.Apply({0, 0 + 1, 0}, &first);
  store.Apply({0, 1 + 1, 0}, &second);
  store.Apply({0, 2 + 1, 0}, &first);  // the client's retry arrives late
  EXPECT_EQ(store.Find(7), (Ratings{{1, 2.0F}}));
}

TEST_F(HistoryStoreTest, AnImportNeverUndoesWhatAPersonDid) {
  auto store = Make();
  store.Follow({0, 0, 0});
  store.Fill(7, {.position = {0, 0, 0}, .ratings = {{1, 3.0F}, {2, 2.0F}}});
  const auto back = Live(7, 1, std::nullopt);
  store.Apply({0, 0 + 1, 0}, &back);
  const auto import = Import(7, 1, 4.0F);
  store.Apply({0, 1 + 1, 0}, &import);
  const auto same = Import(7, 2, 2.0F);
  store.Apply({0, 2 + 1, 0}, &same);
  EXPECT_EQ(store.Find(7), (Ratings{{2, 2.0F}}));
}

TEST_F(HistoryStoreTest, AnImportThatCannotBeJudgedDropsTheHistory) {
  auto store = Make();
  store.Follow({0, 0, 0});
  store.Fill(7, {.position = {0, 0, 0}, .ratings = {{1, 3.0F}}});
  const auto import =
      Import(7, 1, 4.0F);  // over a person's rating or an import's? only the database knows
  store.Apply({0, 0 + 1, 0}, &import);
  EXPECT_EQ(store.Find(7), std::nullopt);
  const auto early = store.Fill(7, {.position = {0, 0, 0}, .ratings = {{1, 3.0F}}});
  EXPECT_EQ(early.outcome, Outcome::kUncertain);
  EXPECT_EQ(early.needed.next_offset, 1);
  const auto late = store.Fill(7, {.position = {0, 1, 0}, .ratings = {{1, 4.0F}}});
  EXPECT_EQ(late.outcome, Outcome::kKept);
}

TEST_F(HistoryStoreTest, EvictsTheLeastRecentlyUsedWithinItsBound) {
  constexpr std::size_t kBound = 64 << 10;
  auto store = Make(kBound);
  store.Follow({0, 0, 0});
  Ratings many;
  for (int movie = 1; movie <= 50; ++movie) many.push_back({movie, 3.0F});
  for (int user = 1; user <= 200; ++user) {
    store.Fill(user, {.position = {0, 0, 0}, .ratings = many});
    ASSERT_TRUE(store.Find(1)) << "the first user is used all the time";
    ASSERT_LE(store.stats().bytes, kBound);
  }
  const auto stats = store.stats();
  EXPECT_GT(stats.users, 20U);
  EXPECT_EQ(stats.evicted, 200 - static_cast<std::int64_t>(stats.users));
  EXPECT_FALSE(store.Find(2));
  EXPECT_TRUE(store.Find(200));
}

TEST_F(HistoryStoreTest, GrowthOfAHistoryCountsToo) {
  constexpr std::size_t kBound = 64 << 10;
  auto store = Make(kBound);
  store.Follow({0, 0, 0});
  store.Fill(7, {.position = {0, 0, 0}, .ratings = {}});
  for (int offset = 0; offset < 10'000; ++offset) {
    const auto change = Live(7, offset + 1, 3.0F);
    store.Apply({0, offset + 1, 0}, &change);
    ASSERT_LE(store.stats().bytes, kBound);
  }
  EXPECT_FALSE(store.Find(7));
  EXPECT_EQ(store.stats().bytes, 0U);
}

TEST_F(HistoryStoreTest, AnOldHistoryIsFilledAnew) {
  auto store = Make();
  store.Follow({0, 0, 0});
  store.Fill(7, {.position = {0, 0, 0}, .ratings = {{1, 3.0F}}});
  clock_.Advance(std::chrono::minutes{59});
  EXPECT_TRUE(store.Find(7));
  clock_.Advance(std::chrono::minutes{2});
  EXPECT_FALSE(store.Find(7));
}

// A database that applies the same log by the writer's rule, at its own pace.
class Reference {
 public:
  void Apply(const std::optional<RatingChange>& change) {
    ++next_;
    if (!change) return;
    if (change->source == Source::kLive &&
        !applied_.insert({change->user_id, std::string(change->event_id.bytes())}).second) {
      return;
    }
    auto& states = users_[change->user_id];
    const auto found = states.find(change->movie_id);
    const auto state = found == states.end() ? std::nullopt : std::optional(found->second);
    if (auto changed = ratings::Apply(state, *change)) states[change->movie_id] = *changed;
  }
  Ratings Of(std::int64_t user) const {
    Ratings ratings;
    const auto found = users_.find(user);
    if (found == users_.end()) return ratings;
    for (const auto& [movie, state] : found->second) {
      if (state.value) ratings.push_back({movie, *state.value});
    }
    return ratings;
  }
  std::int64_t next() const { return next_; }

 private:
  std::int64_t next_ = 0;
  std::map<std::int64_t, std::map<std::int64_t, RatingState>> users_;
  std::set<std::pair<std::int64_t, std::string>> applied_;
};

using Log = std::vector<std::optional<RatingChange>>;

Ratings After(const Log& log, std::int64_t end, std::int64_t user) {
  Reference reference;
  for (std::int64_t at = 0; at < end; ++at) reference.Apply(log[static_cast<std::size_t>(at)]);
  return reference.Of(user);
}

// One random history of the world: events are written, the database applies them, the store reads
// them, fills are begun and landed, in any order.
class World {
 public:
  World(unsigned seed, const Clock& clock)
      : random_(seed),
        store_({.max_bytes = 1 << 20, .events_kept = 12, .max_age = std::chrono::hours{1}}, clock) {
    for (int partition = 0; partition < kPartitions; ++partition) {
      // Events from before the store began to read.
      begin_[partition] = static_cast<std::size_t>(Below(6));
      while (logs_[partition].size() < begin_[partition]) Write(partition);
      read_[partition] = static_cast<std::int64_t>(logs_[partition].size());
      store_.Follow(Place(partition, read_[partition]));
    }
  }

  void Step() {
    const int partition = Below(kPartitions);
    Log& log = logs_[partition];
    switch (Below(8)) {
      case 0:
      case 1: Write(partition); break;
      case 2:
      case 3:
        if (read_[partition] < static_cast<std::int64_t>(log.size())) Read(partition);
        break;
      case 4:
        for (int left = 1 + Below(4); left > 0; --left) {
          auto& database = databases_[partition];
          if (database.next() < static_cast<std::int64_t>(log.size())) {
            database.Apply(log[static_cast<std::size_t>(database.next())]);
          }
        }
        break;
      case 5: BeginFill(partition); break;
      case 6: LandFill(); break;
      case 7: Check(UserOf(partition)); break;
    }
  }

  int hits = 0;
  std::map<Outcome, int> outcomes;

 private:
  static constexpr int kPartitions = 2;
  static constexpr int kUsers = 4;

  int Below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  std::int64_t UserOf(int partition) { return partition + kPartitions * Below(kUsers) + 1; }
  static LogPosition Place(std::int32_t partition, std::int64_t next) {
    return {partition, next, static_cast<std::uint64_t>(1'000 + next)};
  }
  static int PartitionOf(std::int64_t user) { return static_cast<int>((user - 1) % kPartitions); }

  void Write(int partition) {
    Log& log = logs_[partition];
    const std::int64_t user = UserOf(partition);
    const std::int64_t movie = 1 + Below(5);
    const float value = static_cast<float>(1 + Below(10)) / 2;
    switch (Below(20)) {
      case 0: log.emplace_back(std::nullopt); return;  // undecodable
      case 1:
      case 2: log.emplace_back(Import(user, movie, value)); return;
      case 3:
      case 4: log.emplace_back(Live(user, movie, std::nullopt)); return;
      case 5:
      case 6: Repeat(partition); return;
      default: log.emplace_back(Live(user, movie, value)); return;
    }
  }

  // Of the last few originals that the store has read: older ones are beyond what it promises.
  void Repeat(int partition) {
    Log& log = logs_[partition];
    for (std::size_t back = 1; back <= 4 && back + begin_[partition] <= log.size(); ++back) {
      const auto& change = log[log.size() - back];
      if (!change || change->source != Source::kLive || repeated_.contains(change->event_id)) {
        continue;
      }
      repeated_.insert(change->event_id);
      log.emplace_back(RatingChange(*change));
      return;
    }
  }

  void Read(int partition) {
    const std::int64_t offset = read_[partition]++;
    const auto& change = logs_[partition][static_cast<std::size_t>(offset)];
    store_.Apply(Place(partition, offset + 1), change ? &*change : nullptr);
  }

  void BeginFill(int partition) {
    const std::int64_t user = UserOf(partition);
    const auto& database = databases_[partition];
    auto ratings = database.Of(user);
    std::shuffle(ratings.begin(), ratings.end(), random_);
    flying_.emplace_back(user, StoredHistory{.position = Place(partition, database.next()),
                                             .ratings = std::move(ratings)});
  }

  void LandFill() {
    if (flying_.empty()) return;
    const auto at = flying_.begin() + Below(static_cast<int>(flying_.size()));
    const auto [user, stored] = *at;
    flying_.erase(at);
    const auto filled = store_.Fill(user, stored);
    ++outcomes[filled.outcome];
    const int partition = PartitionOf(user);
    if (filled.outcome != Outcome::kKept) {
      ASSERT_FALSE(store_.Find(user));
      ASSERT_NE(filled.outcome, Outcome::kOtherLog);
      if (filled.outcome == Outcome::kAhead) {
        ASSERT_GT(stored.position.next_offset, read_[partition]);
        return;
      }
      ASSERT_GT(filled.needed.next_offset, stored.position.next_offset);
      return;
    }
    position_[user] = std::max(stored.position.next_offset, read_[partition]);
    ASSERT_EQ(filled.ratings, After(logs_[partition], position_[user], user));
    Check(user);
  }

  void Check(std::int64_t user) {
    const auto cached = store_.Find(user);
    if (!cached) return;
    ++hits;
    const int partition = PartitionOf(user);
    const auto end = std::max(position_[user], read_[partition]);
    ASSERT_EQ(*cached, After(logs_[partition], end, user)) << "user " << user << " at " << end;
  }

  std::mt19937 random_;
  HistoryStore store_;
  Log logs_[kPartitions];
  std::size_t begin_[kPartitions] = {};  // what the store began to read at
  Reference databases_[kPartitions];
  std::int64_t read_[kPartitions] = {};
  std::vector<std::pair<std::int64_t, StoredHistory>> flying_;
  std::map<std::int64_t, std::int64_t> position_;
  std::set<Uuid> repeated_;
};

TEST_F(HistoryStoreTest, EqualsTheWriterWhateverTheInterleaving) {
  int hits = 0;
  std::map<Outcome, int> outcomes;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed, clock_);
    for (int step = 0; step < 400; ++step) {
      world.Step();
      ASSERT_FALSE(HasFatalFailure()) << "step " << step;
    }
    hits += world.hits;
    for (const auto& [outcome, count] : world.outcomes) outcomes[outcome] += count;
  }
  // The test is only as good as what it came across.
  EXPECT_GT(hits, 3000);
  EXPECT_GT(outcomes[Outcome::kKept], 1000);
  EXPECT_GT(outcomes[Outcome::kBehind], 50);
  EXPECT_GT(outcomes[Outcome::kAhead], 50);
  EXPECT_GT(outcomes[Outcome::kUncertain], 50);
}

TEST_F(HistoryStoreTest, ReadersSeeWholeHistoriesWhileEventsArrive) {
  auto store = Make();
  store.Follow({0, 0, 0});
  store.Fill(7, {.position = {0, 0, 0}, .ratings = {}});
  std::thread writer([&] {
    for (int offset = 0; offset < 20'000; ++offset) {
      const auto change = Live(7, 1 + offset % 10, 3.0F);
      store.Apply({0, offset + 1, 0}, &change);
    }
  });
  std::size_t most = 0;
  while (most < 10) {
    const auto ratings = store.Find(7);
    ASSERT_TRUE(ratings);
    ASSERT_GE(ratings->size(), most);
    ASSERT_TRUE(
        std::is_sorted(ratings->begin(), ratings->end(),
                       [](const Rated& a, const Rated& b) { return a.movie_id < b.movie_id; }));
    most = ratings->size();
  }
  writer.join();
}

}  // namespace
}  // namespace marquee::recommender
