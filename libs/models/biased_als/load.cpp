#include <vector>

#include "models/biased_als/biased_als.h"

namespace marquee::models::biased_als {
namespace {

class BiasedAlsProfile final : public Profile {
 public:
  BiasedAlsProfile(const RatingPredictor& predictor, int32_t items,
                   std::span<const RatedItem> history)
      : predictor_(predictor), items_(items), history_(history), user_(predictor.FoldIn(history)) {}
  void AddScores(float weight, std::span<float> scores) const override {
    for (int32_t item = 0; item < items_; ++item)
      scores[static_cast<size_t>(item)] += weight * Score(item);
  }
  float Score(int32_t item) const override { return predictor_.Predict(user_, item); }
  void AddShares(int32_t item, float weight, std::span<float> shares) const override {
    predictor_.AddShares(history_, item, weight, shares);
  }

 private:
  const RatingPredictor& predictor_;
  int32_t items_;
  std::span<const RatedItem> history_;
  RatingPredictor::User user_;
};

class BiasedAlsScorer final : public Scorer {
 public:
  BiasedAlsScorer(RatingPredictor predictor, MatrixView factors, int32_t items)
      : predictor_(predictor), likeness_(factors), items_(items) {}
  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const override {
    return std::make_unique<BiasedAlsProfile>(predictor_, items_, history);
  }
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const override {
    return likeness_.To(item, n, filter);
  }

 private:
  RatingPredictor predictor_;
  Likeness likeness_;
  int32_t items_;
};

}  // namespace

Result<std::shared_ptr<const Scorer>> Load(const Parameters& parameters, int32_t items) {
  ASSIGN_OR_RETURN(const auto bias,
                   parameters.Vector("biased_als.item_bias", static_cast<size_t>(items)));
  ASSIGN_OR_RETURN(const auto mean, parameters.Vector("biased_als.global_mean", 1));
  MatrixView factors;
  if (parameters.Has("biased_als.item_factors")) {
    ASSIGN_OR_RETURN(factors, parameters.Matrix("biased_als.item_factors", items));
  }
  BiasedFoldInOptions options;
  ASSIGN_OR_RETURN(options.user_damping, parameters.Number("biased_als.user_damping"));
  ASSIGN_OR_RETURN(options.regularization, parameters.Number("biased_als.regularization"));
  return std::shared_ptr<const Scorer>(std::make_shared<BiasedAlsScorer>(
      RatingPredictor(mean[0], bias, factors, options), factors, items));
}

}  // namespace marquee::models::biased_als
