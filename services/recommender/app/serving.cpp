#include "recommender/app/serving.h"

#include <algorithm>
#include <bit>

namespace marquee::recommender {
namespace {

void SetBit(std::vector<std::uint64_t>& words, std::int32_t item) {
  words[static_cast<std::size_t>(item) / 64] |= std::uint64_t{1} << (item % 64);
}

}  // namespace

Result<std::shared_ptr<const RatingModel>> RatingModel::Make(std::int64_t version, Time created_at,
                                                             models::ServedModel served) {
  const std::size_t items = served.item_ids.size();
  const bool fits = served.item_bias.size() == items &&
                    (served.explicit_factors.empty() ||
                     static_cast<std::size_t>(served.explicit_factors.rows) == items) &&
                    std::adjacent_find(served.item_ids.begin(), served.item_ids.end(),
                                       std::greater_equal<>()) == served.item_ids.end();
  if (items == 0 || !fits) {
    return Error::InvalidArgument("model_unfit",
                                  "The rating model's tensors don't fit each other.");
  }
  auto model = std::make_shared<RatingModel>();
  model->version = version;
  model->created_at = created_at;
  model->served = std::move(served);
  model->predictor =
      models::RatingPredictor(model->served.global_mean, model->served.item_bias,
                              model->served.explicit_factors, model->served.explicit_fold_in);
  return std::shared_ptr<const RatingModel>(std::move(model));
}

Serving::Serving(std::shared_ptr<const RankingModel> ranking,
                 std::shared_ptr<const RatingModel> rating,
                 std::shared_ptr<const Catalogue> catalogue, LostModels lost)
    : ranking_(std::move(ranking)),
      rating_(std::move(rating)),
      catalogue_(std::move(catalogue)),
      lost_{.ranking = lost.ranking && !ranking_, .rating = lost.rating && !rating_} {
  if (!ranking_ || !catalogue_) return;
  const auto& ranker = *ranking_->ranker;
  const auto words = (static_cast<std::size_t>(ranker.items()) + 63) / 64;
  row_of_item_.assign(static_cast<std::size_t>(ranker.items()), -1);
  known_.assign(words, 0);
  by_genre_.assign(static_cast<std::size_t>(catalogue_->genre_count()),
                   std::vector<std::uint64_t>(words, 0));
  for (std::int32_t item = 0; item < ranker.items(); ++item) {
    const auto row = catalogue_->RowOf(ranker.IdOf(item));
    if (!row) continue;
    row_of_item_[static_cast<std::size_t>(item)] = *row;
    SetBit(known_, item);
    for (const auto genre : catalogue_->GenresOf(*row)) {
      SetBit(by_genre_[static_cast<std::size_t>(genre)], item);
    }
  }
}

std::vector<std::uint64_t> Serving::Allowed(const Catalogue::Query& query) const {
  if (query.impossible) return std::vector<std::uint64_t>(known_.size(), 0);
  auto allowed = query.genre ? by_genre_[static_cast<std::size_t>(*query.genre)] : known_;
  const auto& filter = query.filter;
  if (filter.year_min <= 0 && filter.year_max <= 0 && filter.min_rating_count <= 0) return allowed;
  for (std::size_t word = 0; word < allowed.size(); ++word) {
    for (std::uint64_t left = allowed[word]; left != 0; left &= left - 1) {
      const auto item = static_cast<std::int32_t>(word * 64) + std::countr_zero(left);
      if (!catalogue_->Matches(query, RowOfItem(item))) {
        allowed[word] &= ~(std::uint64_t{1} << (item % 64));
      }
    }
  }
  return allowed;
}

void ServingHolder::Install(std::shared_ptr<const RankingModel> ranking) {
  const std::lock_guard lock(installing_);
  const auto now = Get();
  Swap(std::make_shared<const Serving>(std::move(ranking), now->rating_, now->catalogue_,
                                       now->lost_));
}

void ServingHolder::Install(std::shared_ptr<const RatingModel> rating) {
  const std::lock_guard lock(installing_);
  const auto now = Get();
  Swap(std::make_shared<const Serving>(now->ranking_, std::move(rating), now->catalogue_,
                                       now->lost_));
}

void ServingHolder::Install(std::shared_ptr<const Catalogue> catalogue) {
  const std::lock_guard lock(installing_);
  const auto now = Get();
  Swap(std::make_shared<const Serving>(now->ranking_, now->rating_, std::move(catalogue),
                                       now->lost_));
}

void ServingHolder::SetRankingLost(bool lost) {
  const std::lock_guard lock(installing_);
  SetLost({.ranking = lost, .rating = Get()->lost().rating});
}

void ServingHolder::SetRatingLost(bool lost) {
  const std::lock_guard lock(installing_);
  SetLost({.ranking = Get()->lost().ranking, .rating = lost});
}

void ServingHolder::SetLost(LostModels lost) {
  const auto now = Get();
  lost = {.ranking = lost.ranking && now->ranking() == nullptr,
          .rating = lost.rating && now->rating() == nullptr};
  if (lost == now->lost()) return;
  auto next = std::make_shared<Serving>(*now);
  next->lost_ = lost;
  Swap(std::move(next));
}

void ServingHolder::Swap(std::shared_ptr<const Serving> next) {
  {
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }
  // The old snapshot, if this was its last holder, is freed outside the lock.
}

}  // namespace marquee::recommender
