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

// A row that the server left out, though it kept our rules: its clock differs, or its version.
struct RefusedRow {
  std::size_t row = 0;  // of those sent, from 0
  Error error{};
};
struct Refused {
  std::int64_t count = 0;
  std::vector<RefusedRow> rows{};  // the first 1,000
};

struct MoviesImported {
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  Refused refused{};
};

struct PartitionOffset {
  std::int32_t partition;
  std::int64_t end_offset;
};

struct RatingsSent {
  std::int64_t accepted = 0;
  std::vector<PartitionOffset> offsets{};  // that say when the writer will have applied them
  Refused refused{};
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

// Returns once Kafka has every rating that the server takes.
Result<RatingsSent> SendRatings(const std::shared_ptr<grpc::Channel>& ratings,
                                const std::string& bearer, const std::vector<Rating>& rows,
                                const SendProgress& progress);

Result<IngestStatus> GetIngestStatus(const std::shared_ptr<grpc::Channel>& ratings,
                                     const std::string& bearer);

}  // namespace marquee::ctl
