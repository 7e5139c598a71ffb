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
    for (const bool estimated : {false, true}) {
      Each(estimated,
           [&](const Profile& profile, float own) { profile.AddScores(weight * own, scores); });
    }
  }
  bool HasEstimates() const override {
    return std::any_of(profiles_.begin(), profiles_.end(),
                       [](const auto& profile) { return profile->HasEstimates(); });
  }
  void AddEstimates(float weight, std::span<float> scores, std::span<float> errors,
                    std::span<float> exact) const override {
    for (const bool estimated : {false, true}) {
      Each(estimated, [&](const Profile& profile, float own) {
        profile.AddEstimates(weight * own, scores, errors, exact);
      });
    }
  }
  void AddScoresOf(std::span<const int32_t> items, float weight, std::span<const float> exact,
                   std::span<float> scores) const override {
    Profile::AddScoresOf(items, weight, exact, scores);
    Each(true, [&](const Profile& profile, float own) {
      profile.AddScoresOf(items, weight * own, exact, scores);
    });
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
  void AddSharesOf(std::span<const int32_t> items, std::span<const float> weights,
                   std::span<float> shares) const override {
    std::vector<float> scaled(weights.size());
    for (size_t p = 0; p < parts_.size(); ++p) {
      for (size_t i = 0; i < scaled.size(); ++i) scaled[i] = weights[i] * parts_[p].weight;
      profiles_[p]->AddSharesOf(items, scaled, shares);
    }
  }

  bool Dislikes(size_t j) const override {
    return std::any_of(profiles_.begin(), profiles_.end(),
                       [j](const auto& profile) { return profile->Dislikes(j); });
  }

 private:
  // Those that can be estimated come last: the sum of the others is the same to the bit, with
  // estimates and without.
  template <typename Add>  // void(profile, its weight)
  void Each(bool estimated, const Add& add) const {
    for (size_t p = 0; p < parts_.size(); ++p) {
      if (profiles_[p]->HasEstimates() == estimated) add(*profiles_[p], parts_[p].weight);
    }
  }

  const std::vector<Part>& parts_;
  std::vector<std::unique_ptr<const Profile>> profiles_;
};

class BlendScorer final : public Scorer {
 public:
  // A search may leave a part no weight: then nothing is worked out for it but what is similar.
  explicit BlendScorer(std::vector<Part> parts)
      : first_(parts.front().scorer), parts_(std::move(parts)) {
    std::erase_if(parts_, [](const Part& part) { return part.weight == 0; });
  }
  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const override {
    return std::make_unique<BlendProfile>(parts_, history);
  }
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const override {
    return first_->Similar(item, n, filter);
  }

 private:
  std::shared_ptr<const Scorer> first_;
  std::vector<Part> parts_;
};

}  // namespace

std::shared_ptr<const Scorer> Make(std::vector<Part> parts) {
  return std::make_shared<BlendScorer>(std::move(parts));
}

}  // namespace marquee::models::blend
