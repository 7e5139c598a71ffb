#include "recommender/clients/catalog_client.h"

#include <grpcpp/grpcpp.h>

#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::recommender {
namespace {

Movie FromWire(const catalog::v1::Movie& wire) {
  return {.movie_id = wire.movie_id(),
          .title = wire.title(),
          .year = wire.year(),
          .genres = {wire.genres().begin(), wire.genres().end()},
          .rating_count = wire.rating_count(),
          .rating_mean = wire.rating_mean(),
          .rating_bayesian_mean = wire.rating_bayesian_mean()};
}

}  // namespace

struct CatalogClient::Impl {
  std::unique_ptr<catalog::v1::CatalogService::Stub> stub;
  rpc::ServiceToken* token;
  const Clock& clock;
};

CatalogClient::CatalogClient(std::shared_ptr<grpc::Channel> catalog, rpc::ServiceToken* token,
                             const Clock& clock)
    : impl_(new Impl{catalog::v1::CatalogService::NewStub(catalog), token, clock}) {}

CatalogClient::~CatalogClient() = default;

Result<std::shared_ptr<const Catalogue>> CatalogClient::ReadAll(Time deadline) {
  std::string bearer;
  if (impl_->token != nullptr) {
    ASSIGN_OR_RETURN(bearer, impl_->token->Get());
  }
  grpc::ClientContext context;
  rpc::ActAsService(
      context, bearer,
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - impl_->clock.Now()));
  std::vector<Movie> movies;
  auto reader = impl_->stub->ExportMovies(&context, {});
  for (catalog::v1::ExportMoviesResponse chunk; reader->Read(&chunk);) {
    for (const auto& movie : chunk.movies()) {
      if (!movie.title().empty()) movies.push_back(FromWire(movie));
    }
  }
  const auto status = reader->Finish();
  if (!status.ok()) {
    // The keeper tries again soon, with a new token.
    if (impl_->token != nullptr && status.error_code() == grpc::StatusCode::UNAUTHENTICATED) {
      impl_->token->Forget();
    }
    return rpc::FromGrpc(status, context);
  }
  return Catalogue::Make(std::move(movies));
}

}  // namespace marquee::recommender
