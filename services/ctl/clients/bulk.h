// Bulk transfer over gRPC, for imports: straight to the services, since a stream is no business of
// REST.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ctl/domain/dataset.h"

namespace grpc {
class Channel;
}

namespace marquee::ctl {

struct MoviesImported {
  std::int64_t received = 0;
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
};

struct PartitionOffset {
  std::int32_t partition;
  std::int64_t end_offset;
};

struct IngestStatus {
  std::vector<std::int64_t> next_offsets;  // by partition
  std::int64_t rating_count = 0;
  std::int64_t dead_letter_count = 0;
};

// Called with the number of rows sent so far.
using SendProgress = std::function<void(std::int64_t)>;

Result<MoviesImported> SendMovies(const std::shared_ptr<grpc::Channel>& catalog,
                                  const std::string& bearer, const std::vector<Movie>& movies,
                                  const SendProgress& progress);

// Returns once Kafka has every rating; the offsets say when the writer will have applied them.
Result<std::vector<PartitionOffset>> SendRatings(const std::shared_ptr<grpc::Channel>& ratings,
                                                 const std::string& bearer,
                                                 const std::vector<Rating>& rows,
                                                 const SendProgress& progress);

Result<IngestStatus> GetIngestStatus(const std::shared_ptr<grpc::Channel>& ratings,
                                     const std::string& bearer);

}  // namespace marquee::ctl
