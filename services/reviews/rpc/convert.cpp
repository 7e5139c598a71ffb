#include "reviews/rpc/convert.h"

#include <google/protobuf/util/time_util.h>

namespace marquee::reviews {
namespace {

void ToProto(Time time, google::protobuf::Timestamp& out) {
  const std::chrono::nanoseconds since = time.time_since_epoch();
  out = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(since.count());
}

}  // namespace

void ToProto(const Review& review, v1::Review& out) {
  out.set_review_id(review.review_id);
  out.set_movie_id(review.movie_id);
  out.set_user_id(review.user_id);
  out.set_author(review.author);
  out.set_text(review.text);
  ToProto(review.created_at, *out.mutable_created_at());
  ToProto(review.updated_at, *out.mutable_updated_at());
}

}  // namespace marquee::reviews
