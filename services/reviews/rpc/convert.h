// Domain to contract.
#pragma once

#include "marquee/reviews/v1/reviews.pb.h"
#include "reviews/domain/review.h"

namespace marquee::reviews {

void ToProto(const Review& review, v1::Review& out);

}  // namespace marquee::reviews
