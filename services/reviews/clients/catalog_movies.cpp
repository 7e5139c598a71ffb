#include "reviews/clients/catalog_movies.h"

#include <grpcpp/grpcpp.h>

#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "reviews/clients/outage.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::reviews {

struct CatalogMovies::Impl {
  std::unique_ptr<catalog::v1::CatalogService::Stub> stub;
};

CatalogMovies::CatalogMovies(const std::shared_ptr<grpc::Channel>& catalog)
    : impl_(new Impl{catalog::v1::CatalogService::NewStub(catalog)}) {}

CatalogMovies::~CatalogMovies() = default;

Status CatalogMovies::Require(std::int64_t movie_id, const CallContext& call) {
  catalog::v1::GetMovieRequest request;
  request.set_movie_id(movie_id);
  catalog::v1::GetMovieResponse response;
  grpc::ClientContext context;
  rpc::CallAnonymously(context, call, kPatience);  // anyone may read the catalogue
  const auto status = impl_->stub->GetMovie(&context, request, &response);
  if (status.ok()) return {};
  return OutageOf("catalog", rpc::FromGrpc(status));
}

}  // namespace marquee::reviews
