// RatingsSource: rating-ingest's ExportRatings, checked against its own summary.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "trainer/domain/ports.h"

namespace grpc {
class Channel;
}
namespace marquee::rpc {
class ServiceToken;
}

namespace marquee::trainer {

struct RatingsClientOptions {
  std::chrono::milliseconds timeout{600'000};  // for the whole export
  std::int64_t max_ratings = 200'000'000;      // 20 bytes each while they come in
};

class RatingsClient final : public RatingsSource {
 public:
  RatingsClient(std::shared_ptr<grpc::Channel> ratings, rpc::ServiceToken& token,
                RatingsClientOptions options);
  ~RatingsClient() override;
  Result<Snapshot> Export(const std::function<void(std::int64_t rows)>& progress,
                          std::stop_token stop) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::trainer
