// The catalogue over gRPC.
#pragma once

#include <chrono>
#include <memory>

#include "base/call_context.h"
#include "rating-ingest/app/ports.h"

namespace grpc {
class Channel;
}

namespace marquee::rating_ingest {

// Thread-safe.
class CatalogClient final : public MovieCatalog {
 public:
  CatalogClient(std::shared_ptr<grpc::Channel> channel, std::chrono::milliseconds timeout,
                const Clock& clock);
  ~CatalogClient() override;

  // Unavailable "catalog_unavailable" when it can't be asked within the timeout.
  Result<bool> Exists(std::int64_t movie_id, const CallContext& call) override;

 private:
  struct Stub;
  const std::unique_ptr<Stub> stub_;
  const std::chrono::milliseconds timeout_;
  const Clock& clock_;
};

}  // namespace marquee::rating_ingest
