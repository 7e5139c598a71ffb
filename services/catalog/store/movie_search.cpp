#include "catalog/store/movie_search.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <string>
#include <unordered_map>

#include "catalog/domain/relevance.h"
#include "catalog/domain/words.h"

namespace marquee::catalog {
namespace {

// The title itself; its words in any order, each possibly half typed; and, unless those are plenty,
// titles with a part whose trigrams are near to the query's: these forgive typing errors.
// $4 the normalised query, $5 the same as a tsquery.
std::string CandidatesSql(const FilterSql& filter) {
  const std::string from = " FROM " + filter.tables + " WHERE " + filter.condition;
  return "WITH exact AS MATERIALIZED ("
         "  SELECT s.movie_id, m.search_title, s.rating_count" +
         from +
         "  AND m.search_title = $4 ORDER BY s.rating_count DESC, s.movie_id DESC LIMIT 50"
         "), by_word AS MATERIALIZED ("
         "  SELECT s.movie_id, m.search_title, s.rating_count" +
         from +
         "  AND to_tsvector('simple', m.search_title) @@ to_tsquery('simple', $5)"
         "  ORDER BY s.rating_count DESC, s.movie_id DESC LIMIT 500"
         "), by_trigram AS MATERIALIZED ("
         "  SELECT s.movie_id, m.search_title, s.rating_count,"
         "         word_similarity($4, m.search_title) AS similarity" +
         from +
         "  AND (SELECT count(*) FROM by_word) < 50 AND $4 <% m.search_title"
         "  ORDER BY similarity DESC, s.rating_count DESC, s.movie_id DESC LIMIT 300)"
         " SELECT movie_id, search_title, rating_count, max(similarity) FROM ("
         "   SELECT * FROM by_trigram"
         "   UNION ALL SELECT *, 0 FROM by_word UNION ALL SELECT *, 1 FROM exact) AS found"
         " GROUP BY movie_id, search_title, rating_count";
}

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

std::vector<FoundMovie> SearchMovies(pg::Transaction& tx, const MovieFilter& filter,
                                     const FilterSql& sql) {
  // A swap of two letters leaves a short word few of its trigrams.
  const auto normalised = tx.exec_params(
      "SELECT text, set_config('pg_trgm.word_similarity_threshold',"
      " CASE WHEN length(text) <= 6 THEN '0.3' ELSE '0.4' END, true)"
      " FROM (SELECT search_text($1)) AS query (text)",
      filter.query);
  const std::string query = normalised[0][0].c_str();
  const auto rows = tx.exec_params(CandidatesSql(sql), filter.year_min, filter.year_max,
                                   sql.genre_id, query, TextQuery(query));
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
