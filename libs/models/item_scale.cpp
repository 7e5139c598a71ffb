#include "models/item_scale.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/scratch.h"

namespace marquee::models {
namespace {

constexpr char kScale[] = "ranking.item_scale";
constexpr char kPrior[] = "ranking.item_prior";

struct ItemScaleView {
  std::span<const float> scale;
  std::span<const float> prior;
};

class ScaledProfile final : public Profile {
 public:
  ScaledProfile(std::unique_ptr<const Profile> profile, const ItemScaleView& items)
      : profile_(std::move(profile)), items_(items) {}

  void AddScores(float weight, std::span<float> scores) const override {
    Scratch own(scores.size());
    profile_->AddScores(weight, own);
    for (size_t item = 0; item < scores.size(); ++item)
      scores[item] += items_.scale[item] * own[item] + weight * items_.prior[item];
  }
  bool HasEstimates() const override { return profile_->HasEstimates(); }
  void AddEstimates(float weight, std::span<float> scores, std::span<float> errors,
                    std::span<float> exact) const override {
    Scratch own(scores.size());
    Scratch own_errors(scores.size());
    profile_->AddEstimates(weight, own, own_errors, exact);
    for (size_t item = 0; item < scores.size(); ++item) {
      const float scaled = items_.scale[item] * own[item];
      const float prior = weight * items_.prior[item];
      const float error = std::abs(items_.scale[item]) * own_errors[item];
      errors[item] += error + RoundingOf(std::abs(scores[item]) + std::abs(scaled) +
                                         std::abs(prior) + error + errors[item]);
      scores[item] += scaled + prior;
    }
  }
  void AddScoresOf(std::span<const int32_t> items, float weight, std::span<const float> exact,
                   std::span<float> scores) const override {
    Scratch own(scores.size());
    profile_->AddScoresOf(items, weight, exact, own);
    for (size_t i = 0; i < items.size(); ++i) {
      const auto item = static_cast<size_t>(items[i]);
      scores[i] += items_.scale[item] * own[i] + weight * items_.prior[item];
    }
  }
  float Score(int32_t item) const override {
    if (!Known(item)) return profile_->Score(item);
    return Scale(item) * profile_->Score(item) + items_.prior[static_cast<size_t>(item)];
  }
  void AddShares(int32_t item, float weight, std::span<float> shares) const override {
    if (Known(item)) profile_->AddShares(item, weight * Scale(item), shares);
  }
  void AddSharesOf(std::span<const int32_t> items, std::span<const float> weights,
                   std::span<float> shares) const override {
    std::vector<float> scaled(weights.begin(), weights.end());
    for (size_t i = 0; i < items.size(); ++i) scaled[i] *= Known(items[i]) ? Scale(items[i]) : 0;
    profile_->AddSharesOf(items, scaled, shares);
  }
  bool Dislikes(size_t j) const override { return profile_->Dislikes(j); }

 private:
  bool Known(int32_t item) const {
    return item >= 0 && static_cast<size_t>(item) < items_.scale.size();
  }
  float Scale(int32_t item) const { return items_.scale[static_cast<size_t>(item)]; }

  std::unique_ptr<const Profile> profile_;
  const ItemScaleView& items_;
};

class ScaledScorer final : public Scorer {
 public:
  ScaledScorer(std::shared_ptr<const Scorer> scorer, ItemScaleView items)
      : scorer_(std::move(scorer)), items_(items) {}
  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const override {
    return std::make_unique<ScaledProfile>(scorer_->Read(history), items_);
  }
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const override {
    return scorer_->Similar(item, n, filter);
  }

 private:
  std::shared_ptr<const Scorer> scorer_;
  ItemScaleView items_;
};

}  // namespace

ItemScale ScaleOf(const RatingMatrix& ratings, const ItemScaleOptions& options) {
  ItemScale items;
  const auto users = static_cast<float>(std::max(ratings.users(), 1));
  for (int32_t item = 0; item < ratings.items(); ++item) {
    const auto raters = static_cast<float>(ratings.by_item().RowSize(item));
    items.scale.push_back(std::pow(std::max(raters, 1.0F), options.popularity_exponent));
    items.prior.push_back(options.prior * raters / users);
  }
  return items;
}

void AddItemScale(ItemScale items, Parameters& parameters) {
  const ItemScale& kept = parameters.Keep(std::move(items));
  parameters.Add(kScale, std::span<const float>(kept.scale));
  parameters.Add(kPrior, std::span<const float>(kept.prior));
}

Result<std::shared_ptr<const Scorer>> WithItemScale(std::shared_ptr<const Scorer> scorer,
                                                    const Parameters& parameters, int32_t items) {
  if (!parameters.Has(kScale)) return scorer;
  ItemScaleView scale;
  ASSIGN_OR_RETURN(scale.scale, parameters.Vector(kScale, static_cast<size_t>(items)));
  ASSIGN_OR_RETURN(scale.prior, parameters.Vector(kPrior, static_cast<size_t>(items)));
  return std::shared_ptr<const Scorer>(std::make_shared<ScaledScorer>(std::move(scorer), scale));
}

}  // namespace marquee::models
