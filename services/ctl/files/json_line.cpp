#include "ctl/files/json_line.h"

#include <nlohmann/json.hpp>

namespace marquee::ctl {
namespace {

using nlohmann::json;

Result<json> ParseObject(std::string_view line) {
  json parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object())
    return Error::InvalidArgument("bad_json", "The line is not a JSON object.");
  return parsed;
}

// The member, under either spelling; null when it isn't there.
const json& Member(const json& object, const char* snake, const char* camel) {
  static const json none;
  if (const auto found = object.find(snake); found != object.end()) return *found;
  if (const auto found = object.find(camel); found != object.end()) return *found;
  return none;
}

Result<std::int64_t> Whole(const json& object, const char* snake, const char* camel,
                           bool required) {
  const json& value = Member(object, snake, camel);
  if (value.is_null()) {
    if (!required) return std::int64_t{0};
    return Error::InvalidArgument("missing_field", std::string(snake) + " is missing.");
  }
  if (!value.is_number_integer()) {
    return Error::InvalidArgument("bad_number", std::string(snake) + " must be a whole number.");
  }
  return value.get<std::int64_t>();
}

}  // namespace

Result<Movie> ParseMovieLine(std::string_view line) {
  ASSIGN_OR_RETURN(const json object, ParseObject(line));
  Movie movie;
  ASSIGN_OR_RETURN(movie.movie_id, Whole(object, "movie_id", "movieId", true));
  ASSIGN_OR_RETURN(const std::int64_t year, Whole(object, "year", "year", false));
  ASSIGN_OR_RETURN(movie.tmdb_id, Whole(object, "tmdb_id", "tmdbId", false));
  const json& title = Member(object, "title", "title");
  if (!title.is_string()) return Error::InvalidArgument("missing_field", "title is missing.");
  std::tie(movie.title, movie.year) = SplitTitle(title.get<std::string>());
  if (year != 0) movie.year = static_cast<int>(year);
  if (const json& imdb = Member(object, "imdb_id", "imdbId"); imdb.is_string())
    movie.imdb_id = imdb.get<std::string>();
  for (const auto& genre : Member(object, "genres", "genres")) {
    if (genre.is_string()) movie.genres.push_back(genre.get<std::string>());
  }
  return movie;
}

Result<Rating> ParseRatingLine(std::string_view line, double& value) {
  ASSIGN_OR_RETURN(const json object, ParseObject(line));
  Rating rating{};
  ASSIGN_OR_RETURN(rating.user_id, Whole(object, "user_id", "userId", true));
  ASSIGN_OR_RETURN(rating.movie_id, Whole(object, "movie_id", "movieId", true));
  ASSIGN_OR_RETURN(rating.timestamp, Whole(object, "timestamp", "timestamp", false));
  const json& number = Member(object, "rating", "value");
  if (number.is_null()) return Error::InvalidArgument("missing_field", "rating is missing.");
  if (!number.is_number()) return Error::InvalidArgument("bad_number", "rating must be a number.");
  value = number.get<double>();
  return rating;
}

}  // namespace marquee::ctl
