#include "rating-ingest/app/rating_export.h"

#include "base/page_token.h"

namespace marquee::rating_ingest {
namespace {

// What a page token goes on with.
constexpr std::int64_t kRatings = 1;
constexpr std::int64_t kInteractions = 2;

std::string ListName(std::int64_t user_id) { return "export:" + std::to_string(user_id); }

std::string Token(std::int64_t user_id, std::int64_t stage, std::int64_t place) {
  return EncodeTypedPageToken(ListName(user_id), stage, place);
}

}  // namespace

Result<RatingExport::Page> RatingExport::Read(std::int64_t user_id, const std::string& page_token,
                                              const CallContext& call) {
  if (page_token.empty()) return ReadRatings(user_id, 0, call);
  ASSIGN_OR_RETURN(const auto key, (DecodeTypedPageToken<std::int64_t, std::int64_t>(
                                       ListName(user_id), page_token)));
  const auto [stage, place] = key;
  if (place < 0) return PageTokenRefused();
  if (stage == kRatings) return ReadRatings(user_id, place, call);
  if (stage == kInteractions) return ReadInteractions(user_id, place, call);
  return PageTokenRefused();
}

Result<RatingExport::Page> RatingExport::ReadRatings(std::int64_t user_id, std::int64_t after,
                                                     const CallContext& call) {
  RETURN_IF_ERROR(applied_.WaitFor(call));
  ASSIGN_OR_RETURN(auto kept, reader_.ListKept(user_id, after, kPageSize + 1, call));
  Page page;
  if (kept.size() > kPageSize) {
    kept.pop_back();
    page.next_page_token = Token(user_id, kRatings, kept.back().movie_id);
  } else {
    page.next_page_token = Token(user_id, kInteractions, 0);
  }
  page.ratings = std::move(kept);
  return page;
}

Result<RatingExport::Page> RatingExport::ReadInteractions(std::int64_t user_id, std::int64_t from,
                                                          const CallContext& call) {
  ASSIGN_OR_RETURN(auto found, interactions_.Read(user_id, from, call));
  Page page{.interactions = std::move(found.interactions)};
  if (found.next != 0) page.next_page_token = Token(user_id, kInteractions, found.next);
  return page;
}

}  // namespace marquee::rating_ingest
