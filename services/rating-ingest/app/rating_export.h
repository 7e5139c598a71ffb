// All that is kept of a person, for that person: page by page, so that it takes little memory
// however much it is.
#pragma once

#include <string>
#include <vector>

#include "base/call_context.h"
#include "rating-ingest/app/applied_positions.h"
#include "rating-ingest/app/ports.h"

namespace marquee::rating_ingest {

class RatingExport {
 public:
  static constexpr int kPageSize = 1'000;

  RatingExport(RatingReader& reader, InteractionReader& interactions, AppliedPositions& applied)
      : reader_(reader), interactions_(interactions), applied_(applied) {}

  struct Page {
    std::vector<KeptRating> ratings = {};
    std::vector<Interaction> interactions = {};
    std::string next_page_token = {};  // empty on the last page; a page before it may have nothing
  };
  // The ratings, by movie, the caller's own last writes included; then the interactions, as they
  // came. InvalidArgument "page_token_invalid"; Unavailable "kafka_unavailable" for the latter.
  Result<Page> Read(std::int64_t user_id, const std::string& page_token, const CallContext& call);

 private:
  Result<Page> ReadRatings(std::int64_t user_id, std::int64_t after, const CallContext& call);
  Result<Page> ReadInteractions(std::int64_t user_id, std::int64_t from, const CallContext& call);

  RatingReader& reader_;
  InteractionReader& interactions_;
  AppliedPositions& applied_;
};

}  // namespace marquee::rating_ingest
