// A user's stored ratings, from RatingsService.GetUserHistory, in the caller's own name.
#pragma once

#include <memory>

#include "recommender/domain/history.h"

namespace grpc {
class Channel;
}

namespace marquee::recommender {

class RatingsClient final : public HistorySource {
 public:
  explicit RatingsClient(std::shared_ptr<grpc::Channel> ratings);
  ~RatingsClient() override;

  Result<StoredHistory> Read(const CallContext& call) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::recommender
