// The catalogue over gRPC, with a memory of the movies that exist.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "rating_ingest/app/ports.h"

namespace grpc {
class Channel;
}

namespace marquee::rating_ingest {

struct CatalogClientConfig {
  std::chrono::milliseconds timeout{1'000};
  std::chrono::milliseconds remember{
      60'000};                        // a movie that was deleted may be rated for this long
  std::size_t most_movies = 100'000;  // least recently used first out
};

// Thread-safe. Only that a movie exists is remembered: one that was just created is found at once.
class CatalogClient final : public MovieCatalog {
 public:
  CatalogClient(std::shared_ptr<grpc::Channel> channel, CatalogClientConfig config,
                const Clock& clock);
  ~CatalogClient() override;

  // Unavailable "catalog_unavailable" when it isn't remembered and can't be asked.
  Result<bool> Exists(std::int64_t movie_id, Time deadline) override;

 private:
  bool Remembers(std::int64_t movie_id);
  void Remember(std::int64_t movie_id);

  struct Stub;
  const std::unique_ptr<Stub> stub_;
  const CatalogClientConfig config_;
  const Clock& clock_;
  struct Known {
    std::int64_t movie_id = 0;
    Time until{};
  };
  std::mutex mutex_;
  std::list<Known> recent_;  // the most recently used first
  std::unordered_map<std::int64_t, std::list<Known>::iterator> known_;
};

}  // namespace marquee::rating_ingest
