#include "catalog/store/rating_step.h"

#include <cmath>
#include <map>
#include <pqxx/pqxx>
#include <unordered_map>
#include <vector>

#include "catalog/domain/trend.h"
#include "catalog/store/stats_lock.h"
#include "pg/array.h"
#include "ratings/rating_projection.h"

namespace marquee::catalog {
namespace {

// What a batch changes about one movie.
struct MovieDelta {
  std::int64_t count = 0;
  std::int64_t half_stars = 0;
  Trend added;
  Trend removed;
};

struct MovieStats {
  std::int64_t count = 0;
  std::int64_t half_stars = 0;
  Trend trend;
};

std::int64_t HalfStars(float value) { return std::lround(value * 2); }

void Account(const ratings::RatingDelta& delta, MovieDelta& movie) {
  const auto& before = delta.before;
  const auto& after = delta.after;
  if (before && before->value) {
    movie.count -= 1;
    movie.half_stars -= HalfStars(*before->value);
  }
  if (after.value) {
    movie.count += 1;
    movie.half_stars += HalfStars(*after.value);
  }
  // A rating of the same moment, only its value changed, moves no trend.
  if (before && before->value && after.value && before->rated_at_us == after.rated_at_us) return;
  if (before && before->value) movie.removed.Add(Trend::Of(before->rated_at_us));
  if (after.value) movie.added.Add(Trend::Of(after.rated_at_us));
}

// By movie id, in order.
std::map<std::int64_t, MovieDelta> ByMovie(const std::vector<ratings::RatingDelta>& deltas) {
  std::unordered_map<std::int64_t, MovieDelta> movies;
  for (const auto& delta : deltas) Account(delta, movies[delta.movie_id]);
  return {movies.begin(), movies.end()};
}

// The columns of unnest().
struct Columns {
  std::vector<std::int64_t> ids, counts, half_stars;
  std::vector<double> trends;

  void Add(std::int64_t id, const MovieStats& stats) {
    ids.push_back(id);
    counts.push_back(stats.count);
    half_stars.push_back(stats.half_stars);
    trends.push_back(stats.trend.log2());
  }
};

std::unordered_map<std::int64_t, MovieStats> ReadStats(
    pg::Transaction& tx, const std::map<std::int64_t, MovieDelta>& movies) {
  std::vector<std::int64_t> ids;
  for (const auto& [id, delta] : movies) ids.push_back(id);
  std::unordered_map<std::int64_t, MovieStats> stats;
  stats.reserve(ids.size());
  const auto rows = tx.exec_params(
      "SELECT movie_id, rating_count, half_stars, trend_log2 FROM movie_stats"
      " WHERE movie_id = ANY($1::bigint[])",
      pg::Array(ids));
  for (const auto& row : rows) {
    stats[row[0].as<std::int64_t>()] = {row[1].as<std::int64_t>(), row[2].as<std::int64_t>(),
                                        Trend(row[3].as<double>())};
  }
  return stats;
}

// The trends of these movies, made anew from their ratings.
std::unordered_map<std::int64_t, Trend> SumTrends(pg::Transaction& tx,
                                                  const std::vector<std::int64_t>& ids) {
  std::unordered_map<std::int64_t, Trend> trends;
  if (ids.empty()) return trends;
  const auto rows = tx.exec_params(
      "SELECT movie_id, (extract(epoch FROM rated_at) * 1000000)::bigint FROM ratings"
      " WHERE movie_id = ANY($1::bigint[]) AND value IS NOT NULL",
      pg::Array(ids));
  for (const auto& row : rows) {
    trends[row[0].as<std::int64_t>()].Add(Trend::Of(row[1].as<std::int64_t>()));
  }
  return trends;
}

// The movies' statistics with the deltas; `known`: as they are.
std::map<std::int64_t, MovieStats> Merged(
    pg::Transaction& tx, const std::map<std::int64_t, MovieDelta>& movies,
    const std::unordered_map<std::int64_t, MovieStats>& known) {
  std::map<std::int64_t, MovieStats> merged;
  std::vector<std::int64_t> lost;  // movies whose trend can't be had by differences
  for (const auto& [id, delta] : movies) {
    const auto found = known.find(id);
    MovieStats stats = found != known.end() ? found->second : MovieStats{};
    stats.count += delta.count;
    stats.half_stars += delta.half_stars;
    const auto trend = stats.count == 0 ? Trend{} : Merge(stats.trend, delta.added, delta.removed);
    if (!trend) lost.push_back(id);
    stats.trend = trend.value_or(Trend{});
    merged.emplace(id, stats);
  }
  for (const auto& [id, trend] : SumTrends(tx, lost)) merged.at(id).trend = trend;
  return merged;
}

// An update costs half of what an INSERT … ON CONFLICT does: that is for movies without a row.
void Write(pg::Transaction& tx, const std::map<std::int64_t, MovieStats>& merged,
           const std::unordered_map<std::int64_t, MovieStats>& known) {
  Columns changed, added;
  for (const auto& [id, stats] : merged) (known.contains(id) ? changed : added).Add(id, stats);
  if (!changed.ids.empty()) {
    tx.exec_params(
        R"(UPDATE movie_stats AS s
           SET rating_count = x.rating_count, half_stars = x.half_stars, trend_log2 = x.trend_log2
           FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::float8[])
             AS x (movie_id, rating_count, half_stars, trend_log2)
           WHERE s.movie_id = x.movie_id)",
        pg::Array(changed.ids), pg::Array(changed.counts), pg::Array(changed.half_stars),
        pg::Array(changed.trends));
  }
  if (!added.ids.empty()) {
    // The curators may have added the movie in the meantime.
    tx.exec_params(
        R"(INSERT INTO movie_stats (movie_id, rating_count, half_stars, trend_log2)
           SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::float8[])
           ON CONFLICT (movie_id) DO UPDATE
             SET rating_count = excluded.rating_count, half_stars = excluded.half_stars,
                 trend_log2 = excluded.trend_log2)",
        pg::Array(added.ids), pg::Array(added.counts), pg::Array(added.half_stars),
        pg::Array(added.trends));
  }
}

// Makes the statistics what the ratings are after the deltas.
void Count(pg::Transaction& tx, const std::vector<ratings::RatingDelta>& deltas) {
  if (deltas.empty()) return;
  const auto movies = ByMovie(deltas);
  // Replicas apply different users' ratings side by side, and take turns from here to the commit:
  // they all change the same movies.
  LockMovieStats(tx);
  const auto known = ReadStats(tx, movies);
  Write(tx, Merged(tx, movies, known), known);
  MovieDelta total;
  for (const auto& [id, delta] : movies) {
    total.count += delta.count;
    total.half_stars += delta.half_stars;
  }
  if (total.count != 0 || total.half_stars != 0) {
    tx.exec_params(
        "UPDATE rating_totals SET rating_count = rating_count + $1, half_stars = half_stars + $2",
        total.count, total.half_stars);
  }
}

}  // namespace

Status ApplyRatingBatch(pg::Transaction& tx, std::span<const ratings::RatingChange> changes) {
  Count(tx, ratings::ApplyRatings(tx, changes));
  return {};
}

Status ErasePerson(pg::Transaction& tx, const erasures::Erasure& person) {
  Count(tx, ratings::EraseRatings(tx, person.user_id));
  return {};
}

}  // namespace marquee::catalog
