// The catalogue, from CatalogService.ExportMovies.
#pragma once

#include <memory>

#include "recommender/domain/catalogue.h"

namespace grpc {
class Channel;
}
namespace marquee::rpc {
class ServiceToken;
}

namespace marquee::recommender {

class CatalogClient final : public MovieSource {
 public:
  // `token` outlives it; nullptr calls without one (tests).
  CatalogClient(std::shared_ptr<grpc::Channel> catalog, rpc::ServiceToken* token,
                const Clock& clock);
  ~CatalogClient() override;

  // Movies without a title are left out: there is nothing to show.
  Result<std::shared_ptr<const Catalogue>> ReadAll(Time deadline) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::recommender
