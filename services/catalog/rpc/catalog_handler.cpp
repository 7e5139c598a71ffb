#include "catalog/rpc/catalog_handler.h"

#include "catalog/rpc/convert.h"
#include "marquee/options/v1/options.pb.h"

namespace marquee::catalog {
namespace {

// The contract has the movie one level below the request: "title" is the caller's "movie.title".
Error InMovie(Error error) {
  if (error.code == Code::kInvalidArgument && !error.field.empty() &&
      !error.field.starts_with("movie.")) {
    error.field = "movie." + error.field;
  }
  return error;
}

// Of a chunk only its size is judged here: a movie that breaks a rule is the use case's to leave
// out.
Status CheckSize(const v1::ImportMoviesRequest& request) {
  static const int most = [] {
    const auto* field = v1::ImportMoviesRequest::descriptor()->FindFieldByName("movies");
    return static_cast<int>(field->options().GetExtension(options::v1::field).max_items());
  }();
  if (request.movies_size() <= most) return {};
  return Error::InvalidArgument(
      "too_many_items", "movies must have at most " + std::to_string(most) + " items.", "movies");
}

// `response` counts what came before this chunk.
void AddRejected(const std::vector<RejectedMovie>& rejected, v1::ImportMoviesResponse& response) {
  constexpr int kMostListed = 1'000;
  for (const auto& one : rejected) {
    if (response.rejected_size() == kMostListed) break;
    auto& out = *response.add_rejected();
    out.set_row(response.received() + static_cast<std::int64_t>(one.row));
    out.set_movie_id(one.id);
    out.set_field(one.error.field);
    out.set_reason(one.error.reason);
    out.set_message(one.error.message);
  }
  response.set_rejected_count(response.rejected_count() +
                              static_cast<std::int64_t>(rejected.size()));
}

Error Cancelled() { return Error::Cancelled("cancelled", "the caller has gone"); }

}  // namespace

CatalogHandler::CatalogHandler(Catalog& catalog) : catalog_(catalog) {
  Register(this, &CatalogHandler::ListMovies);
  Register(this, &CatalogHandler::CreateMovie);
  Register(this, &CatalogHandler::GetMovie);
  Register(this, &CatalogHandler::UpdateMovie);
  Register(this, &CatalogHandler::DeleteMovie);
  Register(this, &CatalogHandler::GetPoster);
  Register(this, &CatalogHandler::PutPoster);
  Register(this, &CatalogHandler::ListGenres);
  Register(this, &CatalogHandler::ListRatingsByYear);
  Register(this, &CatalogHandler::ListPopularByGenre);
  Register(this, &CatalogHandler::ListTrending);
  Register(this, &CatalogHandler::ListPopular);
  Register(this, &CatalogHandler::ExportMovies);
  Register(this, &CatalogHandler::ImportMovies);
}

Result<v1::ListMoviesResponse> CatalogHandler::ListMovies(const rpc::Call& call,
                                                          const v1::ListMoviesRequest& request) {
  ASSIGN_OR_RETURN(const auto answer, catalog_.List({.filter = {.query = request.query(),
                                                                .genre = request.genre(),
                                                                .year_min = request.year_min(),
                                                                .year_max = request.year_max()},
                                                     .order_by = request.order_by(),
                                                     .page_size = request.page_size(),
                                                     .page_token = request.page_token()},
                                                    call.context()));
  v1::ListMoviesResponse response;
  for (const auto& movie : answer.movies) ToProto(movie, *response.add_movies());
  response.set_next_page_token(answer.next_page_token);
  return response;
}

Result<v1::CreateMovieResponse> CatalogHandler::CreateMovie(const rpc::Call& call,
                                                            const v1::CreateMovieRequest& request) {
  const auto created =
      catalog_.Create(FromProto(request.movie()), call.repeatable_operation(), call.context());
  if (!created.ok()) return InMovie(created.error());
  v1::CreateMovieResponse response;
  ToProto(*created, *response.mutable_movie());
  return response;
}

Result<v1::GetMovieResponse> CatalogHandler::GetMovie(const rpc::Call& call,
                                                      const v1::GetMovieRequest& request) {
  ASSIGN_OR_RETURN(const auto movie, catalog_.Get(request.movie_id(), call.context()));
  v1::GetMovieResponse response;
  ToProto(movie, *response.mutable_movie());
  return response;
}

Result<v1::UpdateMovieResponse> CatalogHandler::UpdateMovie(const rpc::Call& call,
                                                            const v1::UpdateMovieRequest& request) {
  ASSIGN_OR_RETURN(const auto patch, PatchFromProto(request));
  const auto updated = catalog_.Update(request.movie_id(), patch, call.context());
  if (!updated.ok()) return InMovie(updated.error());
  v1::UpdateMovieResponse response;
  ToProto(*updated, *response.mutable_movie());
  return response;
}

Result<v1::DeleteMovieResponse> CatalogHandler::DeleteMovie(const rpc::Call& call,
                                                            const v1::DeleteMovieRequest& request) {
  RETURN_IF_ERROR(catalog_.Delete(request.movie_id(), call.context()));
  return v1::DeleteMovieResponse();
}

Result<v1::GetPosterResponse> CatalogHandler::GetPoster(const rpc::Call& call,
                                                        const v1::GetPosterRequest& request) {
  ASSIGN_OR_RETURN(auto poster, catalog_.GetPoster(request.movie_id(), call.context()));
  v1::GetPosterResponse response;
  response.mutable_image()->set_content_type(std::move(poster.content_type));
  response.mutable_image()->set_data(std::move(poster.bytes));
  return response;
}

Result<v1::PutPosterResponse> CatalogHandler::PutPoster(const rpc::Call& call,
                                                        const v1::PutPosterRequest& request) {
  RETURN_IF_ERROR(catalog_.PutPoster(request.movie_id(), request.image().data(), call.context()));
  return v1::PutPosterResponse();
}

Result<v1::ListGenresResponse> CatalogHandler::ListGenres(const rpc::Call& call,
                                                          const v1::ListGenresRequest&) {
  ASSIGN_OR_RETURN(const auto genres, catalog_.Genres(call.context()));
  v1::ListGenresResponse response;
  for (const auto& genre : genres) {
    auto& out = *response.add_genres();
    out.set_name(genre.name);
    out.set_movie_count(genre.movie_count);
  }
  return response;
}

Result<v1::ListRatingsByYearResponse> CatalogHandler::ListRatingsByYear(
    const rpc::Call& call, const v1::ListRatingsByYearRequest& request) {
  ASSIGN_OR_RETURN(const auto years,
                   catalog_.RatingsByYear(request.year_min(), request.year_max(), call.context()));
  v1::ListRatingsByYearResponse response;
  for (const auto& year : years) {
    auto& out = *response.add_years();
    out.set_year(year.year);
    out.set_rating_count(year.rating_count);
    out.set_rating_mean(year.mean);
  }
  return response;
}

Result<v1::ListPopularByGenreResponse> CatalogHandler::ListPopularByGenre(
    const rpc::Call& call, const v1::ListPopularByGenreRequest& request) {
  ASSIGN_OR_RETURN(const auto genres,
                   catalog_.PopularByGenre(request.genre(), request.count(), call.context()));
  v1::ListPopularByGenreResponse response;
  for (const auto& genre : genres) {
    auto& out = *response.add_genres();
    out.set_genre(genre.genre);
    for (const auto& movie : genre.movies) ToProto(movie, *out.add_movies());
  }
  return response;
}

Result<v1::ListTrendingResponse> CatalogHandler::ListTrending(
    const rpc::Call& call, const v1::ListTrendingRequest& request) {
  ASSIGN_OR_RETURN(const auto movies, catalog_.Trending(request.count(), call.context()));
  v1::ListTrendingResponse response;
  for (const auto& movie : movies) {
    auto& out = *response.add_movies();
    ToProto(movie.movie, *out.mutable_movie());
    out.set_score(movie.score);
  }
  return response;
}

Result<v1::ListPopularResponse> CatalogHandler::ListPopular(const rpc::Call& call,
                                                            const v1::ListPopularRequest& request) {
  ASSIGN_OR_RETURN(const auto movies, catalog_.Popular({.genre = request.genre(),
                                                        .year_min = request.year_min(),
                                                        .year_max = request.year_max()},
                                                       request.count(), call.context()));
  v1::ListPopularResponse response;
  for (const auto& movie : movies) *response.add_recommendations() = ToPopular(movie);
  response.set_degraded(true);
  return response;
}

Status CatalogHandler::ExportMovies(const rpc::Call& call, const v1::ExportMoviesRequest&,
                                    grpc::ServerWriter<v1::ExportMoviesResponse>& writer) {
  return catalog_.Export(call.context(), [&](const std::vector<CatalogMovie>& movies) -> Status {
    v1::ExportMoviesResponse response;
    for (const auto& movie : movies) ToProto(movie, *response.add_movies());
    if (call.Cancelled() || !writer.Write(response)) return Cancelled();
    return {};
  });
}

Result<v1::ImportMoviesResponse> CatalogHandler::ImportMovies(
    const rpc::Call& call, grpc::ServerReader<v1::ImportMoviesRequest>& reader) {
  v1::ImportMoviesResponse response;
  v1::ImportMoviesRequest request;
  while (reader.Read(&request)) {
    RETURN_IF_ERROR(CheckSize(request));
    std::vector<Movie> movies;
    movies.reserve(static_cast<std::size_t>(request.movies_size()));
    for (const auto& movie : request.movies()) movies.push_back(FromProto(movie));
    ASSIGN_OR_RETURN(const auto answer, catalog_.Import(std::move(movies), call.context()));
    AddRejected(answer.rejected, response);
    response.set_received(response.received() + request.movies_size());
    response.set_inserted(response.inserted() + answer.counts.inserted);
    response.set_updated(response.updated() + answer.counts.updated);
    response.set_unchanged(response.unchanged() + answer.counts.unchanged);
  }
  if (call.Cancelled()) return Cancelled();
  return response;
}

}  // namespace marquee::catalog
