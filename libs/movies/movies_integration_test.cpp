// Following the catalogue's topic on a real Kafka.
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "kafka/producer.h"
#include "kafka/testing.h"
#include "movies/movie_feed.h"
#include "movies/movie_map.h"

namespace marquee::movies {
namespace {

constexpr std::chrono::seconds kLong{60};
Time Soon() { return SystemClock().Now() + kLong; }

class Kept final : public MovieSink {
 public:
  void Begin() override {
    const std::lock_guard lock(mutex_);
    titles_.Begin();
  }
  void Put(const MovieRecord& movie, std::string_view) override {
    const std::lock_guard lock(mutex_);
    titles_.Put(movie.movie_id, movie.title);
  }
  void Remove(std::int64_t movie_id) override {
    const std::lock_guard lock(mutex_);
    titles_.Remove(movie_id);
  }
  void Complete(const Totals&) override {
    {
      const std::lock_guard lock(mutex_);
      titles_.Complete();
      ++completed_;
    }
    changed_.notify_all();
  }
  bool AwaitCompletions(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return completed_ >= count; });
  }
  std::map<std::int64_t, std::string> titles() {
    const std::lock_guard lock(mutex_);
    return {titles_.known().begin(), titles_.known().end()};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  MovieMap<std::string> titles_;
  int completed_ = 0;
};

class MovieFeedTest : public testing::Test {
 protected:
  LogPosition Send(kafka::Outgoing message) {
    message.topic = topic_;
    const auto sent = producer_.Produce(std::move(message), Soon());
    EXPECT_TRUE(sent.ok());
    return sent.value();
  }
  LogPosition Put(std::int64_t id, const std::string& title) {
    return Send({.key = KeyOf(id), .value = Encode(MovieRecord{.movie_id = id, .title = title})});
  }
  LogPosition Complete() {
    return Send({.key = std::string(kCatalogueKey), .value = Encode(Totals{})});
  }
  using Titles = std::map<std::int64_t, std::string>;

  const std::string topic_ = kafka::MakeTestTopic(1);
  kafka::Producer producer_{{.cluster = kafka::TestCluster()}};
  metrics::Metrics metrics_;
  Kept kept_;
};

TEST_F(MovieFeedTest, FollowsChangesAndDeletionsAndLeavesOutWhatIsNone) {
  Put(1, "One");
  Put(2, "Two");
  Send({.key = KeyOf(2), .tombstone = true});
  Send({.key = "nonsense", .value = "x"});
  Send({.key = KeyOf(3), .value = "\xff\xff"});
  Put(1, "One, again");
  Complete();
  MovieFeed feed(kafka::TestCluster(), kept_, metrics_, "test", topic_);
  ASSERT_TRUE(kept_.AwaitCompletions(1));
  EXPECT_EQ(kept_.titles(), (Titles{{1, "One, again"}}));
  ASSERT_TRUE(feed.WaitFor(Put(4, "Four"), Soon()));
  EXPECT_EQ(kept_.titles(), (Titles{{1, "One, again"}, {4, "Four"}}));
  EXPECT_TRUE(feed.Ready().ok());
  EXPECT_NE(metrics_.Text().find("marquee_test_movies_log_undecodable_total 2"), std::string::npos);
}

TEST_F(MovieFeedTest, ServesWhatWasKnownUntilAllOfAnotherLogHasCome) {
  Put(1, "One");
  Put(2, "Two");
  Complete();
  MovieFeed feed(kafka::TestCluster(), kept_, metrics_, "test", topic_);
  ASSERT_TRUE(kept_.AwaitCompletions(1));
  kafka::RemakeTestTopic(topic_, 1);
  const auto until = SystemClock().Now() + kLong;
  while (metrics_.Text().find("movies_log_other_logs_total 1") == std::string::npos &&
         SystemClock().Now() < until) {
    std::this_thread::yield();
  }
  ASSERT_TRUE(feed.WaitFor(Put(3, "Three"), Soon()));
  EXPECT_EQ(kept_.titles(), (Titles{{1, "One"}, {2, "Two"}}));
  EXPECT_TRUE(feed.Ready().ok()) << "it goes on serving";
  Complete();
  ASSERT_TRUE(kept_.AwaitCompletions(2));
  EXPECT_EQ(kept_.titles(), (Titles{{3, "Three"}}));
}

TEST_F(MovieFeedTest, IsNotReadyWithoutItsTopicOrWithSeveralPartitions) {
  MovieFeed missing(kafka::TestCluster(), kept_, metrics_, "missing", topic_ + "-none");
  Kept other;
  MovieFeed split(kafka::TestCluster(), other, metrics_, "split", kafka::MakeTestTopic(2));
  MovieFeed whole(kafka::TestCluster(), other, metrics_, "whole", topic_);
  const auto until = SystemClock().Now() + kLong;
  while (!whole.Ready().ok() && SystemClock().Now() < until) std::this_thread::yield();
  EXPECT_TRUE(whole.Ready().ok());
  EXPECT_EQ(missing.Ready().error().reason, "movies_unread");
  EXPECT_EQ(split.Ready().error().reason, "movies_unread");
}

}  // namespace
}  // namespace marquee::movies
