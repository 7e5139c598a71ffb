// marquee.catalog.v1.CatalogService: converts, calls, converts.
#pragma once

#include "catalog/app/catalog.h"
#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "rpc/service.h"

namespace marquee::catalog {

class CatalogHandler final : public rpc::Service<v1::CatalogService> {
 public:
  explicit CatalogHandler(Catalog& catalog);

  Result<v1::ListMoviesResponse> ListMovies(const rpc::Call& call,
                                            const v1::ListMoviesRequest& request);
  Result<v1::CreateMovieResponse> CreateMovie(const rpc::Call& call,
                                              const v1::CreateMovieRequest& request);
  Result<v1::GetMovieResponse> GetMovie(const rpc::Call& call, const v1::GetMovieRequest& request);
  Result<v1::UpdateMovieResponse> UpdateMovie(const rpc::Call& call,
                                              const v1::UpdateMovieRequest& request);
  Result<v1::DeleteMovieResponse> DeleteMovie(const rpc::Call& call,
                                              const v1::DeleteMovieRequest& request);
  Result<v1::GetPosterResponse> GetPoster(const rpc::Call& call,
                                          const v1::GetPosterRequest& request);
  Result<v1::PutPosterResponse> PutPoster(const rpc::Call& call,
                                          const v1::PutPosterRequest& request);
  Result<v1::ListGenresResponse> ListGenres(const rpc::Call& call,
                                            const v1::ListGenresRequest& request);
  Result<v1::ListRatingsByYearResponse> ListRatingsByYear(
      const rpc::Call& call, const v1::ListRatingsByYearRequest& request);
  Result<v1::ListPopularByGenreResponse> ListPopularByGenre(
      const rpc::Call& call, const v1::ListPopularByGenreRequest& request);
  Result<v1::ListTrendingResponse> ListTrending(const rpc::Call& call,
                                                const v1::ListTrendingRequest& request);
  Result<v1::ListPopularResponse> ListPopular(const rpc::Call& call,
                                              const v1::ListPopularRequest& request);
  Status ExportMovies(const rpc::Call& call, const v1::ExportMoviesRequest& request,
                      grpc::ServerWriter<v1::ExportMoviesResponse>& writer);
  Result<v1::ImportMoviesResponse> ImportMovies(
      const rpc::Call& call, grpc::ServerReader<v1::ImportMoviesRequest>& reader);

 private:
  Catalog& catalog_;
};

}  // namespace marquee::catalog
