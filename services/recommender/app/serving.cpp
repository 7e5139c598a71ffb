#include "recommender/app/serving.h"

#include <algorithm>
#include <bit>

namespace marquee::recommender {
namespace {

void SetBit(std::vector<std::uint64_t>& words, std::int32_t item) {
  words[static_cast<std::size_t>(item) / 64] |= std::uint64_t{1} << (item % 64);
}

}  // namespace

Serving::Serving(Models models, std::shared_ptr<const Catalogue> catalogue, Tasks lost)
    : models_(std::move(models)), catalogue_(std::move(catalogue)), lost_(std::move(lost)) {
  std::erase_if(models_, [](const auto& entry) { return entry.second == nullptr; });
  std::erase_if(lost_, [this](const std::string& task) { return model(task) != nullptr; });
  if (ranking() == nullptr || !catalogue_) return;
  const auto& ranker = *ranking()->ranker;
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

const ModelInUse* Serving::model(std::string_view task) const {
  const auto found = models_.find(task);
  return found == models_.end() ? nullptr : found->second.get();
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

void ServingHolder::Install(std::string_view task, std::shared_ptr<const ModelInUse> model) {
  const std::lock_guard lock(installing_);
  const auto now = Get();
  auto models = now->models_;
  models[std::string(task)] = std::move(model);
  Swap(std::make_shared<const Serving>(std::move(models), now->catalogue_, now->lost_));
}

void ServingHolder::Install(std::shared_ptr<const Catalogue> catalogue) {
  const std::lock_guard lock(installing_);
  const auto now = Get();
  Swap(std::make_shared<const Serving>(now->models_, std::move(catalogue), now->lost_));
}

void ServingHolder::SetLost(std::string_view task, bool lost) {
  const std::lock_guard lock(installing_);
  const auto now = Get();
  if (lost == now->lost(task) || (lost && now->model(task) != nullptr)) return;
  auto next = std::make_shared<Serving>(*now);
  if (lost)
    next->lost_.emplace(task);
  else
    next->lost_.erase(std::string(task));
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
