#include "models/blend/blend.h"

#include <algorithm>
#include <utility>

namespace marquee::models::blend {
namespace {

class BlendProfile final : public Profile {
 public:
  BlendProfile(const std::vector<Part>& parts, std::span<const RatedItem> history) : parts_(parts) {
    for (const Part& part : parts) profiles_.push_back(part.scorer->Read(history));
  }
  void AddScores(float weight, std::span<float> scores) const override {
    for (size_t p = 0; p < parts_.size(); ++p)
      profiles_[p]->AddScores(weight * parts_[p].weight, scores);
  }
  float Score(int32_t item) const override {
    float score = 0;
    for (size_t p = 0; p < parts_.size(); ++p)
      score += parts_[p].weight * profiles_[p]->Score(item);
    return score;
  }
  void AddShares(int32_t item, float weight, std::span<float> shares) const override {
    for (size_t p = 0; p < parts_.size(); ++p)
      profiles_[p]->AddShares(item, weight * parts_[p].weight, shares);
  }

  bool Dislikes(size_t j) const override {
    return std::any_of(profiles_.begin(), profiles_.end(),
                       [j](const auto& profile) { return profile->Dislikes(j); });
  }

 private:
  const std::vector<Part>& parts_;
  std::vector<std::unique_ptr<const Profile>> profiles_;
};

class BlendScorer final : public Scorer {
 public:
  explicit BlendScorer(std::vector<Part> parts) : parts_(std::move(parts)) {}
  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const override {
    return std::make_unique<BlendProfile>(parts_, history);
  }
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const override {
    return parts_.front().scorer->Similar(item, n, filter);
  }

 private:
  std::vector<Part> parts_;
};

}  // namespace

std::shared_ptr<const Scorer> Make(std::vector<Part> parts) {
  return std::make_shared<BlendScorer>(std::move(parts));
}

}  // namespace marquee::models::blend
