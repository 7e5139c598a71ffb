// What a task's models are judged on: a held-out part of the ratings, which they haven't seen.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "models/ranker.h"
#include "models/rating_matrix.h"
#include "models/registry.h"

namespace marquee::trainer {

class Exam {
 public:
  virtual ~Exam() = default;

  virtual const models::RatingMatrix& train() const = 0;  // what isn't held out
  // Metrics by name, among them the task's. `report` hears how much is done, 0 to 1; once it says
  // false the figures are worthless.
  virtual std::map<std::string, double> Judge(std::shared_ptr<const models::Ranker> ranker,
                                              const std::function<bool(double)>& report) const = 0;
  // How much is held out, as a metric: "held_out_users".
  virtual std::pair<std::string, double> size() const = 0;
};

// How the task is examined. FailedPrecondition "not_enough_ratings" when nothing can be held out.
Result<std::unique_ptr<Exam>> HoldOut(const models::Task& task, const models::RatingMatrix& ratings,
                                      std::uint64_t seed, int threads);

}  // namespace marquee::trainer
