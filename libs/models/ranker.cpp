#include "models/ranker.h"

#include <algorithm>
#include <functional>

#include "models/rating_matrix.h"
#include "models/registry.h"
#include "models/scratch.h"

namespace marquee::models {
namespace {

std::span<const RatedItem> Recent(std::span<const RatedItem> history) {
  return history.last(std::min(history.size(), static_cast<size_t>(Ranker::kMaxHistory)));
}

}  // namespace

Result<std::shared_ptr<const Ranker>> Ranker::Make(Model model) {
  if (std::adjacent_find(model.item_ids.begin(), model.item_ids.end(), std::greater_equal<>()) !=
      model.item_ids.end()) {
    return Unfit("the item ids don't ascend");
  }
  const auto items = static_cast<int32_t>(model.item_ids.size());
  ASSIGN_OR_RETURN(auto scorer, LoadScorer(model.algorithm, model.parameters, items));
  ASSIGN_OR_RETURN(auto elicitation, Elicitation::Load(model.parameters, items));
  return std::shared_ptr<const Ranker>(
      new Ranker(std::move(model), std::move(scorer), std::move(elicitation)));
}

std::optional<int32_t> Ranker::IndexOf(int64_t item_id) const {
  return models::IndexOf(model_.item_ids, item_id);
}

std::unique_ptr<const Profile> Ranker::Read(std::span<const RatedItem> history) const {
  return scorer_->Read(Recent(history));
}

std::vector<float> Ranker::ScoreAll(std::span<const RatedItem> history) const {
  std::vector<float> scores(model_.item_ids.size(), 0);
  Read(history)->AddScores(1, scores);
  return scores;
}

std::vector<ScoredItem> Ranker::Recommend(std::span<const RatedItem> history, int n,
                                          const ItemFilter& filter) const {
  return Recommend(*Read(history), history, n, filter);
}

std::vector<ScoredItem> Ranker::Recommend(const Profile& profile,
                                          std::span<const RatedItem> history, int n,
                                          const ItemFilter& filter) const {
  const auto known = [this](const RatedItem& rated) {
    return rated.item >= 0 && rated.item < items();
  };
  if (std::none_of(history.begin(), history.end(), known)) return {};
  std::vector<int32_t> excluded(filter.excluded.begin(), filter.excluded.end());
  for (const RatedItem& rated : history) excluded.push_back(rated.item);
  return Best(profile, n, {filter.allowed, excluded});
}

std::vector<ScoredItem> Ranker::Best(const Profile& profile, int n,
                                     const ItemFilter& filter) const {
  Scratch scores(model_.item_ids.size());
  if (profile.HasEstimates() && n > 0) {
    Scratch errors(scores.size());
    Scratch exact(scores.size());
    profile.AddEstimates(1, scores, errors, exact);
    CandidateSelection selection(n, filter);
    selection.Take(0, scores, errors);
    const std::vector<int32_t> candidates = selection.Finish();
    Scratch proven(candidates.size());
    profile.AddScoresOf(candidates, 1, exact, proven);
    return TopNAmong(candidates, proven, n);
  }
  profile.AddScores(1, scores);
  return TopNOf(scores, n, filter);
}

std::vector<Ranker::Explanation> Ranker::Explain(std::span<const RatedItem> history,
                                                 std::span<const int32_t> items) const {
  return Explain(*Read(history), history, items);
}

std::vector<Ranker::Explanation> Ranker::Explain(const Profile& profile,
                                                 std::span<const RatedItem> history,
                                                 std::span<const int32_t> items) const {
  const size_t skipped = history.size() - Recent(history).size();
  const size_t counted = history.size() - skipped;
  const std::vector<float> weights(items.size(), 1);
  std::vector<float> shares(items.size() * counted, 0);
  profile.AddSharesOf(items, weights, shares);
  std::vector<Explanation> explanations(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    auto& [score, contributions] = explanations[i];
    contributions.assign(skipped, 0);
    const auto own = std::span(shares).subspan(i * counted, counted);
    contributions.insert(contributions.end(), own.begin(), own.end());
    for (const float share : own) score += share;
  }
  return explanations;
}

bool Ranker::Dislikes(const Profile& profile, std::span<const RatedItem> history, size_t j) const {
  const size_t skipped = history.size() - Recent(history).size();
  return j >= skipped && profile.Dislikes(j - skipped);
}

std::vector<ScoredItem> Ranker::Similar(int32_t item, int n, const ItemFilter& filter) const {
  if (item < 0 || item >= items()) return {};
  return scorer_->Similar(item, n, filter);
}

}  // namespace marquee::models
