// What a task's models are judged on: a held-out part of the ratings, which they haven't seen. They
// are judged person by person, so that two can be compared on the same people.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "models/paired.h"
#include "models/ranker.h"
#include "models/rating_matrix.h"
#include "models/registry.h"

namespace marquee::trainer {

struct Judged {
  std::map<std::string, double> metrics;  // by name, among them the task's
  std::vector<models::Figure> people;     // the task's metric; of every model the same people
};

class Exam {
 public:
  virtual ~Exam() = default;

  virtual const models::RatingMatrix& train() const = 0;  // what isn't held out
  // `report` hears how much is done, 0 to 1; once it says false the figures are worthless.
  virtual Judged Judge(std::shared_ptr<const models::Ranker> ranker,
                       const std::function<bool(double)>& report) const = 0;
  // How the people's figures make the task's metric.
  virtual models::Scale scale() const = 0;
  // How much is held out, as a metric: "held_out_users".
  virtual std::pair<std::string, double> size() const = 0;
};

// How the task is examined. FailedPrecondition "not_enough_ratings" when nothing can be held out.
Result<std::unique_ptr<Exam>> HoldOut(const models::Task& task, const models::RatingMatrix& ratings,
                                      std::uint64_t seed, int threads);

// By how much the candidate is better than the champion (of NDCG@100 higher, of RMSE lower), by a
// paired bootstrap of the people, seeded: "champion.gain", its 90 % interval "champion.gain_lower"
// and "_upper", and "champion.gain_people".
std::map<std::string, double> GainOver(const Judged& champion, const Judged& candidate,
                                       const models::Task& task, const Exam& exam,
                                       std::uint64_t seed);

}  // namespace marquee::trainer
