// A model as it is served: everything that a recommendation, an explanation, a similar-items list
// or a predicted rating is computed from, and nothing about any user. `evaluate` measures this very
// class. Knows the seam (models/algorithm.h) and no algorithm.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/algorithm.h"
#include "models/elicitation.h"
#include "models/matrix_view.h"
#include "models/top_n.h"

namespace marquee::models {

// What was fitted, or read from an artefact. The parameters' storage keeps item_ids, too.
struct Model {
  std::string algorithm;              // as models/registry.h takes it
  std::span<const int64_t> item_ids;  // [items], ascending: index → movie id
  Parameters parameters;
};

// Immutable after Make; any number of threads. Item arguments are dense indices (IndexOf / IdOf);
// history items out of range are ignored. Of a history at most the last kMaxHistory items count.
class Ranker {
 public:
  static constexpr int kMaxHistory = 10'000;

  // InvalidArgument when ids don't ascend, "unknown_algorithm", "model_unfit".
  static Result<std::shared_ptr<const Ranker>> Make(Model model);

  int32_t items() const { return static_cast<int32_t>(model_.item_ids.size()); }
  std::optional<int32_t> IndexOf(int64_t item_id) const;
  int64_t IdOf(int32_t item) const { return model_.item_ids[static_cast<size_t>(item)]; }
  const Model& model() const { return model_; }

  // contributions[j] is what history[j] adds to the item's score; they sum to `score`: the one that
  // Recommend gives, less what doesn't depend on the history (Profile::AddShares).
  struct Explanation {
    float score = 0;
    std::vector<float> contributions;
  };

  // The best n for this history, best first, without the history's own items. Empty history:
  // empty list (the caller shows what is popular).
  std::vector<ScoredItem> Recommend(std::span<const RatedItem> history, int n,
                                    const ItemFilter& filter = {}) const;

  // The same, and Explain, of a history that was read already: folding in is the costly part.
  std::vector<ScoredItem> Recommend(const Profile& profile, std::span<const RatedItem> history,
                                    int n, const ItemFilter& filter = {}) const;
  std::vector<Explanation> Explain(const Profile& profile, std::span<const RatedItem> history,
                                   std::span<const int32_t> items) const;
  // The best n with the history's own items among them.
  std::vector<ScoredItem> Best(const Profile& profile, int n, const ItemFilter& filter = {}) const;

  // Whether the history's j-th rating is a dislike (models/algorithm.h); `profile` was read of it.
  bool Dislikes(const Profile& profile, std::span<const RatedItem> history, size_t j) const;

  // Scores of all items, [items()], as Recommend orders by.
  std::vector<float> ScoreAll(std::span<const RatedItem> history) const;

  std::vector<Explanation> Explain(std::span<const RatedItem> history,
                                   std::span<const int32_t> items) const;

  // Movies like this one, best first. Empty for an item out of range.
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter = {}) const;

  // One item's score, as the stars that this person would give where that is the model's task; of
  // an item out of range, what the person alone tells. For several items of one person: Read once.
  float Score(std::span<const RatedItem> history, int32_t item) const {
    return Read(history)->Score(item);
  }
  // Views the history.
  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const;

  // What to ask a new person about; nullptr where the model doesn't say.
  const Elicitation* elicitation() const { return elicitation_.get(); }

 private:
  Ranker(Model model, std::shared_ptr<const Scorer> scorer,
         std::shared_ptr<const Elicitation> elicitation)
      : model_(std::move(model)),
        scorer_(std::move(scorer)),
        elicitation_(std::move(elicitation)) {}

  Model model_;
  std::shared_ptr<const Scorer> scorer_;
  std::shared_ptr<const Elicitation> elicitation_;
};

}  // namespace marquee::models
