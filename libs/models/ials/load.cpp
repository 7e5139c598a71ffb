#include <algorithm>
#include <array>
#include <limits>

#include "models/confidence.h"
#include "models/ials/fold_in.h"
#include "models/rounded_rows.h"
#include "models/scratch.h"

namespace marquee::models::ials {
namespace {

// What was disliked takes from what it would have supported, and recommends nothing: its part of a
// score is min(0, ·).
class IalsProfile final : public Profile {
 public:
  IalsProfile(const FoldIn& fold_in, MatrixView factors, const RoundedRows& rounded,
              std::vector<Observation> history)
      : fold_in_(fold_in),
        factors_(factors),
        rounded_(rounded),
        history_(std::move(history)),
        system_(fold_in.Assemble(history_)) {
    std::vector<float> liked = system_.targets;
    std::vector<float> disliked = system_.targets;
    for (float& target : liked) target = std::max(target, 0.0F);
    for (float& target : disliked) target = std::min(target, 0.0F);
    vector_ = fold_in.Solve(system_, liked);
    if (std::any_of(disliked.begin(), disliked.end(), [](float target) { return target < 0; }))
      against_ = fold_in.Solve(system_, disliked);
  }

  void AddScores(float weight, std::span<float> scores) const override {
    std::array<float, kBlock> block;
    for (size_t first = 0; first < scores.size(); first += kBlock) {
      const std::span<float> part = scores.subspan(first, std::min(kBlock, scores.size() - first));
      Products(vector_, first, part.size(), block);
      for (size_t i = 0; i < part.size(); ++i) part[i] += weight * block[i];
      if (against_.empty()) continue;
      Products(against_, first, part.size(), block);
      for (size_t i = 0; i < part.size(); ++i) part[i] += weight * std::min(block[i], 0.0F);
    }
  }
  bool HasEstimates() const override { return true; }
  void AddEstimates(float weight, std::span<float> scores, std::span<float> errors,
                    std::span<float>) const override {
    const RoundedRows::Query liked = rounded_.Round(vector_);
    const RoundedRows::Query disliked = rounded_.Round(against_);
    std::array<float, kBlock> estimates, off;
    const auto add = [&](size_t first, size_t size, float most) {
      for (size_t i = 0; i < size; ++i) {
        const float term = weight * std::min(estimates[i], most);
        const float error = std::abs(weight) * off[i];
        float& sum = scores[first + i];
        float& sums_error = errors[first + i];
        sums_error += error + RoundingOf(std::abs(sum) + std::abs(term) + error + sums_error);
        sum += term;
      }
    };
    for (size_t first = 0; first < scores.size(); first += kBlock) {
      const size_t size = std::min(kBlock, scores.size() - first);
      const auto estimate = std::span(estimates).first(size);
      const auto error = std::span(off).first(size);
      rounded_.Estimate(liked, first, estimate, error);
      add(first, size, std::numeric_limits<float>::infinity());
      if (against_.empty()) continue;
      rounded_.Estimate(disliked, first, estimate, error);
      add(first, size, 0);
    }
  }
  void AddScoresOf(std::span<const int32_t> items, float weight, std::span<const float>,
                   std::span<float> scores) const override {
    Scratch products(items.size());
    ScoresOf(factors_, items, vector_, products);
    for (size_t i = 0; i < items.size(); ++i) scores[i] += weight * products[i];
    if (against_.empty()) return;
    ScoresOf(factors_, items, against_, products);
    for (size_t i = 0; i < items.size(); ++i) scores[i] += weight * std::min(products[i], 0.0F);
  }
  float Score(int32_t item) const override {
    if (item < 0 || item >= factors_.rows) return 0;
    float score = 0;
    AddRow(item, vector_, score, std::numeric_limits<float>::max());
    if (!against_.empty()) AddRow(item, against_, score, 0);
    return score;
  }
  void AddShares(int32_t item, float weight, std::span<float> shares) const override {
    AddSharesOf({&item, 1}, {&weight, 1}, shares);
  }
  void AddSharesOf(std::span<const int32_t> items, std::span<const float> weights,
                   std::span<float> shares) const override {
    if (against_.empty()) return fold_in_.AddShares(system_, items, weights, shares);
    const std::vector<float> ones(items.size(), 1);
    std::vector<float> own(shares.size(), 0);
    fold_in_.AddShares(system_, items, ones, own);
    const size_t history = history_.size();
    for (size_t i = 0; i < items.size(); ++i) {
      Share(std::span(own).subspan(i * history, history), weights[i],
            shares.subspan(i * history, history));
    }
  }
  bool Dislikes(size_t j) const override { return history_[j].target < 0; }

 private:
  static constexpr size_t kBlock = 1024;

  // What dislikes take together is shared by those that take: none adds.
  void Share(std::span<const float> own, float weight, std::span<float> shares) const {
    float together = 0;
    float taken = 0;
    for (size_t j = 0; j < own.size(); ++j) {
      if (!Dislikes(j)) continue;
      together += own[j];
      taken += std::min(own[j], 0.0F);
    }
    const float part = taken < 0 ? std::min(together, 0.0F) / taken : 0;
    for (size_t j = 0; j < own.size(); ++j)
      shares[j] += weight * (Dislikes(j) ? part * std::min(own[j], 0.0F) : own[j]);
  }
  void Products(const std::vector<float>& vector, size_t first, size_t rows,
                std::span<float> products) const {
    const MatrixView part{factors_.Row(static_cast<int32_t>(first)).data(),
                          static_cast<int32_t>(rows), factors_.columns};
    Scores(part, vector, products);
  }
  void AddRow(int32_t item, const std::vector<float>& vector, float& score, float most) const {
    float product = 0;
    Scores({factors_.Row(item).data(), 1, factors_.columns}, vector, {&product, 1});
    score += std::min(product, most);
  }

  const FoldIn& fold_in_;
  MatrixView factors_;
  const RoundedRows& rounded_;
  std::vector<Observation> history_;
  FoldIn::System system_;
  std::vector<float> vector_;   // of what is liked
  std::vector<float> against_;  // of what is disliked; empty where nothing is
};

class IalsScorer final : public Scorer {
 public:
  IalsScorer(MatrixView factors, FoldIn fold_in, ConfidenceRule rule)
      : factors_(factors),
        rounded_(factors),
        fold_in_(std::move(fold_in)),
        likeness_(factors),
        rule_(rule) {}

  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const override {
    return std::make_unique<IalsProfile>(fold_in_, factors_, rounded_, rule_.Observe(history));
  }
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const override {
    return likeness_.To(item, n, filter);
  }

 private:
  MatrixView factors_;
  RoundedRows rounded_;
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
