#include <array>

#include "models/confidence.h"
#include "models/ials/fold_in.h"

namespace marquee::models::ials {
namespace {

class IalsProfile final : public Profile {
 public:
  IalsProfile(const FoldIn& fold_in, MatrixView factors, std::vector<Observation> history)
      : fold_in_(fold_in),
        factors_(factors),
        system_(fold_in.Assemble(history)),
        vector_(fold_in.Solve(system_)) {}

  void AddScores(float weight, std::span<float> scores) const override {
    std::array<float, 1024> block;
    for (size_t first = 0; first < scores.size(); first += block.size()) {
      const size_t rows = std::min(block.size(), scores.size() - first);
      const MatrixView part{factors_.Row(static_cast<int32_t>(first)).data(),
                            static_cast<int32_t>(rows), factors_.columns};
      Scores(part, vector_, block);
      for (size_t i = 0; i < rows; ++i) scores[first + i] += weight * block[i];
    }
  }
  float Score(int32_t item) const override {
    if (item < 0 || item >= factors_.rows) return 0;
    float score = 0;
    Scores({factors_.Row(item).data(), 1, factors_.columns}, vector_, {&score, 1});
    return score;
  }
  void AddShares(int32_t item, float weight, std::span<float> shares) const override {
    fold_in_.AddShares(system_, item, weight, shares);
  }

 private:
  const FoldIn& fold_in_;
  MatrixView factors_;
  FoldIn::System system_;
  std::vector<float> vector_;
};

class IalsScorer final : public Scorer {
 public:
  IalsScorer(MatrixView factors, FoldIn fold_in, ConfidenceRule rule)
      : factors_(factors), fold_in_(std::move(fold_in)), likeness_(factors), rule_(rule) {}

  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const override {
    return std::make_unique<IalsProfile>(fold_in_, factors_, rule_.Observe(history));
  }
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const override {
    return likeness_.To(item, n, filter);
  }

 private:
  MatrixView factors_;
  FoldIn fold_in_;
  Likeness likeness_;
  ConfidenceRule rule_;
};

}  // namespace

Result<std::shared_ptr<const Scorer>> Load(const Parameters& parameters, int32_t items) {
  ASSIGN_OR_RETURN(const MatrixView factors, parameters.Matrix("ials.item_factors", items));
  ASSIGN_OR_RETURN(const MatrixView gram, parameters.Matrix("ials.item_gram", factors.columns));
  ASSIGN_OR_RETURN(const ConfidenceRule rule, ConfidenceRule::From(parameters, "ials"));
  FoldInOptions options;
  ASSIGN_OR_RETURN(options.alpha, parameters.Number("ials.alpha"));
  ASSIGN_OR_RETURN(options.unobserved_weight, parameters.Number("ials.unobserved_weight"));
  ASSIGN_OR_RETURN(options.regularization, parameters.Number("ials.regularization"));
  ASSIGN_OR_RETURN(options.regularization_exponent,
                   parameters.Number("ials.regularization_exponent"));
  ASSIGN_OR_RETURN(auto fold_in, FoldIn::Make(factors, gram.values(), options));
  return std::shared_ptr<const Scorer>(
      std::make_shared<IalsScorer>(factors, std::move(fold_in), rule));
}

}  // namespace marquee::models::ials
