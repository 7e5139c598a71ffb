// The most rated first, whoever asks.
#include "models/algorithm.h"

namespace marquee::models::popularity {
namespace {

class PopularityProfile final : public Profile {
 public:
  explicit PopularityProfile(std::span<const float> counts) : counts_(counts) {}
  void AddScores(float weight, std::span<float> scores) const override {
    for (size_t item = 0; item < counts_.size(); ++item) scores[item] += weight * counts_[item];
  }
  float Score(int32_t item) const override {
    const auto at = static_cast<size_t>(item);
    return item >= 0 && at < counts_.size() ? counts_[at] : 0;
  }
  void AddShares(int32_t, float, std::span<float>) const override {}

 private:
  std::span<const float> counts_;
};

class PopularityScorer final : public Scorer {
 public:
  explicit PopularityScorer(std::span<const float> counts) : counts_(counts) {}
  std::unique_ptr<const Profile> Read(std::span<const RatedItem>) const override {
    return std::make_unique<PopularityProfile>(counts_);
  }
  std::vector<ScoredItem> Similar(int32_t, int, const ItemFilter&) const override { return {}; }

 private:
  std::span<const float> counts_;
};

}  // namespace

Result<std::shared_ptr<const Scorer>> Load(const Parameters& parameters, int32_t items) {
  ASSIGN_OR_RETURN(const auto counts,
                   parameters.Vector("popularity.counts", static_cast<size_t>(items)));
  return std::shared_ptr<const Scorer>(std::make_shared<PopularityScorer>(counts));
}

}  // namespace marquee::models::popularity
