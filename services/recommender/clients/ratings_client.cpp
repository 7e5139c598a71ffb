#include "recommender/clients/ratings_client.h"

#include <grpcpp/grpcpp.h>

#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "rpc/client.h"
#include "rpc/status.h"
#include "rules/rating.h"

namespace marquee::recommender {

struct RatingsClient::Impl {
  std::unique_ptr<ratings::v1::RatingsService::Stub> stub;
};

RatingsClient::RatingsClient(std::shared_ptr<grpc::Channel> ratings)
    : impl_(new Impl{ratings::v1::RatingsService::NewStub(ratings)}) {}

RatingsClient::~RatingsClient() = default;

Result<StoredHistory> RatingsClient::Read(const CallContext& call) {
  grpc::ClientContext context;
  rpc::ForwardCall(context, call);
  ratings::v1::GetUserHistoryRequest request;
  request.set_user_id(call.caller.user_id);
  ratings::v1::GetUserHistoryResponse response;
  const auto status = impl_->stub->GetUserHistory(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  if (response.movie_ids_size() != response.values_size()) {
    return Error::DataLoss("history_malformed", "The columns of a history differ in length.");
  }
  StoredHistory history{.position = {.partition = response.partition(),
                                     .next_offset = response.next_offset(),
                                     .fingerprint = response.fingerprint()}};
  history.ratings.reserve(static_cast<std::size_t>(response.movie_ids_size()) +
                          static_cast<std::size_t>(response.older_movie_ids_size()));
  for (int at = 0; at < response.movie_ids_size(); ++at) {
    if (!rules::IsRatingValue(response.values(at))) continue;
    history.ratings.push_back({response.movie_ids(at), response.values(at)});
  }
  for (const auto movie_id : response.older_movie_ids()) history.ratings.push_back({movie_id, 0});
  return history;
}

}  // namespace marquee::recommender
