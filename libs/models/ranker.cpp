#include "models/ranker.h"

#include <algorithm>

namespace marquee::models {
namespace {

Error Unfit(std::string message) {
  return Error::InvalidArgument("model_unfit", std::move(message));
}

Status ValidateEase(const SparseView& ease, size_t items) {
  if (ease.empty()) return {};
  if (ease.offsets.size() != items + 1 || ease.columns.size() != ease.values.size() ||
      ease.offsets.front() != 0 ||
      ease.offsets.back() != static_cast<int64_t>(ease.columns.size()) ||
      !std::is_sorted(ease.offsets.begin(), ease.offsets.end())) {
    return Unfit("The EASE matrix's offsets don't fit.");
  }
  const auto outside = [items](int32_t column) {
    return column < 0 || static_cast<size_t>(column) >= items;
  };
  if (std::any_of(ease.columns.begin(), ease.columns.end(), outside)) {
    return Unfit("The EASE matrix has a column outside the catalogue.");
  }
  return {};
}

Status Validate(const ServedModel& model) {
  const size_t items = model.item_ids.size();
  if (std::adjacent_find(model.item_ids.begin(), model.item_ids.end(), std::greater_equal<>()) !=
      model.item_ids.end()) {
    return Unfit("The model's item ids don't ascend.");
  }
  const auto fits = [items](size_t size) { return size == 0 || size == items; };
  if (!fits(static_cast<size_t>(model.item_factors.rows)) || !fits(model.item_popularity.size()) ||
      !fits(model.item_bias.size()) || !fits(static_cast<size_t>(model.explicit_factors.rows))) {
    return Unfit("The model's tensors differ in the number of items.");
  }
  if (model.item_bias.empty() && !model.explicit_factors.empty()) {
    return Unfit("The model has explicit factors without biases.");
  }
  if (model.item_factors.empty() && model.ease.empty() && model.item_bias.empty()) {
    return Unfit("The model has neither item factors nor an EASE matrix nor item biases.");
  }
  return ValidateEase(model.ease, items);
}

std::span<const RatedItem> Recent(std::span<const RatedItem> history) {
  return history.last(std::min(history.size(), static_cast<size_t>(Ranker::kMaxHistory)));
}

}  // namespace

Result<std::shared_ptr<const Ranker>> Ranker::Make(ServedModel model) {
  RETURN_IF_ERROR(Validate(model));
  std::shared_ptr<Ranker> ranker(new Ranker(std::move(model)));
  const ServedModel& served = ranker->model_;
  if (!served.item_factors.empty()) {
    ASSIGN_OR_RETURN(ranker->fold_in_,
                     FoldIn::Make(served.item_factors, served.item_gram, served.fold_in));
    ranker->inverse_norms_ = InverseNorms(served.item_factors);
  }
  ranker->predictor_ = RatingPredictor(served.global_mean, served.item_bias,
                                       served.explicit_factors, served.explicit_fold_in);
  return std::shared_ptr<const Ranker>(std::move(ranker));
}

std::optional<int32_t> Ranker::IndexOf(int64_t item_id) const {
  return models::IndexOf(model_.item_ids, item_id);
}

std::vector<Observation> Ranker::Observations(std::span<const RatedItem> history) const {
  std::vector<Observation> observations;
  observations.reserve(history.size());
  for (const RatedItem& rated : history) {
    observations.push_back({rated.item, model_.confidence.Value(rated.rating)});
  }
  return observations;
}

void Ranker::AddEase(std::span<const Observation> history, std::span<float> scores) const {
  for (const Observation& seen : history) {
    if (seen.item < 0 || seen.item >= items()) continue;
    const float weight = model_.ease_weight * seen.value;
    const auto row = static_cast<size_t>(seen.item);
    for (auto i = static_cast<size_t>(model_.ease.offsets[row]);
         i < static_cast<size_t>(model_.ease.offsets[row + 1]); ++i) {
      scores[static_cast<size_t>(model_.ease.columns[i])] += weight * model_.ease.values[i];
    }
  }
}

std::vector<float> Ranker::ScoreAll(std::span<const RatedItem> history) const {
  const std::vector<Observation> observations = Observations(Recent(history));
  std::vector<float> scores(model_.item_ids.size(), 0);
  if (fold_in_) Scores(model_.item_factors, fold_in_->Solve(observations), scores);
  if (!model_.ease.empty()) AddEase(observations, scores);
  return scores;
}

std::vector<ScoredItem> Ranker::Recommend(std::span<const RatedItem> history, int n,
                                          const ItemFilter& filter) const {
  const auto known = [this](const RatedItem& rated) {
    return rated.item >= 0 && rated.item < items();
  };
  if (!ranks() || std::none_of(history.begin(), history.end(), known)) return {};
  std::vector<int32_t> excluded(filter.excluded.begin(), filter.excluded.end());
  for (const RatedItem& rated : history) excluded.push_back(rated.item);
  if (model_.ease.empty()) {
    return TopN(model_.item_factors, fold_in_->Solve(Observations(Recent(history))), n,
                {filter.allowed, excluded});
  }
  return TopNOf(ScoreAll(history), n, {filter.allowed, excluded});
}

std::vector<Ranker::Explanation> Ranker::Explain(std::span<const RatedItem> history,
                                                 std::span<const int32_t> items) const {
  const std::vector<Observation> observations = Observations(Recent(history));
  const size_t skipped = history.size() - observations.size();
  const size_t n = observations.size();
  std::vector<float> shares(items.size() * n, 0);
  if (fold_in_) shares = fold_in_->Explain(observations, items);
  std::vector<Explanation> explanations;
  for (size_t t = 0; t < items.size(); ++t) {
    Explanation explanation{items[t], 0, std::vector<float>(history.size(), 0)};
    for (size_t j = 0; j < n; ++j) {
      float share = shares[t * n + j];
      const int32_t seen = observations[j].item;
      if (!model_.ease.empty() && seen >= 0 && seen < this->items()) {
        const auto begin = static_cast<size_t>(model_.ease.offsets[static_cast<size_t>(seen)]);
        const auto end = static_cast<size_t>(model_.ease.offsets[static_cast<size_t>(seen) + 1]);
        const auto row = model_.ease.columns.subspan(begin, end - begin);
        const auto found = std::lower_bound(row.begin(), row.end(), items[t]);
        if (found != row.end() && *found == items[t]) {
          share += model_.ease_weight * observations[j].value *
                   model_.ease.values[begin + static_cast<size_t>(found - row.begin())];
        }
      }
      explanation.contributions[skipped + j] = share;
      explanation.score += share;
    }
    explanations.push_back(std::move(explanation));
  }
  return explanations;
}

std::vector<ScoredItem> Ranker::Similar(int32_t item, int n, const ItemFilter& filter) const {
  if (item < 0 || item >= items() || !ranks()) return {};
  if (fold_in_) return models::Similar(model_.item_factors, inverse_norms_, item, n, filter);
  std::vector<int32_t> excluded(filter.excluded.begin(), filter.excluded.end());
  excluded.push_back(item);
  std::vector<float> scores(model_.item_ids.size(), 0);
  const Observation alone{item, 1};
  AddEase({&alone, 1}, scores);
  return TopNOf(scores, n, {filter.allowed, excluded});
}

std::vector<ScoredItem> Ranker::Popular(int n, const ItemFilter& filter) const {
  return TopNOf(model_.item_popularity, n, filter);
}

std::optional<float> Ranker::PredictRating(std::span<const RatedItem> history, int32_t item) const {
  if (predictor_.empty()) return std::nullopt;
  return predictor_.Predict(predictor_.FoldIn(history), item);
}

}  // namespace marquee::models
