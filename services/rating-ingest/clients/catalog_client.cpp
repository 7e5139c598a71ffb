#include "rating-ingest/clients/catalog_client.h"

#include <grpcpp/grpcpp.h>

#include "logging/log.h"
#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::rating_ingest {

struct CatalogClient::Stub {
  std::unique_ptr<catalog::v1::CatalogService::Stub> catalog;
};

CatalogClient::CatalogClient(std::shared_ptr<grpc::Channel> channel,
                             std::chrono::milliseconds timeout, const Clock& clock)
    : stub_(new Stub{catalog::v1::CatalogService::NewStub(channel)}),
      timeout_(timeout),
      clock_(clock) {}

CatalogClient::~CatalogClient() = default;

Result<bool> CatalogClient::Exists(std::int64_t movie_id, const CallContext& call) {
  grpc::ClientContext context;
  rpc::CallAnonymously(context, call, timeout_);  // anyone may read the catalogue
  catalog::v1::GetMovieRequest request;
  request.set_movie_id(movie_id);
  catalog::v1::GetMovieResponse response;
  const auto status = stub_->catalog->GetMovie(&context, request, &response);
  if (status.ok()) return true;
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return false;
  logging::Warning("the catalogue can't be asked",
                   {{"movie_id", movie_id}, {"error", rpc::FromGrpc(status).ToString()}});
  return Error::Unavailable("catalog_unavailable",
                            "the catalogue can't be asked whether the movie exists; try again");
}

}  // namespace marquee::rating_ingest
