#include "catalog/store/movie_listing.h"

#include <charconv>
#include <optional>
#include <pqxx/pqxx>

#include "base/page_token.h"
#include "catalog/store/movie_filter.h"
#include "catalog/store/movie_rows.h"
#include "catalog/store/movie_search.h"
#include "pg/array.h"

namespace marquee::catalog {
namespace {

// One order: pieces of SQL written here, never input. All of them page by (key, movie_id), both in
// the same direction, so that an index on the two serves.
struct OrderSql {
  const char* key;
  const char* type;
  bool descending;
  Leading leading;
};

// $8 and $9 are the prior's mean and weight: the same arithmetic as rules::BayesianMean, digit by
// digit.
constexpr char kBayesianMean[] =
    "(($9::float8 * $8::float8 + s.half_stars::float8 / 2) / ($9::float8 + "
    "s.rating_count::float8))";

OrderSql SqlOf(MovieOrder order) {
  switch (order) {
    case MovieOrder::kMovieId:
    case MovieOrder::kRelevance:  // found by movie_search, not here
      return {"0", "integer", false, Leading::kMovies};
    case MovieOrder::kTitle: return {"m.search_title", "text", false, Leading::kMovies};
    case MovieOrder::kYear: return {"m.year", "integer", false, Leading::kMovies};
    case MovieOrder::kYearDescending: return {"m.year", "integer", true, Leading::kMovies};
    case MovieOrder::kRatingCountDescending:
      return {"s.rating_count", "bigint", true, Leading::kStats};
    case MovieOrder::kBayesianMeanDescending:
      return {kBayesianMean, "float8", true, Leading::kStats};
  }
  return {};
}

// The page's ids and keys first, with the limit; all other columns only for those.
std::string PageSql(MovieOrder order, const FilterSql& filter) {
  const OrderSql sql = SqlOf(order);
  const std::string direction = sql.descending ? " DESC" : "";
  const std::string beyond = sql.descending ? " < " : " > ";
  const std::string key = sql.key;
  // The id of the table that the order comes from, so that its index gives the order.
  const std::string id = sql.leading == Leading::kMovies ? "m.movie_id" : "s.movie_id";
  const bool by_id = order == MovieOrder::kMovieId;
  const std::string after =
      by_id ? id + " > $6::bigint"
            : "(" + key + ", " + id + ")" + beyond + "($7::" + sql.type + ", $6::bigint)";
  const std::string order_by = by_id ? id : key + direction + ", " + id + direction;
  // $7 to $9 must have types even where the order doesn't use them.
  return "WITH page AS MATERIALIZED (SELECT s.movie_id, " + key + " AS key FROM " + filter.tables +
         " WHERE " + filter.condition +
         " AND ($4::bigint[] IS NULL OR s.movie_id = ANY($4::bigint[]))"
         " AND ($6::bigint IS NULL OR " +
         after + ") AND ($7::text IS NULL OR true) AND ($8::float8 IS NULL OR $9::float8 > 0)" +
         " ORDER BY " + order_by + " LIMIT $5) SELECT " + kMovieColumns +
         ", page.key::text AS key FROM page JOIN movies m USING (movie_id)"
         " JOIN movie_stats s USING (movie_id) CROSS JOIN rating_totals t ORDER BY page.key" +
         direction + ", page.movie_id" + direction;
}

template <typename Number>
std::optional<Number> Parse(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

std::string Print(double number) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  return std::string(text, end);
}

// A key's parts: [the prior's mean,] [what is sorted by,] the id.
struct Key {
  std::optional<double> prior_mean;
  std::optional<std::string> sorted_by;
  std::optional<std::int64_t> id;
};

Result<Key> ReadKey(const MovieListing& listing) {
  const auto& fields = listing.after;
  Key key;
  if (fields.empty()) return key;
  if (fields.size() != KeyFields(listing.order)) return PageTokenRefused();
  key.id = Parse<std::int64_t>(fields.back());
  if (!key.id) return PageTokenRefused();
  if (fields.size() >= 2) key.sorted_by = fields[fields.size() - 2];
  const bool numeric = listing.order != MovieOrder::kTitle;
  if (key.sorted_by && numeric && !Parse<double>(*key.sorted_by)) return PageTokenRefused();
  if (fields.size() == 3) {
    key.prior_mean = Parse<double>(fields[0]);
    if (!key.prior_mean) return PageTokenRefused();
  }
  return key;
}

Result<MoviePage> ReadPage(const pqxx::result& rows, const MovieListing& listing,
                           double prior_weight, const std::optional<double>& prior_mean) {
  MoviePage page;
  for (const auto& row : rows) {
    if (static_cast<int>(page.movies.size()) == listing.limit) break;
    ASSIGN_OR_RETURN(auto movie, ReadMovie(row, prior_weight));
    page.movies.push_back(std::move(movie));
  }
  if (static_cast<int>(rows.size()) <= listing.limit) return page;
  const auto& last = rows[static_cast<pqxx::result::size_type>(listing.limit) - 1];
  if (prior_mean) page.next.push_back(Print(*prior_mean));
  if (listing.order != MovieOrder::kMovieId) page.next.emplace_back(last["key"].c_str());
  page.next.emplace_back(last["movie_id"].c_str());
  return page;
}

Result<MoviePage> ListSorted(pg::Transaction& tx, const MovieListing& listing,
                             const FilterSql& filter, Key key,
                             const std::optional<std::string>& ids, double prior_weight) {
  // The prior moves with every rating: all pages of one list use the first one's.
  if (listing.order == MovieOrder::kBayesianMeanDescending && !key.prior_mean) {
    key.prior_mean =
        tx.exec(
              "SELECT coalesce(half_stars::float8 / 2 / nullif(rating_count, 0)::float8, 0)"
              " FROM rating_totals")[0][0]
            .as<double>();
  }
  const auto rows = tx.exec_params(PageSql(listing.order, filter), listing.filter.year_min,
                                   listing.filter.year_max, filter.genre_id, ids, listing.limit + 1,
                                   key.id, key.sorted_by, key.prior_mean, prior_weight);
  return ReadPage(rows, listing, prior_weight, key.prior_mean);
}

Result<MoviePage> ListByRelevance(pg::Transaction& tx, const MovieListing& listing, const Key& key,
                                  const std::vector<FoundMovie>& found, double prior_weight) {
  auto from = found.begin();
  if (key.id) {
    const FoundMovie last{*key.id, *Parse<double>(*key.sorted_by)};
    from = std::upper_bound(found.begin(), found.end(), last, Precedes);
  }
  const auto to = from + std::min<std::ptrdiff_t>(found.end() - from, listing.limit);
  std::vector<std::int64_t> ids;
  for (auto movie = from; movie != to; ++movie) ids.push_back(movie->movie_id);
  const auto rows =
      tx.exec_params("SELECT " + kMovieColumns +
                         " FROM unnest($1::bigint[]) WITH ORDINALITY AS page (movie_id, place)"
                         " JOIN movies m USING (movie_id) JOIN movie_stats s USING (movie_id)"
                         " CROSS JOIN rating_totals t ORDER BY page.place",
                     pg::Array(ids));
  MoviePage page;
  for (const auto& row : rows) {
    ASSIGN_OR_RETURN(auto movie, ReadMovie(row, prior_weight));
    page.movies.push_back(std::move(movie));
  }
  if (to != found.end() && to != from) {
    page.next = {Print((to - 1)->relevance), std::to_string((to - 1)->movie_id)};
  }
  return page;
}

}  // namespace

Result<MoviePage> ListMovies(pg::Transaction& tx, const MovieListing& listing,
                             double prior_weight) {
  ASSIGN_OR_RETURN(Key key, ReadKey(listing));
  const bool search = !listing.filter.query.empty();
  const auto filter =
      SqlOfFilter(tx, listing.filter, search ? Leading::kMovies : SqlOf(listing.order).leading);
  if (!filter.ok()) {
    if (filter.error().code == Code::kNotFound) return MoviePage{};
    return filter.error();
  }
  if (!search) {
    return ListSorted(tx, listing, *filter, std::move(key), std::nullopt, prior_weight);
  }
  const auto found = SearchMovies(tx, listing.filter, *filter);
  if (listing.order == MovieOrder::kRelevance) {
    return ListByRelevance(tx, listing, key, found, prior_weight);
  }
  std::vector<std::int64_t> ids;
  for (const FoundMovie& movie : found) ids.push_back(movie.movie_id);
  return ListSorted(tx, listing, *filter, std::move(key), pg::Array(ids), prior_weight);
}

}  // namespace marquee::catalog
