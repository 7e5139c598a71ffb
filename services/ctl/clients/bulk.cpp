#include "ctl/clients/bulk.h"

#include <grpcpp/grpcpp.h>

#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::ctl {

Result<MoviesImported> SendMovies(const std::shared_ptr<grpc::Channel>& catalog,
                                  const std::string& bearer, const std::vector<Movie>& movies,
                                  const SendProgress& progress) {
  constexpr std::size_t kChunk = 1'000;
  auto stub = catalog::v1::CatalogService::NewStub(catalog);
  grpc::ClientContext context;
  rpc::ActAsService(context, bearer, std::chrono::minutes{30});
  catalog::v1::ImportMoviesResponse response;
  auto writer = stub->ImportMovies(&context, &response);
  bool open = true;
  for (std::size_t from = 0; open && from < movies.size(); from += kChunk) {
    catalog::v1::ImportMoviesRequest request;
    const std::size_t to = std::min(from + kChunk, movies.size());
    for (std::size_t i = from; i < to; ++i) {
      auto& movie = *request.add_movies();
      movie.set_movie_id(movies[i].movie_id);
      movie.set_title(movies[i].title);
      movie.set_year(movies[i].year);
      for (const auto& genre : movies[i].genres) movie.add_genres(genre);
      movie.set_imdb_id(movies[i].imdb_id);
      movie.set_tmdb_id(movies[i].tmdb_id);
    }
    open = writer->Write(request);
    progress(static_cast<std::int64_t>(to));
  }
  writer->WritesDone();
  const auto status = writer->Finish();
  if (!status.ok()) return rpc::FromGrpc(status, context);
  return MoviesImported{response.received(), response.inserted(), response.updated(),
                        response.unchanged()};
}

Result<std::vector<PartitionOffset>> SendRatings(const std::shared_ptr<grpc::Channel>& ratings,
                                                 const std::string& bearer,
                                                 const std::vector<Rating>& rows,
                                                 const SendProgress& progress) {
  constexpr std::size_t kChunk = 16'384;
  auto stub = ratings::v1::RatingsService::NewStub(ratings);
  grpc::ClientContext context;
  rpc::ActAsService(context, bearer, std::chrono::hours{6});
  ratings::v1::BulkIngestResponse response;
  auto writer = stub->BulkIngest(&context, &response);
  bool open = true;
  for (std::size_t from = 0; open && from < rows.size(); from += kChunk) {
    ratings::v1::BulkIngestRequest request;
    const std::size_t to = std::min(from + kChunk, rows.size());
    for (std::size_t i = from; i < to; ++i) {
      request.add_user_ids(rows[i].user_id);
      request.add_movie_ids(rows[i].movie_id);
      request.add_values(rows[i].value);
      request.add_rated_at_seconds(rows[i].timestamp);
    }
    open = writer->Write(request);
    progress(static_cast<std::int64_t>(to));
  }
  writer->WritesDone();
  const auto status = writer->Finish();
  if (!status.ok()) return rpc::FromGrpc(status, context);
  if (response.accepted() != static_cast<std::int64_t>(rows.size())) {
    return Error::DataLoss("incomplete_ingest", "Of " + std::to_string(rows.size()) +
                                                    " ratings only " +
                                                    std::to_string(response.accepted()) +
                                                    " were accepted: run the import again.");
  }
  std::vector<PartitionOffset> offsets;
  for (const auto& partition : response.partitions()) {
    offsets.push_back({partition.partition(), partition.end_offset()});
  }
  return offsets;
}

Result<IngestStatus> GetIngestStatus(const std::shared_ptr<grpc::Channel>& ratings,
                                     const std::string& bearer) {
  auto stub = ratings::v1::RatingsService::NewStub(ratings);
  grpc::ClientContext context;
  rpc::ActAsService(context, bearer, std::chrono::seconds{10});
  ratings::v1::GetIngestStatusResponse response;
  const auto status = stub->GetIngestStatus(&context, {}, &response);
  if (!status.ok()) return rpc::FromGrpc(status, context);
  IngestStatus result;
  result.rating_count = response.rating_count();
  result.dead_letter_count = response.dead_letter_count();
  for (const auto& partition : response.partitions()) {
    const auto index = static_cast<std::size_t>(partition.partition());
    if (result.next_offsets.size() <= index) result.next_offsets.resize(index + 1);
    // A log that ends before what is applied is another one: nothing of it is applied yet.
    const bool other = partition.end_offset() < partition.next_offset();
    result.next_offsets[index] = other ? 0 : partition.next_offset();
  }
  return result;
}

}  // namespace marquee::ctl
