#include "rating-ingest/rpc/export_handler.h"

#include <google/protobuf/util/time_util.h>

#include "base/page_token.h"

namespace marquee::rating_ingest {
namespace {

namespace v1 = ratings::v1;
using google::protobuf::util::TimeUtil;

void Convert(const KeptRating& kept, v1::RatingLine& out) {
  const auto at = TimeUtil::MicrosecondsToTimestamp(kept.rated_at_us);
  if (kept.value) {
    auto& rating = *out.mutable_rating();
    rating.set_movie_id(kept.movie_id);
    rating.set_value(*kept.value);
    *rating.mutable_rated_at() = at;
    return;
  }
  out.mutable_retraction()->set_movie_id(kept.movie_id);
  *out.mutable_retraction()->mutable_retracted_at() = at;
}

events::v1::InteractionKind KindOf(InteractionKind kind) {
  switch (kind) {
    case InteractionKind::kImpression: return events::v1::INTERACTION_KIND_IMPRESSION;
    case InteractionKind::kClick: return events::v1::INTERACTION_KIND_CLICK;
    case InteractionKind::kWatch: return events::v1::INTERACTION_KIND_WATCH;
  }
  return events::v1::INTERACTION_KIND_UNSPECIFIED;
}

void Convert(const Interaction& interaction, v1::Interaction& out) {
  out.set_movie_id(interaction.movie_id);
  out.set_kind(KindOf(interaction.kind));
  *out.mutable_occurred_at() = TimeUtil::MicrosecondsToTimestamp(interaction.occurred_at_us);
  out.set_recommendation_id(interaction.recommendation_id);
}

}  // namespace

ExportHandler::ExportHandler(RatingExport& ratings, std::string then)
    : export_(ratings), then_(std::move(then)) {
  Register(this, &ExportHandler::ExportMyRatings);
}

Result<v1::ExportMyRatingsResponse> ExportHandler::ExportMyRatings(
    const rpc::Call& call, const v1::ExportMyRatingsRequest& request) {
  ASSIGN_OR_RETURN(const auto user, call.User());
  ASSIGN_OR_RETURN(const auto page, export_.Read(user, request.page_token(), call.context()));
  v1::ExportMyRatingsResponse response;
  for (const auto& kept : page.ratings) Convert(kept, *response.add_lines());
  for (const auto& one : page.interactions)
    Convert(one, *response.add_lines()->mutable_interaction());
  response.set_link(NextLink("/v1/me/export/ratings", page.next_page_token, then_));
  return response;
}

}  // namespace marquee::rating_ingest
