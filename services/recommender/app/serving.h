// What requests are answered from: one immutable snapshot of the models in use, the catalogue and
// what joins them. A request takes one snapshot and answers from it alone, so every answer names
// the one model that made it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "models/ranker.h"
#include "recommender/domain/catalogue.h"

namespace marquee::recommender {

// A version of the model "ranking".
struct RankingModel {
  std::int64_t version = 0;
  Time created_at;
  std::shared_ptr<const models::Ranker> ranker;
};

// A version of the model "rating". The predictor views `served`, whose storage keeps it alive.
struct RatingModel {
  // InvalidArgument when the tensors don't fit each other or there is no rating model in them.
  static Result<std::shared_ptr<const RatingModel>> Make(std::int64_t version, Time created_at,
                                                         models::ServedModel served);

  std::int64_t version = 0;
  Time created_at;
  models::ServedModel served;
  models::RatingPredictor predictor;
};

// Models that the registry names as champions, that could not be had, and for which none is in use.
// A model that is in neither is one that was never promoted.
struct LostModels {
  bool ranking = false;
  bool rating = false;
  friend bool operator==(const LostModels&, const LostModels&) = default;
};

class Serving {
 public:
  // Either model and the catalogue may be missing.
  Serving(std::shared_ptr<const RankingModel> ranking, std::shared_ptr<const RatingModel> rating,
          std::shared_ptr<const Catalogue> catalogue, LostModels lost = {});

  const RankingModel* ranking() const { return ranking_.get(); }
  const RatingModel* rating() const { return rating_.get(); }
  const Catalogue* catalogue() const { return catalogue_.get(); }
  LostModels lost() const { return lost_; }

  // The catalogue's row of an item of the ranking model; −1: the movie isn't in the catalogue (any
  // more) and is never shown.
  std::int32_t RowOfItem(std::int32_t item) const {
    return row_of_item_[static_cast<std::size_t>(item)];
  }
  // One bit for each item of the ranking model that is in the catalogue and matches.
  std::vector<std::uint64_t> Allowed(const Catalogue::Query& query) const;

 private:
  friend class ServingHolder;
  std::shared_ptr<const RankingModel> ranking_;
  std::shared_ptr<const RatingModel> rating_;
  std::shared_ptr<const Catalogue> catalogue_;
  LostModels lost_;
  std::vector<std::int32_t> row_of_item_;
  std::vector<std::uint64_t> known_;
  std::vector<std::vector<std::uint64_t>> by_genre_;
};

// The snapshot in use. Thread-safe; a reader never waits for an installation to be prepared.
class ServingHolder {
 public:
  ServingHolder() : current_(std::make_shared<const Serving>(nullptr, nullptr, nullptr)) {}

  std::shared_ptr<const Serving> Get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void Install(std::shared_ptr<const RankingModel> ranking);
  void Install(std::shared_ptr<const RatingModel> rating);
  void Install(std::shared_ptr<const Catalogue> catalogue);
  // Takes back what was said before, of a model that isn't in use; one that comes in is lost no
  // more.
  void SetRankingLost(bool lost);
  void SetRatingLost(bool lost);

 private:
  void SetLost(LostModels lost);
  void Swap(std::shared_ptr<const Serving> next);

  std::mutex installing_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Serving> current_;
};

}  // namespace marquee::recommender
