// What requests are answered from: one immutable snapshot of the models in use, the catalogue and
// what joins them. A request takes one snapshot and answers from it alone, so every answer names
// the one model that made it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "models/ranker.h"
#include "models/registry.h"
#include "recommender/domain/catalogue.h"

namespace marquee::recommender {

// A version of a task's model, in use.
struct ModelInUse {
  std::int64_t version = 0;
  Time created_at;
  std::shared_ptr<const models::Ranker> ranker;
};
using Models = std::map<std::string, std::shared_ptr<const ModelInUse>, std::less<>>;  // by task
using Tasks = std::set<std::string, std::less<>>;

class Serving {
 public:
  // Any model and the catalogue may be missing.
  Serving(Models models, std::shared_ptr<const Catalogue> catalogue, Tasks lost = {});

  // nullptr while none is in use.
  const ModelInUse* model(std::string_view task) const;
  const ModelInUse* ranking() const { return model(models::kRanking); }
  const ModelInUse* rating() const { return model(models::kRating); }
  const Catalogue* catalogue() const { return catalogue_.get(); }
  // Whether the registry names a champion that could not be had, and none is in use. A model that
  // is neither in use nor lost is one that was never promoted.
  bool lost(std::string_view task) const { return lost_.contains(task); }

  // The catalogue's row of an item of the ranking model; −1: the movie isn't in the catalogue (any
  // more) and is never shown.
  std::int32_t RowOfItem(std::int32_t item) const {
    return row_of_item_[static_cast<std::size_t>(item)];
  }
  // One bit for each item of the ranking model that is in the catalogue and matches.
  std::vector<std::uint64_t> Allowed(const Catalogue::Query& query) const;

 private:
  friend class ServingHolder;
  Models models_;
  std::shared_ptr<const Catalogue> catalogue_;
  Tasks lost_;
  std::vector<std::int32_t> row_of_item_;
  std::vector<std::uint64_t> known_;
  std::vector<std::vector<std::uint64_t>> by_genre_;
};

// The snapshot in use. Thread-safe; a reader never waits for an installation to be prepared.
class ServingHolder {
 public:
  ServingHolder() : current_(std::make_shared<const Serving>(Models{}, nullptr)) {}

  std::shared_ptr<const Serving> Get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void Install(std::string_view task, std::shared_ptr<const ModelInUse> model);
  void Install(std::shared_ptr<const Catalogue> catalogue);
  // Takes back what was said before, of a model that isn't in use; one that comes in is lost no
  // more.
  void SetLost(std::string_view task, bool lost);

 private:
  void Swap(std::shared_ptr<const Serving> next);

  std::mutex installing_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Serving> current_;
};

}  // namespace marquee::recommender
