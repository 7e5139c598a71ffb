// Movies, from CatalogService.GetMovie.
#pragma once

#include <memory>

#include "base/call_context.h"
#include "reviews/domain/ports.h"

namespace grpc {
class Channel;
}

namespace marquee::reviews {

class CatalogMovies final : public Movies {
 public:
  explicit CatalogMovies(const std::shared_ptr<grpc::Channel>& catalog);
  ~CatalogMovies() override;
  Status Require(std::int64_t movie_id, const CallContext& call) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::reviews
