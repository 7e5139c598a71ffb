// marquee.movies.v1: the catalogue as others follow it. Bytes ⇄ values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace marquee::movies {

inline constexpr std::string_view kMoviesTopic = "marquee.movies.v1";
// The key of the record that says that all of the catalogue is in the log before it.
inline constexpr std::string_view kCatalogueKey = "catalogue";

struct MovieRecord {
  std::int64_t movie_id = 0;
  std::string title = {};
  std::int32_t year = 0;  // 0: not known
  std::vector<std::string> genres = {};
  std::int64_t rating_count = 0;
  std::int64_t half_stars = 0;  // the sum of its ratings, in half stars

  friend bool operator==(const MovieRecord&, const MovieRecord&) = default;
};

// What holds for all movies together.
struct Totals {
  std::int64_t rating_count = 0;
  std::int64_t half_stars = 0;
  double prior_ratings = 0;  // of the Bayesian mean

  friend bool operator==(const Totals&, const Totals&) = default;
};

std::string KeyOf(std::int64_t movie_id);
std::string Encode(const MovieRecord& record);
std::string Encode(const Totals& totals);

// InvalidArgument "key_invalid".
Result<std::int64_t> DecodeKey(std::string_view key);
// InvalidArgument "undecodable", or "key_mismatch" when the record is another movie's.
Result<MovieRecord> DecodeMovie(std::int64_t movie_id, std::string_view value);
Result<Totals> DecodeTotals(std::string_view value);

}  // namespace marquee::movies
