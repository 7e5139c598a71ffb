#include "ctl/clients/bulk.h"

#include <grpcpp/grpcpp.h>

#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::ctl {

namespace {

// Far below what a server takes in one message, whatever the movies' texts.
constexpr std::size_t kMostChunkBytes = 1 << 20;
constexpr int kMostChunkMovies = 1'000;
constexpr std::size_t kChunkRatings = 16'384;

template <typename Response>
Refused RefusedIn(const Response& response) {
  Refused refused{.count = response.rejected_count()};
  for (const auto& one : response.rejected()) {
    refused.rows.push_back({static_cast<std::size_t>(one.row()),
                            Error::InvalidArgument(one.reason(), one.message(), one.field())});
  }
  return refused;
}

void Convert(const Movie& from, catalog::v1::Movie& to) {
  to.set_movie_id(from.id);
  to.set_title(from.title);
  to.set_year(from.year);
  for (const auto& genre : from.genres) to.add_genres(genre);
  to.set_imdb_id(from.imdb_id);
  to.set_tmdb_id(from.tmdb_id);
}

Error Incomplete(const char* what, std::size_t sent, std::int64_t answered) {
  return Error::DataLoss("incomplete_import", "Of " + std::to_string(sent) + " " + what + " only " +
                                                  std::to_string(answered) +
                                                  " were answered for: run the import again.");
}

}  // namespace

Result<MoviesImported> SendMovies(const std::shared_ptr<grpc::Channel>& catalog,
                                  const std::string& bearer, const std::vector<Movie>& movies,
                                  const SendProgress& progress) {
  auto stub = catalog::v1::CatalogService::NewStub(catalog);
  grpc::ClientContext context;
  rpc::ActAsService(context, bearer, std::chrono::minutes{30});
  catalog::v1::ImportMoviesResponse response;
  auto writer = stub->ImportMovies(&context, &response);
  bool open = true;
  for (std::size_t i = 0; open && i < movies.size();) {
    catalog::v1::ImportMoviesRequest request;
    std::size_t bytes = 0;
    while (i < movies.size() && request.movies_size() < kMostChunkMovies &&
           bytes < kMostChunkBytes) {
      auto& movie = *request.add_movies();
      Convert(movies[i++], movie);
      bytes += movie.ByteSizeLong();
    }
    open = writer->Write(request);
    progress(static_cast<std::int64_t>(i));
  }
  writer->WritesDone();
  const auto status = writer->Finish();
  if (!status.ok()) return rpc::FromGrpc(status);
  if (response.received() != static_cast<std::int64_t>(movies.size()))
    return Incomplete("movies", movies.size(), response.received());
  return MoviesImported{response.inserted(), response.updated(), response.unchanged(),
                        RefusedIn(response)};
}

Result<RatingsSent> SendRatings(const std::shared_ptr<grpc::Channel>& ratings,
                                const std::string& bearer, const std::vector<Rating>& rows,
                                const SendProgress& progress) {
  auto stub = ratings::v1::RatingsService::NewStub(ratings);
  grpc::ClientContext context;
  rpc::ActAsService(context, bearer, std::chrono::hours{6});
  ratings::v1::BulkIngestResponse response;
  auto writer = stub->BulkIngest(&context, &response);
  bool open = true;
  for (std::size_t from = 0; open && from < rows.size(); from += kChunkRatings) {
    ratings::v1::BulkIngestRequest request;
    const std::size_t to = std::min(from + kChunkRatings, rows.size());
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
  if (!status.ok()) return rpc::FromGrpc(status);
  const std::int64_t answered = response.accepted() + response.rejected_count();
  if (answered != static_cast<std::int64_t>(rows.size()))
    return Incomplete("ratings", rows.size(), answered);
  RatingsSent sent{.accepted = response.accepted(), .refused = RefusedIn(response)};
  for (const auto& partition : response.partitions()) {
    sent.offsets.push_back({partition.partition(), partition.end_offset()});
  }
  return sent;
}

Result<IngestStatus> GetIngestStatus(const std::shared_ptr<grpc::Channel>& ratings,
                                     const std::string& bearer) {
  auto stub = ratings::v1::RatingsService::NewStub(ratings);
  grpc::ClientContext context;
  rpc::ActAsService(context, bearer, std::chrono::seconds{10});
  ratings::v1::GetIngestStatusResponse response;
  const auto status = stub->GetIngestStatus(&context, {}, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
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
