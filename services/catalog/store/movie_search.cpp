#include "catalog/store/movie_search.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <string>
#include <unordered_map>

#include "catalog/domain/relevance.h"
#include "catalog/domain/text.h"
#include "catalog/store/movie_filter.h"

namespace marquee::catalog {
namespace {

// Words in any order, each possibly half typed; and, unless those are plenty, titles with a part
// whose trigrams are near to the query's: these forgive typing errors.
const std::string kCandidates = std::string(R"(
  WITH by_word AS MATERIALIZED (
    SELECT m.movie_id, m.search_title, s.rating_count
    FROM movies m JOIN movie_stats s USING (movie_id)
    WHERE to_tsvector('simple', m.search_title) @@ to_tsquery('simple', $5) AND )") +
                                kMovieFilter + R"(
    ORDER BY m.search_title = $4 DESC, s.rating_count DESC, m.movie_id LIMIT 500
  ), by_trigram AS MATERIALIZED (
    SELECT m.movie_id, m.search_title, s.rating_count,
           word_similarity($4, m.search_title) AS similarity
    FROM movies m JOIN movie_stats s USING (movie_id)
    WHERE (SELECT count(*) FROM by_word) < 50 AND $4 <% m.search_title AND )" +
                                kMovieFilter + R"(
    ORDER BY similarity DESC, s.rating_count DESC, m.movie_id LIMIT 300
  )
  SELECT movie_id, search_title, rating_count, similarity FROM by_trigram
  UNION ALL
  SELECT movie_id, search_title, rating_count, 0 FROM by_word
  WHERE movie_id NOT IN (SELECT movie_id FROM by_trigram))";

// 'toy':* & 'sto':*
std::string TextQuery(std::string_view normalised) {
  std::string query;
  for (const auto word : Words(normalised)) {
    if (!query.empty()) query += " & ";
    query += '\'';
    for (const char c : word) {
      if (c == '\'' || c == '\\') query += c;
      query += c;
    }
    query += "':*";
  }
  return query;
}

}  // namespace

bool Precedes(const FoundMovie& a, const FoundMovie& b) {
  return a.relevance != b.relevance ? a.relevance > b.relevance : a.movie_id < b.movie_id;
}

std::vector<FoundMovie> SearchMovies(pg::Transaction& tx, const MovieFilter& filter) {
  // A swap of two letters leaves a short word few of its trigrams.
  const auto normalised = tx.exec_params(
      "SELECT text, set_config('pg_trgm.word_similarity_threshold',"
      " CASE WHEN length(text) <= 6 THEN '0.3' ELSE '0.4' END, true)"
      " FROM (SELECT search_text($1)) AS query (text)",
      filter.query);
  const std::string query = normalised[0][0].c_str();
  const auto rows = tx.exec_params(kCandidates, filter.year_min, filter.year_max, filter.genre,
                                   query, TextQuery(query));
  std::vector<FoundMovie> found;
  for (const auto& row : rows) {
    const SearchCandidate candidate{.movie_id = row[0].as<std::int64_t>(),
                                    .title = {row[1].c_str(), row[1].size()},
                                    .word_similarity = row[3].as<double>(),
                                    .rating_count = row[2].as<std::int64_t>()};
    const double match = SpellingMatch(query, candidate);
    if (match < kLeastSpellingMatch) continue;
    found.push_back({candidate.movie_id, Relevance(query, candidate, match)});
  }
  std::sort(found.begin(), found.end(), Precedes);
  return found;
}

}  // namespace marquee::catalog
