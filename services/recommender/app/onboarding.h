// What a new person is asked (models/elicitation.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "recommender/app/serving.h"

namespace marquee::recommender {

// By movie ids; of movies that there aren't nothing is learnt.
struct OnboardingRequest {
  std::vector<std::int64_t> rated = {};
  std::vector<std::int64_t> unknown = {};  // they don't know them, or won't rate them
  int count = 0;                           // 1 when it isn't positive, 20 at most
};

struct OnboardingQuestion {
  std::int32_t row = 0;  // in the snapshot's catalogue
  // Where a model chose it.
  std::optional<double> chance_known = {};
  std::optional<double> information = {};
};

struct OnboardingList {
  std::shared_ptr<const Serving> serving;
  std::vector<OnboardingQuestion> questions;  // best first
  std::int64_t model_version = 0;             // 0: no model chose them
  bool degraded = false;                      // the most rated movies stand in
};

// `serving` has a catalogue.
OnboardingList Onboard(std::shared_ptr<const Serving> serving, const OnboardingRequest& request);

}  // namespace marquee::recommender
