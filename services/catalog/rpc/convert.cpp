#include "catalog/rpc/convert.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <string_view>

namespace marquee::catalog {
namespace {

// Takes one field of the movie into the patch; false when there is none that can be written.
bool Take(std::string_view field, const v1::Movie& movie, MoviePatch& patch) {
  if (field == "title") {
    patch.title = movie.title();
  } else if (field == "year") {
    patch.year = movie.year();
  } else if (field == "genres") {
    patch.genres.emplace(movie.genres().begin(), movie.genres().end());
  } else if (field == "imdb_id") {
    patch.imdb_id = movie.imdb_id();
  } else if (field == "tmdb_id") {
    patch.tmdb_id = movie.tmdb_id();
  } else {
    return field == "movie_id";  // it is the movie's that is updated
  }
  return true;
}

}  // namespace

void ToProto(const CatalogMovie& from, v1::Movie& out) {
  const Movie& movie = from.movie;
  out.set_movie_id(movie.id);
  out.set_title(movie.title);
  out.set_year(movie.year);
  for (const auto& genre : movie.genres) out.add_genres(genre);
  out.set_imdb_id(movie.imdb_id);
  out.set_tmdb_id(movie.tmdb_id);
  out.set_rating_count(from.audience.rating_count);
  out.set_rating_mean(from.audience.mean);
  out.set_rating_bayesian_mean(from.audience.bayesian_mean);
  out.set_has_poster(from.has_poster);
  const std::chrono::nanoseconds since = from.updated_at.time_since_epoch();
  *out.mutable_updated_at() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(since.count());
}

v1::PopularMovie ToPopular(const CatalogMovie& from) {
  v1::PopularMovie out;
  out.set_movie_id(from.movie.id);
  out.set_title(from.movie.title);
  out.set_year(from.movie.year);
  for (const auto& genre : from.movie.genres) out.add_genres(genre);
  out.set_score(static_cast<double>(from.audience.rating_count));
  return out;
}

Movie FromProto(const v1::Movie& movie) {
  return {.id = movie.movie_id(),
          .title = movie.title(),
          .year = movie.year(),
          .genres = {movie.genres().begin(), movie.genres().end()},
          .imdb_id = movie.imdb_id(),
          .tmdb_id = movie.tmdb_id()};
}

Result<MoviePatch> PatchFromProto(const v1::UpdateMovieRequest& request) {
  const v1::Movie& movie = request.movie();
  if (movie.movie_id() != 0 && movie.movie_id() != request.movie_id()) {
    return Error::InvalidArgument("movie_id_mismatch",
                                  "the movie's movie_id must be the one that is updated",
                                  "movie.movie_id");
  }
  MoviePatch patch;
  const bool all = request.update_mask().paths_size() == 1 && request.update_mask().paths(0) == "*";
  for (const auto& path : request.update_mask().paths()) {
    if (all || Take(path, movie, patch)) continue;
    if (v1::Movie::descriptor()->FindFieldByName(path) != nullptr) {
      return Error::InvalidArgument("field_read_only", "nobody writes a movie's \"" + path + "\"",
                                    "update_mask");
    }
    return Error::InvalidArgument("field_unknown", "a movie has no field \"" + path + "\"",
                                  "update_mask");
  }
  if (request.update_mask().paths_size() > 0 && !all) return patch;
  if (all || !movie.title().empty()) Take("title", movie, patch);
  if (all || movie.year() != 0) Take("year", movie, patch);
  if (all || movie.genres_size() > 0) Take("genres", movie, patch);
  if (all || !movie.imdb_id().empty()) Take("imdb_id", movie, patch);
  if (all || movie.tmdb_id() != 0) Take("tmdb_id", movie, patch);
  return patch;
}

}  // namespace marquee::catalog
