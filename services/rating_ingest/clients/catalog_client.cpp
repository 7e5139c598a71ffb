#include "rating_ingest/clients/catalog_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "logging/log.h"
#include "marquee/catalog/v1/catalog.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"

namespace marquee::rating_ingest {

struct CatalogClient::Stub {
  std::unique_ptr<catalog::v1::CatalogService::Stub> catalog;
};

CatalogClient::CatalogClient(std::shared_ptr<grpc::Channel> channel, CatalogClientConfig config,
                             const Clock& clock)
    : stub_(new Stub{catalog::v1::CatalogService::NewStub(channel)}),
      config_(config),
      clock_(clock) {}

CatalogClient::~CatalogClient() = default;

Result<bool> CatalogClient::Exists(std::int64_t movie_id, Time deadline) {
  if (Remembers(movie_id)) return true;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_.Now());
  grpc::ClientContext context;
  rpc::ActAsService(context, {}, std::min(left, config_.timeout));
  catalog::v1::GetMovieRequest request;
  request.set_movie_id(movie_id);
  catalog::v1::GetMovieResponse response;
  const auto status = stub_->catalog->GetMovie(&context, request, &response);
  if (status.ok()) {
    Remember(movie_id);
    return true;
  }
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return false;
  logging::Warning("the catalogue can't be asked",
                   {{"movie_id", movie_id}, {"error", rpc::FromGrpc(status, context).ToString()}});
  return Error::Unavailable("catalog_unavailable",
                            "the catalogue can't be asked whether the movie exists; try again");
}

bool CatalogClient::Remembers(std::int64_t movie_id) {
  const Time now = clock_.Now();
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(movie_id);
  if (found == known_.end()) return false;
  if (found->second->until <= now) {
    recent_.erase(found->second);
    known_.erase(found);
    return false;
  }
  recent_.splice(recent_.begin(), recent_, found->second);
  return true;
}

void CatalogClient::Remember(std::int64_t movie_id) {
  const Time until = clock_.Now() + config_.remember;
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(movie_id);
  if (found != known_.end()) {
    found->second->until = until;
    return;
  }
  recent_.push_front({movie_id, until});
  known_[movie_id] = recent_.begin();
  if (recent_.size() > config_.most_movies) {
    known_.erase(recent_.back().movie_id);
    recent_.pop_back();
  }
}

}  // namespace marquee::rating_ingest
