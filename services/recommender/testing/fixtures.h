// Small models, a catalogue, and the two ports, for this service's tests.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "movies/movie_feed.h"
#include "recommender/app/serving.h"
#include "recommender/domain/catalogue.h"
#include "recommender/domain/history.h"

namespace marquee::recommender::testing_ {

// A task's model with random factors (k = 4) for these movies, ascending ids.
models::Model MakeModel(std::string_view task, const std::vector<std::int64_t>& movie_ids,
                        unsigned seed);
std::shared_ptr<const ModelInUse> MakeRanking(std::int64_t version,
                                              const std::vector<std::int64_t>& movie_ids,
                                              unsigned seed);
std::shared_ptr<const ModelInUse> MakeRating(std::int64_t version,
                                             const std::vector<std::int64_t>& movie_ids,
                                             unsigned seed);

// A rating model that says how sure it is.
std::shared_ptr<const ModelInUse> MakeSureRating(std::int64_t version,
                                                 const std::vector<std::int64_t>& movie_ids,
                                                 unsigned seed);

// Ids first … last.
std::vector<std::int64_t> Ids(std::int64_t first, std::int64_t last);

// Movie n: "Movie n", of 1980 + n % 40, genre "Even" or "Odd", n ratings with the mean 3 + n % 3
// / 2.
Movie MakeMovie(std::int64_t movie_id);
std::vector<Movie> MakeMovies(const std::vector<std::int64_t>& movie_ids);
std::shared_ptr<const Catalogue> MakeCatalogue(const std::vector<std::int64_t>& movie_ids);

// The same movies as marquee.movies.v1 has them, told as a whole.
movies::MovieRecord MakeRecord(std::int64_t movie_id);
void Tell(movies::MovieSink& sink, const std::vector<std::int64_t>& movie_ids);

// A call of this user, who has written what is before these places.
CallContext CallOf(std::int64_t user_id, std::span<const LogPosition> written = {},
                   std::chrono::milliseconds patience = std::chrono::seconds{20});

// Histories as a test says.
class FakeSource final : public HistorySource {
 public:
  using Answer = std::function<Result<StoredHistory>(const CallContext&)>;
  explicit FakeSource(Answer answer) : answer_(std::move(answer)) {}
  Result<StoredHistory> Read(const CallContext& call) override;
  int reads() const;
  std::vector<LogPosition> last_positions() const;

 private:
  mutable std::mutex mutex_;
  Answer answer_;
  int reads_ = 0;
  std::vector<LogPosition> last_positions_;
};

// Eight partitions, of which those are read that a test has set.
class FakeLog final : public RatingLog {
 public:
  std::int32_t partitions() const override { return 8; }
  std::int64_t Next(std::int32_t partition) const override;
  Reach WaitFor(const LogPosition& position, Time deadline) const override;
  void Set(std::int32_t partition, std::int64_t next);
  // Where the partition ends, for Kafka; as far as anybody wants until it is said.
  void SetEnd(std::int32_t partition, std::int64_t end);
  // Blocks until somebody has waited so often.
  void AwaitWaiters(int count) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  mutable int waiters_ = 0;
  std::map<std::int32_t, std::int64_t> next_;
  std::map<std::int32_t, std::int64_t> ends_;
};

}  // namespace marquee::recommender::testing_
