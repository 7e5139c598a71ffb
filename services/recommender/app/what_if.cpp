#include "recommender/app/what_if.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "recommender/app/known_ratings.h"

namespace marquee::recommender {
namespace {

constexpr std::size_t kMovedBy = 5;

// One side of a comparison: the ratings, and what each of them adds to the score of each item.
class Side {
 public:
  Side(const Serving& serving, const RecommendationList& list, std::span<const Rated> ratings,
       std::span<const std::int32_t> items)
      : personal_(!list.degraded) {
    for (const auto& rated : ratings) {
      if (rated.value > 0) values_[rated.movie_id] = rated.value;
    }
    if (!personal_) return;
    const models::Ranker& ranker = *serving.ranking()->ranker;
    const KnownRatings known = KnownTo(ranker, ratings);
    for (const auto at : known.from) movies_.push_back(ratings[at].movie_id);
    const auto profile = ranker.Read(known.items);
    explanations_ = ranker.Explain(*profile, known.items, items);
    for (const auto item : items) scores_.push_back(profile->Score(item));
  }

  std::optional<float> Rating(std::int64_t movie_id) const {
    const auto found = values_.find(movie_id);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<double> Score(std::size_t item) const {
    return personal_ ? std::optional<double>(scores_[item]) : std::nullopt;
  }
  // changes[movie] += sign · its contribution to the item's score.
  void AddTo(std::map<std::int64_t, double>& changes, std::size_t item, double sign) const {
    for (std::size_t at = 0; at < movies_.size(); ++at)
      changes[movies_[at]] += sign * static_cast<double>(explanations_[item].contributions[at]);
  }

 private:
  bool personal_;
  std::map<std::int64_t, float> values_;
  std::vector<std::int64_t> movies_;  // of the contributions
  std::vector<models::Ranker::Explanation> explanations_;
  std::vector<float> scores_;
};

void Explain(const Side& before, const Side& after, std::size_t item, MovedMovie& moved) {
  std::map<std::int64_t, double> changes;
  before.AddTo(changes, item, -1);
  after.AddTo(changes, item, 1);
  for (const auto& [movie_id, change] : changes) {
    if (change == 0) continue;
    moved.moved_by.push_back({.movie_id = movie_id,
                              .rating_before = before.Rating(movie_id),
                              .rating_after = after.Rating(movie_id),
                              .change = change});
  }
  std::ranges::stable_sort(moved.moved_by, [](const Move& a, const Move& b) {
    return std::abs(a.change) > std::abs(b.change);
  });
  while (moved.moved_by.size() > kMovedBy) {
    moved.moved_by_others += moved.moved_by.back().change;
    moved.moved_by.pop_back();
  }
  moved.score_before = before.Score(item);
  moved.score_after = after.Score(item);
}

}  // namespace

Result<std::vector<Rated>> Edited(std::span<const Rated> ratings, std::span<const RatingEdit> edits,
                                  const Catalogue& catalogue) {
  std::map<std::int64_t, float> edited;
  for (const auto& rated : ratings) edited[rated.movie_id] = rated.value;
  std::vector<Rated> given;
  for (const auto& edit : edits) given.push_back({edit.movie_id, edit.value.value_or(1)});
  RETURN_IF_ERROR(CheckRatings(given, "changes"));
  for (std::size_t at = 0; at < edits.size(); ++at) {
    const RatingEdit& edit = edits[at];
    if (!edit.value) {
      edited.erase(edit.movie_id);
    } else if (catalogue.RowOf(edit.movie_id)) {
      edited[edit.movie_id] = *edit.value;
    } else {
      return NoSuchMovie(edit.movie_id, "changes[" + std::to_string(at) + "].movie_id");
    }
  }
  std::vector<Rated> result;
  for (const auto& [movie_id, value] : edited) result.push_back({movie_id, value});
  return result;
}

WhatIfList Compare(RecommendationList before, std::span<const Rated> then, RecommendationList after,
                   std::span<const Rated> now) {
  const auto serving = after.serving;
  std::map<std::int32_t, std::size_t> place_before;
  for (std::size_t at = 0; at < before.movies.size(); ++at)
    place_before[before.movies[at].row] = at;
  std::set<std::int32_t> shown;

  WhatIfList result;
  for (const auto& movie : after.movies) {
    shown.insert(movie.row);
    result.moved.push_back({.movie = movie});
  }
  for (const auto& movie : before.movies) {
    if (!shown.contains(movie.row)) result.dropped.push_back({.movie = movie});
  }

  std::vector<MovedMovie*> all;
  std::vector<std::int32_t> items;
  for (auto* list : {&result.moved, &result.dropped}) {
    for (auto& moved : *list) {
      all.push_back(&moved);
      const auto item =
          serving->ranking() == nullptr
              ? std::nullopt
              : serving->ranking()->ranker->IndexOf(serving->catalogue()->Id(moved.movie.row));
      items.push_back(item.value_or(-1));
    }
  }
  const Side old_side(*serving, before, then, items);
  const Side new_side(*serving, after, now, items);
  for (std::size_t at = 0; at < all.size(); ++at) {
    MovedMovie& moved = *all[at];
    const auto place = place_before.find(moved.movie.row);
    if (place != place_before.end()) moved.place_before = static_cast<int>(place->second) + 1;
    // A movie of the popular list may be one that the model doesn't know.
    if (items[at] >= 0) Explain(old_side, new_side, at, moved);
  }
  result.list = std::move(after);
  return result;
}

}  // namespace marquee::recommender
